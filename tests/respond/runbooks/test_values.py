"""Where a run's values come from, and which of them are hostile."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.runbooks.document import Input
from tocsin.respond.runbooks.plan import Plan, PlannedStep
from tocsin.respond.runbooks.values import Values, resolve

SERVICE = Service.model_validate(
    {
        "endpoints": {"api": {"url": "https://shop.example.com", "origin": "203.0.113.7"}},
        "environment": {"TOKEN": "env:SHOP_TOKEN"},
    }
)


def values(*inputs: Input, given: dict[str, str] | None = None, **labels: str) -> Values:
    step = PlannedStep(key="s", id="s", title="S", kind="bash", inputs=("HOST", "ALERT_POD"))
    return resolve(Plan(diagnosis=(step,)), inputs, given or {}, labels, SERVICE)


def test_a_persons_value_comes_first_then_the_alert_then_the_default():
    host = Input(name="HOST", default="localhost")
    assert values(host).known["HOST"] == "localhost"
    assert values(host, host="api-1").known["HOST"] == "api-1"
    assert values(host, given={"HOST": "api-2"}, host="api-1").known["HOST"] == "api-2"


def test_what_comes_from_an_alert_is_remembered_as_hostile():
    found = values(host="api-1", pod="shop-7")
    assert found.known == {"HOST": "api-1", "ALERT_POD": "shop-7"}
    assert found.hostile == {"HOST", "ALERT_POD"}
    assert values(given={"HOST": "api-2"}, host="api-1").hostile == frozenset()


@pytest.mark.parametrize("label", ["-rf", "--output=/etc/passwd", "a\nb", "", "\x1b[2J", "x" * 20_000])
def test_a_label_that_could_do_harm_is_not_taken_over(label: str):
    assert "HOST" not in values(host=label).known


def test_endpoints_of_the_service_are_known():
    found = values(Input(name="API_URL"), Input(name="API_ORIGIN"), Input(name="OTHER_URL"))
    assert found.known == {"API_URL": "https://shop.example.com", "API_ORIGIN": "203.0.113.7"}


def test_what_the_environment_gives_is_not_stored():
    assert values(Input(name="TOKEN", default="x"), token="from-alert").known == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"NOBODY": "x"}, "no input NOBODY"),
        ({"HOST": "a\0b"}, "cannot be taken"),
        ({"HOST": "x" * 20_000}, "cannot be taken"),
        ({"PASSWORD": "hunter2"}, "is a secret"),
    ],
)
def test_what_no_run_may_take_is_said(given: dict[str, Any], message: str):
    with pytest.raises(Invalid, match=message):
        values(Input(name="PASSWORD", secret=True), given=given)
