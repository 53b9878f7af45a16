"""Of everything that could be pressed, the one act that comes next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.faces.web.next_act import next_act
from tocsin.faces.web.run_view import Asked
from tocsin.respond.incidents import Incident

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def incident(state: str, acknowledged: bool = True) -> Incident:
    return Incident(
        id="INC-2026-0001", title="t", service="shop", severity="P0", state=state, source="webhook", policy="core",
        rule={}, started_at=AT, detected_at=AT, acknowledged_at=AT if acknowledged else None,
        acknowledged_by="mei" if acknowledged else None, mitigated_at=None, soak_until=None, resolved_at=None,
        closed_at=None, updated_at=AT,
    )  # fmt: skip


def act(state: str, *, acknowledged: bool = True, **more: Any) -> str:
    known: dict[str, Any] = {
        "run": "", "asked": None, "offered": "", "may_respond": True, "may_operate": True, "may_approve": True,
    }  # fmt: skip
    return next_act(incident(state, acknowledged), **(known | more)).act


def test_first_somebody_has_it():
    assert act("triggered", asked=Asked(kind="guided", step="a"), offered="x.md") == "acknowledge"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("approval", "approve"), ("guided", "proceed"), ("manual", "answer"), ("confirm", "confirm"),
     ("unknown", "answer"), ("input", "give"), ("wait", "none")],
)  # fmt: skip
def test_then_what_the_run_waits_for(kind: str, expected: str):
    assert act("acknowledged", run="run_1", asked=Asked(kind=kind, step="a")) == expected


def test_then_a_runbook_that_fits_then_saying_that_it_is_back():
    assert act("acknowledged", offered="x.md") == "start"
    assert act("acknowledged") == "mitigate"


def test_while_a_run_is_under_way_nothing_has_to_be_pressed():
    assert act("acknowledged", run="run_1") == "none"


def test_while_it_is_watched_nothing_has_to_be_pressed():
    assert act("mitigated") == "none"


def test_what_came_back_before_anybody_had_it_can_still_be_taken():
    assert act("mitigated", acknowledged=False) == "acknowledge"
    assert act("mitigated", acknowledged=False, may_respond=False) == "none"


def test_at_the_end_the_report_is_read():
    assert act("resolved") == "close"
    assert act("closed") == "none"


def test_who_may_only_look_is_offered_nothing():
    for state in ("triggered", "acknowledged", "mitigated", "resolved", "closed"):
        asked = Asked(kind="approval", step="a", level="destroy")
        assert (
            act(state, asked=asked, offered="x.md", may_respond=False, may_operate=False, may_approve=False)
            == "none"
        )


def test_what_destroys_is_offered_to_approvers_and_a_change_to_operators():
    destroy = Asked(kind="approval", step="a", level="destroy", role="approver")
    change = Asked(kind="approval", step="a", level="change", role="operator")
    assert act("acknowledged", run="r", asked=destroy, may_approve=False) != "approve"
    assert act("acknowledged", run="r", asked=destroy, may_operate=False) == "approve"
    assert act("acknowledged", run="r", asked=change, may_approve=False) == "approve"
    assert act("acknowledged", run="r", asked=change, may_operate=False) != "approve"
