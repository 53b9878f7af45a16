"""`tocsin channel list|test` against a served house."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from receiver import Receiver
from served import Served
from waiting import until

from tocsin.cli.main import main

Run = Callable[..., str]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture
def served(tmp_path: Path, receiver: Receiver) -> Iterator[Served]:
    (tmp_path / "tocsin.yaml").write_text(f"""
people:
  mei: {{name: Mei-Ling Chen, webhook: "{receiver.url}"}}
channels:
  hook: {{kind: webhook}}
""")
    server = Served(tmp_path)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def tocsin(served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TOCSIN_URL", served.url)
    monkeypatch.setenv("TOCSIN_TOKEN", served.token)

    def run(*arguments: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["channel", *arguments])
        told = capsys.readouterr()
        assert ended.value.code in (status, None if status == 0 else status), told.err
        return told.out + told.err

    return run


def test_a_channel_is_tried_and_then_known_to_work(tocsin: Run, receiver: Receiver):
    [hook] = json.loads(tocsin("list", "--json"))
    assert (hook["name"], hook["state"]) == ("hook", "unused")
    assert "is on its way by hook" in tocsin("test", "hook", "--person", "mei")
    until(lambda: json.loads(tocsin("list", "--json"))[0]["state"] == "works")
    assert "✓ works" in tocsin("list")
    [(_, _, message)] = receiver.messages
    assert message["type"] == "tocsin.test"


def test_a_channel_that_is_not_there_is_told_with_a_cure(tocsin: Run):
    told = tocsin("test", "hok", "--person", "mei", status=1)
    assert "There is no channel hok." in told
    assert "hook" in told
