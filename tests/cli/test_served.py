"""Each group of commands tells its story to a real `tocsin up`, started as the tutorial says: in a folder made by
`tocsin init`, which is named by a short path."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from waiting import until

from tocsin.cli.main import main

Run = Callable[..., str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("served"))
    server = Served(Path("my-tocsin"))
    try:
        server.command("init", "my-tocsin")
        for name in ("tocsin.yaml", "runbooks/first.md"):
            page = server.folder / name
            page.write_text(page.read_text().replace("http://127.0.0.1:9911", server.url))
        server.start()
        yield server
    finally:
        server.stop()
        os.chdir(before)


@pytest.fixture
def tocsin(served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as an admin; `fails` is what it has to complain about."""
    monkeypatch.setenv("TOCSIN_URL", served.url)
    monkeypatch.setenv("TOCSIN_TOKEN", served.token)
    monkeypatch.setenv("TOCSIN_CONFIG", str(served.folder))

    def run(*arguments: str, fails: str = "") -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        if fails:
            assert ended.value.code == 1, told
            assert fails in told.err
            assert told.err.count("\n") >= 2, f"what went wrong and what to do: {told.err}"
        else:
            assert not ended.value.code, told
        return told.out

    return run


def _json(tocsin: Run, *arguments: str) -> Any:
    return json.loads(tocsin(*arguments, "--json"))


def _incident(tocsin: Run, name: str) -> str:
    """An alert of that name, and the number of the incident that it opens."""
    sent = tocsin("alert", "send", name, "--service", "example", "-a", "availability=0.2")
    assert sent.startswith("fired: alr_")
    alert = sent.split()[1]
    return until(lambda: _json(tocsin, "alert", "show", alert)["incident"], what="the incident")


def test_alerts_are_sent_listed_shown_and_resolved(tocsin: Run) -> None:
    number = _incident(tocsin, "Example is slow")
    (listed,) = [each for each in _json(tocsin, "alert", "list") if each["name"] == "Example is slow"]
    assert listed["incident"] == number
    shown = tocsin("alert", "show", listed["id"])
    assert "▲ firing  Example is slow" in shown
    assert "availability=0.2" in shown
    assert "resolved: " in tocsin("alert", "send", "Example is slow", "--service", "example", "--resolved")
    assert listed["id"] not in tocsin("alert", "list")
    assert listed["id"] in tocsin("alert", "list", "--all")
    tocsin("alert", "show", "alr_none", fails="there is no alert alr_none")
    tocsin("alert", "send", "", fails="an alert needs a name")
    tocsin("alert", "send", "x", "-l", "no-value", fails="there is no =")
    tocsin("alert", "send", "x", "--value", "nan", fails="not a number")


def test_changes_are_told_and_listed(tocsin: Run) -> None:
    told = ("change", "add", "Deploy 7", "--service", "example", "--dedup-key", "deploy-7")
    started = tocsin(*told, "--state", "started", "--at", "2026-01-01T08:00:00Z")
    assert started.startswith("started: chg_")
    ended = tocsin(*told, "--version", "1.2.3", "--by", "mei")
    assert ended.split() == ["succeeded:", started.split()[1]], "one change from its start to its end"
    tocsin("change", "add", "Flag on", "--kind", "flag", "--service", "other")
    (listed,) = _json(tocsin, "change", "list", "--service", "example")
    assert (listed["version"], listed["started_at"]) == ("1.2.3", "2026-01-01T08:00:00Z")
    shown = tocsin("change", "list")
    assert "✓ succeeded" in shown
    assert shown.index("Flag on") < shown.index("Deploy 7")
    assert tocsin("change", "list", "--service", "nobody").strip() == "No changes."
    tocsin("change", "add", "x", "--state", "done", fails="state")
    tocsin("change", "add", "x", "--at", "yesterday", fails="at:")


def test_an_incident_goes_through_every_act(tocsin: Run) -> None:
    number = _incident(tocsin, "Example is broken")
    assert number in tocsin("incident", "list", "--severity", "P0")
    assert "◐ acknowledged" in tocsin("incident", "ack", number)
    assert "◆ P1" in tocsin("incident", "severity", number, "P1", "only half of it")
    tocsin("incident", "note", number, "restarted by hand")
    assert "me is commander" in tocsin("incident", "role", "give", number, "commander", "me")
    assert re.search(r"commander +me +yes", tocsin("incident", "role", "list", number))
    assert "1. Say in the room" in tocsin("incident", "role", "card", number, "commander")
    drafted = tocsin("incident", "role", "draft", number, "commander")
    assert drafted.startswith(f"{number} [P1] ")
    assert "it is being worked on" in drafted
    tocsin("incident", "role", "card", number, "captain", fails="no role captain")
    tocsin("incident", "role", "hand-over", number, "scribe", "me", fails="nobody is scribe")
    assert "What is broken: Example " in tocsin("incident", "update", "draft", number, "management")
    assert "Nobody outside has been told" in tocsin("incident", "update", "list", number)
    tocsin("incident", "update", "send", number, "users", "--to", "board", fails="no audience board")
    shown = tocsin("incident", "show", number)
    assert "commander: me" in shown
    assert re.search(r"assess +✓ met", shown)
    assert "◔ mitigated" in tocsin("incident", "mitigate", number, "traffic moved")
    assert "✓ resolved" in tocsin("incident", "resolve", number, "it was the disk")
    assert number not in tocsin("incident", "list")
    tocsin("incident", "reopen", number, "it was not")
    assert number in tocsin("incident", "list")
    tocsin("incident", "resolve", number, "now it is")
    tocsin("incident", "close", number)
    story = tocsin("incident", "timeline", number)
    assert "restarted by hand" in story
    assert "m.availability < 0.5" in story
    assert [each["seq"] for each in _json(tocsin, "incident", "timeline", number)]
    report = tocsin("report", number)
    assert "restarted by hand" in report
    tocsin("report", number, "-o", "report.md")
    assert Path("report.md").read_text() == report.removesuffix("\n")
    tocsin("report", number, "-o", "no/such/folder", fails="cannot be written")
    tocsin("incident", "severity", number, "P9", "why", fails="has no level P9")
    tocsin("incident", "show", "INC-1999-0001", fails="there is no incident INC-1999-0001")


def test_an_incident_is_declared_by_hand(tocsin: Run) -> None:
    declared = _json(
        tocsin, "incident", "declare", "Customers call", "--severity", "P2", "--text", "three so far"
    )
    assert (declared["severity"], declared["service"]) == ("P2", "unassigned")
    assert "Customers call" in tocsin("incident", "show", declared["id"])
    tocsin("incident", "declare", "", fails="an incident needs a title")
    tocsin("incident", "declare", "x", "--service", "exampel", fails="there is no service exampel")


def test_a_test_page_is_sent(tocsin: Run) -> None:
    assert "There is no schedule yet" in tocsin("oncall", "now")
    assert "A test page for me is on its way by hook" in tocsin("oncall", "test-page", "me")
    tocsin("oncall", "test-page", "you", fails="There is no person you")


def test_a_runbook_runs_in_a_folder_named_by_a_short_path(tocsin: Run) -> None:
    number = _incident(tocsin, "Example does not answer")
    (row,) = tocsin("runbook", "list").splitlines()[1:]
    assert row.startswith("first.md")
    run = _json(tocsin, "run", "start", "first.md", "--incident", number)["id"]
    until(lambda: _json(tocsin, "run", "show", run)["waiting_for"], what="the question to a person")
    shown = tocsin("run", "show", run)
    assert "It waits for a person to do “1. Restart it”" in shown
    assert re.search(r"✓ +Diagnosis +bash", shown)
    assert "── answer\n200" in tocsin("run", "output", run)
    assert run in tocsin("run", "list")
    tocsin("run", "approve", run, fails="does not wait for an approval")
    tocsin("run", "next", run, fails="does not wait for this")
    tocsin("run", "pause", run)
    until(lambda: _json(tocsin, "run", "show", run)["state"] == "paused", what="the pause")
    tocsin("run", "resume", run)
    until(lambda: _json(tocsin, "run", "show", run)["state"] == "waiting", what="the question again")
    tocsin("run", "answer", run, "resolution-1", "done")
    until(lambda: "rung1.v1.healthy" in tocsin("run", "show", run), what="the verification")
    tocsin("run", "cancel", run)
    until(lambda: run not in tocsin("run", "list"), what="the end of the run")
    assert run in tocsin("run", "list", "--all")
    tocsin("run", "start", "nope.md", fails="there is no runbook nope.md")
    tocsin("run", "show", "run_none", fails="there is no run run_none")


def test_an_action_is_listed_planned_and_run_by_itself(tocsin: Run) -> None:
    assert "○ read  system.disk  Disks" in tocsin("action", "list", "disk")
    assert _json(tocsin, "action", "list", "queue")
    assert tocsin("action", "list", "unheard-of").strip() == "No action holds unheard-of."
    assert "days" in tocsin("action", "show", "postgres.delete_old")
    told = tocsin("action", "plan", "flag.set", "-a", "name=degrade", "-a", "value=on")
    assert "◆ change: Sets the flag degrade to on." in told
    assert "flag.unset" in told
    tocsin("action", "plan", "flag.set", "-a", "name=degrade", fails="value: Field required")
    tocsin("action", "plan", "logs.errors", "-a", "action={x", fails="is no JSON")
    ended = tocsin("action", "run", "system.processes", "--service", "example", "-a", "limit=5")
    assert " succeeded" in ended
    assert ended.count("\n") > 5, ended
    wanted = ("action", "run", "postgres.delete_old", "--service", "example", "--json")
    table = ("-a", "table=events", "-a", "column=at", "-a", "days=90")
    waiting = json.loads(tocsin(*wanted, *table))
    assert (waiting["state"], waiting["waiting_for"]["level"]) == ("waiting", "destroy")
    tocsin("run", "cancel", waiting["id"])
    tocsin("action", "run", "system.disk", "--service", "exampel", fails="there is no service exampel")


def test_keys_tokens_and_accounts_come_and_go(
    tocsin: Run, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tocsin("key", "create", "webhook", "--name", "ci", "-q").strip()

    def send() -> int:
        return served.ask("POST", f"/in/{key}", {"name": "Build failed"})[0]

    assert send() == 202
    assert "ci" in tocsin("key", "list")
    tocsin("key", "revoke", "ci")
    until(lambda: send() == 401, 6, "the end of the key")
    viewer = tocsin("token", "create", "--role", "viewer", "--name", "wall", "--quiet").strip()
    monkeypatch.setenv("TOCSIN_TOKEN", viewer)
    tocsin("incident", "list")
    tocsin("incident", "declare", "x", fails="may not")
    tocsin("token", "revoke", "wall")
    tocsin("incident", "list", fails="unknown or was revoked")
    monkeypatch.setenv("TOCSIN_TOKEN", "")
    tocsin("incident", "list", fails="needs a token")
    assert _json(tocsin, "account", "create", "me", "--role", "admin")["person"] == "me"
    assert "New password of me" in tocsin("account", "reset", "me")
    assert "admin" in tocsin("account", "list")
    tocsin("account", "remove", "me", fails="me is the last admin")
    tocsin("account", "role", "me", "viewer", fails="me is the last admin")
    tocsin("account", "create", "jun", "--role", "admin")
    tocsin("account", "remove", "me")
    tocsin("key", "create", "webhok", fails="there is no kind of source webhok")


def test_the_doctor_finds_everything_well(tocsin: Run) -> None:
    told = _json(tocsin, "doctor")
    assert told["ok"] is True
    assert {each["what"] for each in told["findings"]} >= {"configuration", "database", "server", "token"}


def test_another_server_on_the_same_folder_is_refused(tocsin: Run) -> None:
    tocsin("up", "--port", "0", fails="already serves this database")


_BODIES = {
    "nothing": b"",
    "half": b'{"title": ',
    "not UTF-8": b'{"title": "\xff"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "a list": b"[1]",
    "text": b'"x"',
    "deep": b"[" * 50_000,
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "no numbers": b'{"value": NaN, "name": "x"}',
    "too large numbers": b'{"value": 1e999, "name": "x"}',
    "long integers": b'{"value": ' + b"9" * 5_000 + b', "name": "x"}',
    "half characters": b'{"title": "\\ud800", "text": "\\ud800", "reason": "\\ud800", "why": "\\ud800"}',
    "NUL": b'{"title": "\\u0000", "text": "\\u0000", "reason": "\\u0000", "why": "\\u0000"}',
    "wrong types": b'{"title": [], "text": {}, "reason": 1, "why": [], "name": {}, "path": 3}',
    "an unknown field": b'{"whatever": 1}',
}


def _ask(served: Served, method: str, path: str, body: bytes) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}
    data = body if method == "POST" else None
    request = urllib.request.Request(served.url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_no_route_meets_bad_input_with_success_or_a_mistake_of_ours(served: Served) -> None:
    described = served.get("/api/v1/openapi.json")
    wrong: list[tuple[str, str, int, Any]] = []
    slowest = 0.0
    for path, methods in described["paths"].items():
        where = "/api/v1" + re.sub(r"{[^}]+}", "x", path)
        for method in methods:
            for what, body in _BODIES.items() if method == "post" else {"a query": b""}.items():
                query = "?limit=0&after=%00&language=xx&step=%00" if method == "get" else ""
                began = time.monotonic()
                status, told = _ask(served, method.upper(), where + query, body)
                slowest = max(slowest, time.monotonic() - began)
                plain = status in (200, 404) and method == "get"  # a list without parameters stays a list
                # What a sender cut in half is mended, so that no alert is lost by it.
                plain |= status == 200 and path == "/alerts" and what in ("half characters", "NUL")
                if not plain and not (
                    400 <= status < 500 and told["error"]["message"] and told["error"]["fix"]
                ):
                    wrong.append((method, path, status, (what, told)))
    assert wrong == []
    assert slowest < 5
    assert "Traceback" not in served.log()
