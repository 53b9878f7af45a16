"""The command line as people meet it: one clear message for each failure, never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin import __version__
from tocsin.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"


class Ran:
    def __init__(self, status: object, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def call(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Ran(ended.value.code or 0, captured.out, captured.err)

    return call


def test_it_says_its_version_and_its_commands(run) -> None:
    assert run("--version").out == f"tocsin {__version__}\n"
    told = run("--help").out
    assert all(command in told for command in ("init", "up", "config", "policy"))


@pytest.mark.parametrize(
    "arguments", [["unheard"], ["config"], ["config", "check", "--unheard"], ["policy", "explain"]]
)
def test_what_it_does_not_understand_ends_with_2(run, arguments: list[str]) -> None:
    assert run(*arguments).status == 2


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys\nfrom tocsin.cli.main import application\napplication()\n"
        "print(sorted({'sqlalchemy', 'fastapi', 'pydantic', 'dbos', 'cel_expr_python', 'uvicorn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["config", "schema"], ["--version"]])
def test_a_closed_pipe_ends_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert process.stderr == b""
    assert process.returncode in (1, 141)


def test_a_mistake_of_our_own_is_said_in_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("tocsin.configuration.find_folder", broken)
    ran = run("config", "check")
    assert ran.status == 1
    assert "a mistake in Tocsin itself: KeyError" in ran.err


def test_a_new_folder_runs_as_it_is(run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    made = run("init", folder)
    assert made.status == 0
    assert f"tocsin up --config {folder}" in made.out
    assert (folder / "runbooks/first.md").read_text().count("\n## ") == 9
    assert (folder / "tocsin.yaml").read_text().count("#") > 20
    checked = run("config", "check", "--config", folder)
    assert (checked.status, "is good" in checked.out, "warning" in checked.out) == (0, True, False)
    assert run("policy", "test", "--config", folder).status == 0


@pytest.mark.parametrize("already", ["tocsin.yaml", "runbooks/first.md"])
def test_what_is_there_is_never_overwritten(run, tmp_path: Path, already: str) -> None:
    (tmp_path / already).parent.mkdir(exist_ok=True)
    (tmp_path / already).write_text("mine")
    ran = run("init", tmp_path)
    assert ran.status == 1
    assert "is there already" in ran.err
    assert [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()] == [already]
    assert (tmp_path / already).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said(run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in run("init", tmp_path / "file" / "new").err


def test_config_check_says_place_and_cure_and_ends_with_1(run, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("public_ulr: x\n")
    ran = run("config", "check", "--config", tmp_path)
    assert ran.status == 1
    assert f"error: {tmp_path}/tocsin.yaml:1:1: public_ulr: there is no key public_ulr here" in ran.out
    assert "did you mean public_url?" in ran.out
    told = json.loads(run("config", "check", "--config", tmp_path, "--json").out)
    assert told["ok"] is False
    assert told["problems"][0]["line"] == 1


def test_config_diff_says_what_means_something_else(run, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    assert json.loads(run("init", before, "--json").out)["files"][0] == str(before / "tocsin.yaml")
    run("init", after)
    assert run("config", "diff", before, "--config", after).out == "No difference.\n"
    text = (after / "tocsin.yaml").read_text()
    text = text.replace("soak: 15m", "soak: 900s").replace("every: 30s", "every: 20s")
    text = text.replace("  hook:\n    kind: webhook\n", "  hook: {kind: webhook, secret: env:NOT_SHOWN}\n")
    (after / "tocsin.yaml").write_text(text)
    ran = run("config", "diff", before, "--config", after)
    assert ran.out.splitlines() == [
        'channels.hook.secret: – → "env:NOT_SHOWN"',
        'services.example.monitor.every: "30s" → "20s"',
    ]
    told = json.loads(run("config", "diff", before, "--config", after, "--json").out)["differences"]
    assert told[1] == {"path": ["services", "example", "monitor", "every"], "before": "30s", "after": "20s"}
    assert "there is no tocsin.yaml" in run("config", "diff", tmp_path, "--config", after).err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--host", "192.0.2.1"], "192.0.2.1:9911 cannot be listened on: Cannot assign requested address"),
        (["--log-level", "loud"], "'loud' is not one of"),
        (["--port", "70000"], "less than or equal to 65535"),
    ],
)
def test_up_says_what_stands_in_its_way(run, tmp_path: Path, more: list[str], said: str) -> None:
    run("init", tmp_path / "new")
    ran = run("up", "--config", tmp_path / "new", *more)
    assert ran.status in (1, 2)
    assert said in " ".join(ran.err.replace("│", " ").split())
    assert not (tmp_path / "new" / "tocsin.db").exists()


def test_up_names_a_port_that_is_taken(run, tmp_path: Path) -> None:
    run("init", tmp_path / "new")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run("up", "--config", tmp_path / "new", "--port", taken.getsockname()[1])
    assert (ran.status, "Address already in use" in ran.err, "--port" in ran.err) == (1, True, True)


def test_doctor_finds_a_database_that_cannot_be_made(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_URL", "http://127.0.0.1:1")
    (tmp_path / "tocsin.yaml").write_text("database: sqlite:////no/such/folder/tocsin.db\n")
    ran = run("doctor", "--config", tmp_path)
    assert ran.status == 1
    assert "/no/such/folder/tocsin.db cannot be made" in ran.out


def test_config_schema_is_json_schema(run) -> None:
    assert "services" in json.loads(run("config", "schema").out)["properties"]


def test_policy_test_fails_when_a_case_does(run, tmp_path: Path) -> None:
    text = (EXAMPLES / "extension/tocsin.yaml").read_text()
    (tmp_path / "tocsin.yaml").write_text(text.replace("m.users >= 1000", "m.users >= 2000"))
    ran = run("policy", "test", "--config", tmp_path)
    assert ran.status == 1
    assert "FAIL  extension: a thousand users → P1, expected P0 (m.users >= 100)" in ran.out
    told = json.loads(run("policy", "test", "extension", "--config", tmp_path, "--json").out)
    assert [case["case"] for case in told["cases"] if not case["ok"]] == ["a thousand users"]
    assert "did you mean extension?" in run("policy", "test", "extensoin", "--config", tmp_path).err


ALERT = {"labels": {"alertname": "Slow\x1b[31m", "job": "recommendation-service", "latency_ms": "300"}}


@pytest.mark.parametrize("body", [ALERT, [ALERT], {"version": "4", "alerts": [ALERT]}])
def test_policy_explain_says_why(run, tmp_path: Path, body: object) -> None:
    (tmp_path / "alert.json").write_text(json.dumps(body))
    ran = run("policy", "explain", tmp_path / "alert.json", "--config", EXAMPLES / "recommendation")
    assert ran.status == 0
    assert "(recommendation, policy recommendation) → P1 Important" in ran.out
    assert "because m.latency_ratio >= 5.0 with m.latency_ratio = 6" in ran.out
    assert "not measured: q.all_users, m.availability" in ran.out
    assert "\x1b" not in ran.out
    told = json.loads(
        run(
            "policy", "explain", tmp_path / "alert.json", "--config", EXAMPLES / "recommendation", "--json"
        ).out
    )
    assert told["values"] == {"m.latency_ratio": 6}
    assert told["clocks"]["restore"] == "2h"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"[1]", b"{}", b'"x"', b"\xff", b"[" * 100_000, b'{"labels": 3}']
)
def test_policy_explain_of_what_is_no_alert_says_so(run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alert.json").write_bytes(content)
    ran = run("policy", "explain", tmp_path / "alert.json", "--config", EXAMPLES / "recommendation")
    assert ran.status == 1
    assert ran.err.startswith("tocsin: ")
    assert "no-such" in run("policy", "explain", "no-such", "--config", EXAMPLES / "recommendation").err
