"""The diagnosis speaks for one of the causes: that one is tried first, and says why."""

from __future__ import annotations

from tocsin.respond.runbooks.likely import by_evidence
from tocsin.respond.runbooks.plan import Part, Plan, PlannedStep

LOGS = PlannedStep(key="logs", id="logs", title="Logs", kind="bash")
DISK = Part(key="cause1", kind="rung", title="Disk is full", condition="writes fail", match=("ENOSPC",))
REDIS = Part(key="cause2", kind="rung", title="Redis is away", condition="refused", match=("ECONNREFUSED",))
LADDER = Part(key="rung1", kind="rung", title="Restart")
PLAN = Plan(diagnosis=(LOGS,), parts=(DISK, REDIS, LADDER))


def test_the_cause_that_the_output_names_comes_first_and_the_ladder_stays_last():
    plan = by_evidence(PLAN, {"logs": "12:00 connect ECONNREFUSED 10.0.0.4:6379\n" * 3})
    assert [part.key for part in plan.parts] == ["cause2", "cause1", "rung1"]
    assert "ECONNREFUSED".casefold() in plan.parts[0].evidence[0].casefold()
    assert plan.parts[1].evidence == ()


def test_without_evidence_the_page_has_the_order():
    assert by_evidence(PLAN, {}) == PLAN
    assert [part.key for part in by_evidence(PLAN, {"logs": "all is well"}).parts] == [
        "cause1",
        "cause2",
        "rung1",
    ]
