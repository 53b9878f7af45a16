"""How is it brought back, and what has to be put back? Part of an incident's page, its acts, and own pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.incidents import Incident
from tocsin.respond.rollout import CAUSES, STANDINGS, TITLES, Advised, Makeshift, Rollback, Version

pages = Pages()
ROLLBACK = {
    "preparing": Mark(shape="◐", tone="info", text=N_("being prepared")),
    "performing": Mark(shape="◐", tone="info", text=N_("under way")),
    "verifying": Mark(shape="◔", tone="info", text=N_("being verified")),
    "done": Mark(shape="✓", tone="ok", text=N_("rolled back, all checks pass")),
    "unproven": Mark(shape="◆", tone="warn", text=N_("rolled back, nothing proves it")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "cancelled": Mark(shape="–", tone="plain", text=N_("cancelled")),
}
STAGES = {
    "validate": N_("Validate"),
    "prepare": N_("Prepare"),
    "perform": N_("Perform"),
    "verify": N_("Verify"),
    "record": N_("Record"),
    "preparing": N_("Prepare"),
    "performing": N_("Perform"),
}
STANDING = {
    "confirmed": Mark(shape="✓", tone="ok", text=STANDINGS["confirmed"]),
    "stable": Mark(shape="✓", tone="ok", text=STANDINGS["stable"]),
    "unproven": Mark(shape="●", tone="plain", text=STANDINGS["unproven"]),
    "troubled": Mark(shape="◆", tone="warn", text=STANDINGS["troubled"]),
    "refused": Mark(shape="✕", tone="crit", text=STANDINGS["refused"]),
}
RISKS = {"low": N_("low"), "medium": N_("medium"), "high": N_("high")}
_MOST = 50
_VERSIONS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairView:
    """What stands on the page of an incident. `advised` is None once it is over."""

    advised: Advised | None
    rollbacks: Sequence[Rollback]
    makeshifts: Sequence[Makeshift]
    causes: Sequence[tuple[str, str]]
    targets: Sequence[Version]
    ways: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceView:
    """A service with its versions, that which stands now in front."""

    name: str
    versions: Sequence[Version]


def repair_view(visit: Visit, conn: Connection, incident: Incident) -> RepairView:
    """How to bring it back, as far as it is known now, and what was done."""
    repairs = visit.context.repairs
    advised = repairs.advise(conn, incident=incident.id) if incident.is_open else None
    versions = advised.standing.versions if advised else ()
    return RepairView(
        advised=advised,
        rollbacks=repairs.rollbacks.list(conn, incident=incident.id, limit=_VERSIONS),
        makeshifts=repairs.makeshifts.list(conn, incident=incident.id),
        causes=[(each, visit.speech.text(CAUSES.get(each, each))) for each in repairs.causes],
        targets=[each for each in versions[1:_MOST] if each.good],
        ways=repairs.ways(incident.service),
    )


WORDS = {
    "strategies": TITLES,
    "causes": CAUSES,
    "rollback": ROLLBACK,
    "stages": STAGES,
    "standing": STANDING,
    "risks": RISKS,
}
"""What the templates of this part need in words."""


@pages.get("/rollouts", Permission.READ)
def all_rollouts(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        makeshifts = context.repairs.makeshifts.list(conn, limit=_MOST)
        rollbacks = context.repairs.rollbacks.list(conn, limit=_MOST)
        services = [
            ServiceView(name=name, versions=context.repairs.placed.of(conn, name).versions[:_VERSIONS])
            for name in context.catalogue().services
        ]
    return visit.page(
        "rollouts.html",
        makeshifts=makeshifts,
        rollbacks=rollbacks,
        services=[each for each in services if each.versions],
        repair_words=WORDS,
    )


@pages.get("/rollouts/{id}", Permission.READ)
def one_rollback(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        found = visit.context.repairs.rollbacks.get(conn, visit.parts["id"])
    return visit.page("rollback.html", rollback=found, repair_words=WORDS)


@pages.post("/rollouts/{id}/cancel", Permission.OPERATE)
def cancel(visit: Visit) -> Response:
    found = visit.context.repairs.rollbacks.cancel(visit.parts["id"], visit.identity.actor)
    return visit.go(f"/rollouts/{found.id}", notice="rollback-cancelled")


@pages.post("/rollouts/{service}/versions", Permission.OPERATE)
def judge(visit: Visit) -> Response:
    form = visit.form
    service = visit.parts["service"]
    if service not in visit.context.catalogue().services:
        raise NotFound(N_("No page has this address."), fix=N_("Start from the dashboard."))
    visit.context.repairs.placed.judge(
        service,
        form.get("version", ""),
        stable=form.get("stable") == "yes",
        why=form.get("why", ""),
        actor=visit.identity.actor,
    )
    return visit.go("/rollouts", notice="version-judged")


@pages.post("/incidents/{id}/cause", Permission.RESPOND)
def cause(visit: Visit) -> Response:
    visit.context.repairs.say_cause(visit.parts["id"], visit.form.get("cause", ""), visit.identity.actor)
    return _back(visit, "cause-said")


@pages.post("/incidents/{id}/rollback", Permission.OPERATE)
def roll_back(visit: Visit) -> Response:
    form = visit.form
    visit.context.repairs.rollbacks.start(
        "",
        to=form.get("to", ""),
        incident=visit.parts["id"],
        reason=form.get("reason", ""),
        actor=visit.identity.actor,
    )
    return _back(visit, "rolling-back")


@pages.post("/incidents/{id}/repair/{strategy}", Permission.OPERATE)
def repair(visit: Visit) -> Response:
    visit.context.repairs.carry_out(
        visit.parts["strategy"],
        actor=visit.identity.actor,
        reason=visit.form.get("reason", ""),
        incident=visit.parts["id"],
    )
    return _back(visit, "started")


@pages.post("/incidents/{id}/degrade", Permission.OPERATE)
def degrade(visit: Visit) -> Response:
    form = visit.form
    visit.context.repairs.degrade(
        form.get("option", ""),
        reason=form.get("reason", ""),
        actor=visit.identity.actor,
        incident=visit.parts["id"],
    )
    return _back(visit, "started")


@pages.post("/incidents/{id}/makeshifts", Permission.RESPOND)
def note(visit: Visit) -> Response:
    form = visit.form
    visit.context.repairs.makeshifts.note(
        form.get("what", ""),
        reason=form.get("reason", ""),
        actor=visit.identity.actor,
        incident=visit.parts["id"],
        within=_span(form.get("within", "")),
    )
    return _back(visit, "makeshift-noted")


@pages.post("/makeshifts/{id}/back", Permission.OPERATE)
def put_back(visit: Visit) -> Response:
    done = visit.context.repairs.makeshifts.put_back(
        visit.parts["id"], visit.identity.actor, by_hand=visit.form.get("by") == "hand"
    )
    target = f"/incidents/{done.incident}#repair" if done.incident else "/rollouts"
    return visit.go(target, notice="put-back" if done.ended_at else "started")


def _span(text: str) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error), field="within", fix=N_("Write it like 30m or 2h.")) from None


def _back(visit: Visit, notice: str) -> Response:
    return visit.go(f"/incidents/{visit.parts['id']}#repair", notice=notice)
