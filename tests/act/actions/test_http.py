"""A request as it goes over the wire, and values that stay in their places."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.act.actions.action import CannotRun
from tocsin.ground.kernel.errors import TocsinError

Perform = Callable[..., Any]


def test_the_base_may_be_a_value_of_the_service(perform: Perform, echo: Any):
    result, seen = perform("http", "GET ${SHOP_URL}/health?full=1", environment={"SHOP_URL": f"{echo.url}/"})
    assert (result.well, result.status) == (True, 200)
    assert seen["json"]["path"] == "/health?full=1"
    assert seen["headers"]["content-type"] == "application/json"


def test_an_error_status_is_a_failure_unless_it_is_expected(perform: Perform, echo: Any):
    result, seen = perform("http", f"GET {echo.url}/503")
    assert (result.well, seen["status"]) == (False, 503)


@pytest.mark.parametrize(
    "value", ["../../admin", "a/b", "a?x=1", "a#b", "a%2f", "a b", "é", "x\r\nX-Evil: 1", "漢", "&role=admin"]
)
def test_a_value_stays_in_its_part_of_the_address(perform: Perform, echo: Any, value: str):
    text = f"GET {echo.url}/users/${{NAME}}/orders?user=${{NAME}}&role=reader"
    perform("http", text, values={"NAME": value})
    (asked,) = echo.asked
    path, _, query = asked["path"].partition("?")
    assert path.count("/") == 3
    assert path.endswith("/orders")
    assert [part.partition("=")[0] for part in query.split("&")] == ["user", "role"]
    assert "x-evil" not in asked["headers"]


@pytest.mark.parametrize("value", [".", ".."])
def test_a_value_does_not_climb(perform: Perform, echo: Any, value: str):
    with pytest.raises(CannotRun):
        perform("http", f"GET {echo.url}/users/${{NAME}}", values={"NAME": value})
    assert echo.asked == []


@pytest.mark.parametrize("value", ["evil.example@127.0.0.1", "a/b", "127.0.0.1:80#", "a?b", ""])
def test_a_host_is_only_a_host(perform: Perform, value: str):
    with pytest.raises(CannotRun):
        perform("http", "GET http://${HOST}/x", values={"HOST": value})


def test_a_header_takes_no_second_line(perform: Perform, echo: Any):
    with pytest.raises(CannotRun):
        perform("http", f"GET {echo.url}/\nX-Name: ${{NAME}}", values={"NAME": "a\r\nX-Evil: 1"})
    assert echo.asked == []


def test_a_value_in_json_stays_one_string(perform: Perform, echo: Any):
    hostile = '", "role": "admin'
    text = f'POST {echo.url}/\nContent-Type: application/json\n\n{{"name": "${{NAME}}", "n": 1}}'
    perform("http", text, values={"NAME": hostile})
    assert json.loads(echo.asked[0]["body"]) == {"name": hostile, "n": 1}


def test_a_bare_value_in_json_becomes_a_string(perform: Perform, echo: Any):
    text = f'POST {echo.url}/\nContent-Type: application/json\n\n{{"name": ${{NAME}}}}'
    perform("http", text, values={"NAME": '1, "role": 2'})
    assert json.loads(echo.asked[0]["body"]) == {"name": '1, "role": 2'}


def test_a_value_in_a_form_stays_one_field(perform: Perform, echo: Any):
    text = f"POST {echo.url}/\nContent-Type: application/x-www-form-urlencoded\n\nname=${{NAME}}&n=1"
    perform("http", text, values={"NAME": "a&role=admin"})
    assert echo.asked[0]["body"] == "name=a%26role%3Dadmin&n=1"


def test_a_host_that_came_from_an_alert_is_not_trusted(perform: Perform, echo: Any):
    host = echo.url.removeprefix("http://")
    assert perform("http", "GET http://${HOST}/", values={"HOST": host})[0].well
    with pytest.raises(TocsinError, match="Not connected"):
        perform("http", "GET http://${HOST}/", values={"HOST": host}, hostile=frozenset({"HOST"}))


def test_a_server_that_is_not_there_is_a_failure_of_the_step(perform: Perform):
    result, seen = perform("http", "GET http://127.0.0.1:1/")
    assert not result.well
    assert "status" not in seen
    assert "127.0.0.1:1" in seen["stderr"]


@pytest.mark.parametrize("text", ["", "hello there you", "GET ftp://x/", "GET"])
def test_what_is_no_request_does_not_run(perform: Perform, text: str):
    with pytest.raises(CannotRun):
        perform("http", text)
