"""`tocsin oncall rules`: what it says, and what it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.cli.client import Server
from tocsin.cli.commands.oncall.rules import rules
from tocsin.ground.kernel.errors import Invalid


class Answering:
    """A server that keeps what it is sent and says it back."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found = found
        self.sent: Any = None

    def get(self, *path: str) -> dict[str, Any]:
        return {"person": path[-1], "rules": self.found}

    def post(self, *path: str, body: Any) -> dict[str, Any]:
        self.sent = body["rules"]
        whole = {"after_s": 0, "severities": [], "quiet": []}
        return {"person": path[-1], "rules": [whole | rule for rule in self.sent]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering = Answering([])
    monkeypatch.setattr(Server, "from_environment", lambda: answering)
    return answering


def test_it_says_them_in_words(server: Answering, capsys: pytest.CaptureFixture[str]):
    quiet = [{"hours": "22:00-07:00", "severities": ["P1"], "then": "digest"}]
    server.found = [
        {"channel": "chat", "after_s": 0, "severities": [], "quiet": []},
        {"channel": "sms", "after_s": 120, "severities": ["P0", "P1"], "quiet": quiet},
    ]
    rules("mei")
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "chat at once all –" in said
    assert "sms after 2m P0, P1 22:00-07:00 (P1) into the digest" in said


def test_without_any_the_configuration_holds(server: Answering, capsys: pytest.CaptureFixture[str]):
    rules("mei")
    assert "mei has no rules: the order of the configuration holds." in capsys.readouterr().out


def test_a_file_replaces_them_and_clear_takes_them_away(server: Answering, tmp_path: Path):
    file = tmp_path / "mei.yaml"
    file.write_text("- channel: chat\n- {channel: sms, after: 2m, severities: [P0]}\n", encoding="utf-8")
    rules("mei", file=file)
    assert server.sent == [{"channel": "chat"}, {"channel": "sms", "severities": ["P0"], "after_s": 120}]
    rules("mei", clear=True)
    assert server.sent == []


@pytest.mark.parametrize("text", ["channel: chat\n", "- chat\n", "- {channel: sms, after: soon}\n", "- [\n"])
def test_a_file_that_holds_no_rules_changes_nothing(server: Answering, tmp_path: Path, text: str):
    file = tmp_path / "mei.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid):
        rules("mei", file=file)
    assert server.sent is None
