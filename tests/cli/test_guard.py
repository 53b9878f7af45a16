"""`tocsin guard` explains a command to somebody at three in the morning, and to a program."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from tocsin.cli.main import main


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]):
    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["guard", *arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


def test_every_part_stands_with_its_level_its_reason_and_the_safer_way(ask) -> None:
    status, told = ask("kubectl get pods -o name | xargs kubectl delete")

    assert status == 0
    lines = [line.rstrip() for line in told.splitlines()]
    assert lines[0].startswith("▲ destroy: ")
    assert "○ read     kubectl get pods -o name" in lines
    at = lines.index("▲ destroy  xargs kubectl delete")
    assert lines[at + 1].strip() == "deletes objects of the cluster"
    assert lines[at + 2].strip().startswith("safer: kubectl rollout restart")


@pytest.mark.parametrize(
    ("command", "shape"),
    [("uptime", "○ read"), ("systemctl restart shop", "◆ change"), ("rm -rf /srv/shop", "▲ destroy")],
)
def test_the_status_is_0_whatever_the_level(ask, command: str, shape: str) -> None:
    status, told = ask(command)

    assert status == 0
    assert told.startswith(shape)


@pytest.mark.parametrize(
    ("kind", "text", "level"),
    [
        ("bash", "docker compose down -v", "destroy"),
        ("sql", "SELECT 1", "read"),
        ("http", "DELETE https://api.example.com/orders/1", "destroy"),
        ("redis", "SET color blue", "change"),
        ("action", "docker.restart: {service: api}", "change"),
    ],
)
def test_a_program_gets_level_and_reasons_and_nothing_else(ask, kind: str, text: str, level: str) -> None:
    status, told = ask("--kind", kind, "--json", text)

    answer = json.loads(told)
    assert status == 0
    assert set(answer) == {"level", "reasons"}
    assert answer["level"] == level
    assert answer["reasons"]
    assert all(set(each) == {"part", "level", "why", "safer"} for each in answer["reasons"])


def test_a_dialect_decides_how_sql_is_read(ask) -> None:
    text = "FLUSH BINARY LOGS"

    assert json.loads(ask("--kind", "sql", "--dialect", "mysql", "--json", text)[1])["level"] == "change"


def test_a_dash_reads_from_stdin(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"uptime\nrm -rf /srv/shop\n")))

    assert ask("-")[1].startswith("▲ destroy")


def test_more_than_a_step_is_refused(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a" * 1_000_001)))

    assert ask("-")[0] == 1


def test_a_placeholder_is_a_value_and_no_redirection(ask) -> None:
    assert ask("kubectl logs <POD> -n prod")[1].startswith("○ read")


@pytest.mark.parametrize(
    "arguments",
    [[], ["--kind", "cobol", "x"], ["--unheard", "x"], ["--dialect", "mysql", "uptime"], ["uptime", "ls"]],
)
def test_a_question_that_is_not_understood_ends_with_2(ask, arguments: list[str]) -> None:
    assert ask(*arguments)[0] == 2


def test_a_hostile_command_prints_nothing_that_a_terminal_obeys(ask) -> None:
    assert "\x1b" not in ask("echo \x1b[2J")[1]
