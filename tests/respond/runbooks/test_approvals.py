"""Who may say yes: Jun operates, Kai approves, Ada administrates, Vic only looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.ground.accounts import Identity
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.approvals import Approval, judge

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def who(name: str, role: Any, **more: Any) -> Identity:
    return Identity(**{"kind": "person", "name": name, "role": role, "person": name} | more)


JUN, KAI, ADA, VIC = who("jun", "operator"), who("kai", "approver"), who("ada", "admin"), who("vic", "viewer")
CHANGE = Approval(
    id="apr_1",
    run="run_1",
    step="restart",
    step_id="restart",
    title="Restart",
    text="systemctl restart shop",
    text_hash="…",
    level="change",
    role="operator",
    kind="approval",
    requested_by="person:mei",
    requested_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    state="asked",
    by=None,
    decided_at=None,
    reason="",
)
WIPE = replace(CHANGE, level="destroy", role="approver")


@pytest.mark.parametrize(
    ("approval", "person", "allowed"),
    [
        (CHANGE, JUN, True),
        (CHANGE, ADA, True),
        (CHANGE, KAI, False),
        (CHANGE, VIC, False),
        (WIPE, KAI, True),
        (WIPE, ADA, True),
        (WIPE, JUN, False),
        (WIPE, VIC, False),
        (replace(CHANGE, role="approver"), KAI, True),
        (replace(CHANGE, role="approver"), JUN, False),
        (replace(CHANGE, role="admin"), KAI, False),
        (replace(CHANGE, role="admin"), ADA, True),
        (WIPE, replace(KAI, kind="token", scopes=frozenset({"read"})), False),
        (WIPE, replace(KAI, kind="token", scopes=frozenset({"approve"})), True),
        (WIPE, replace(KAI, kind="token"), False),
        (CHANGE, replace(JUN, kind="token"), True),
    ],
)
def test_who_may_decide(approval: Approval, person: Identity, allowed: bool):
    if allowed:
        judge(approval, person, NOON)
    else:
        with pytest.raises(Denied):
            judge(approval, person, NOON)


@pytest.mark.parametrize(
    "same",
    [
        KAI,
        who("kai-laptop", "approver", kind="token", person="kai", scopes=frozenset({"approve"})),
        who("kai2", "admin", person="kai"),
    ],
)
def test_nobody_approves_what_they_asked_for_in_whatever_shape(same: Identity):
    with pytest.raises(Denied, match="nobody approves their own request"):
        judge(replace(WIPE, requested_by="person:kai"), same, NOON)


def test_a_change_may_be_approved_by_who_asked():
    judge(replace(CHANGE, requested_by="person:jun"), JUN, NOON)


@pytest.mark.parametrize("state", ["given", "denied", "expired", "used"])
def test_an_answer_stands(state: str):
    with pytest.raises(Conflict, match=state):
        judge(replace(CHANGE, state=state), JUN, NOON)


def test_an_expired_request_has_no_buttons():
    with pytest.raises(Conflict, match="expired"):
        judge(CHANGE, JUN, NOON + timedelta(minutes=30))
