"""One look by a probe as a step of a runbook: what it finds, and whom it does not ask."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.toolbox import check, problem, toolboxes, verdict_on
from tocsin.act.checks import kinds

Act = Callable[..., Any]


def test_what_a_probe_finds_is_printed_and_decides_the_step(act: Act, echo: Any):
    wanted = {"url": f"{echo.url}/health/200", "expect": 'json.path.endsWith("/200")', "value": "status"}
    well, seen = act("check.http", wanted)
    assert well.well
    assert (seen["json"]["ok"], seen["json"]["value"]) == (True, 200.0)
    assert seen["json"]["text"].startswith("200 in ")
    assert json.loads(seen["stdout"]) == seen["json"]

    ill, seen = act("check.http", {"url": f"{echo.url}/health/503"})
    assert not ill.well
    assert seen["json"]["ok"] is False
    assert ill.why == seen["json"]["text"]
    assert "wanted status >= 200" in ill.why


def test_nobody_who_listens_is_a_finding_and_no_mistake(act: Act):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert act("check.tcp", {"host": "127.0.0.1", "port": port})[0].well
    closed, seen = act("check.tcp", {"host": "127.0.0.1", "port": port})
    assert not closed.well
    assert closed.why == seen["json"]["text"] != ""


def test_a_value_of_the_service_fills_an_address_and_a_secret_and_never_a_condition(act: Act, echo: Any):
    told = {"url": "${BASE}/200", "bearer": "${TOKEN}", "expect": 'json.path != "${TOKEN}"'}
    result, _ = act("check.http", told, environment={"BASE": echo.url, "TOKEN": "sesame"})
    assert result.well, result.why
    assert echo.asked[-1]["headers"]["authorization"] == "Bearer sesame"


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ({"bearer": "env:TOCSIN_TEST_SECRET"}, {}),
        ({"bearer": " env:TOCSIN_TEST_SECRET"}, {}),
        ({"headers": {"x-key": "file:/etc/hostname"}}, {}),
        ({"bearer": "${TOKEN}"}, {"TOKEN": "env:TOCSIN_TEST_SECRET"}),
    ],
)
def test_a_step_reads_no_secret_of_the_server(
    act: Act, echo: Any, told: dict[str, Any], values: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TOCSIN_TEST_SECRET", "sesame")
    with pytest.raises(CannotRun, match="variable of the service's environment"):
        act("check.http", {"url": f"{echo.url}/200", **told}, values=values)
    assert echo.asked == []


def test_a_value_of_an_alert_does_not_choose_whom_tocsin_asks(act: Act, echo: Any):
    told = {"url": "${BASE}/200"}
    with pytest.raises(CannotRun, match="BASE comes from an alert"):
        act("check.http", told, values={"BASE": echo.url}, hostile=frozenset({"BASE"}))
    assert echo.asked == []
    assert act("check.http", told, values={"BASE": echo.url}, hostile=frozenset({"OTHER"}))[0].well


def test_what_sends_something_is_stronger_than_a_look(act: Act, echo: Any):
    posted = {"url": f"{echo.url}/200", "method": "POST"}
    assert verdict_on("check.http", posted).level == "change"
    assert verdict_on("check.http", {"url": "https://shop.example.com/"}).level == "read"
    with pytest.raises(CannotRun, match="change with these values, and read was permitted"):
        act("check.http", {**posted, "method": "${HOW}"}, values={"HOW": "POST"})
    assert echo.asked == []


def test_every_probe_that_asks_over_the_network_is_a_verb_and_no_other():
    verbs = {each.named() for each in toolboxes()["check"].verbs}
    assert verbs == {kind for kind, probe in kinds().items() if probe.by_step}
    assert verbs.isdisjoint({"command", "log", "sql", "machine"}), "these run or read on this machine"
    assert all(each.examples for each in toolboxes()["check"].verbs)


def test_wrong_arguments_are_told_before_anything_is_asked():
    wrong = problem("check.http", {"url": "https://shop.example.com/", "expect": "nope =="})
    assert wrong is not None
    assert wrong.field == "expect"
    with pytest.raises(CannotRun, match="at most a minute"):
        check("check.tls", {"host": "shop.example.com", "timeout": "5m"})
    assert problem("check.http", {"url": "${BASE}/health"}) is None
