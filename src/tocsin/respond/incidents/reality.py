"""Is it real? What the service's own probes said when the incident began, in words, read back from its timeline.

A verdict resolves nothing by itself: an error that comes and goes, or that only some users meet, is not seen by one
look from here. It tells whoever is paged where to begin.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from tocsin.act.checks import Look, Scope
from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.timeline import Event, Reason, reason

CHECKED = "reality.checked"
BEGUN = ("incident.opened", "incident.declared", "incident.reopened")

_OUTCOMES: dict[tuple[str, str], Reason] = {
    ("confirmed", "endpoints"): reason(N_("Confirmed: {failed} of {total} endpoints fail")),
    ("confirmed", "checks"): reason(N_("Confirmed: {failed} of {total} checks fail")),
    ("partly", "endpoints"): reason(N_("Partly: {failed} of {total} endpoints fail")),
    ("partly", "checks"): reason(N_("Partly: {failed} of {total} checks fail")),
    ("not_confirmed", "endpoints"): reason(N_("Not confirmed: {passed} of {total} endpoints answer")),
    ("not_confirmed", "checks"): reason(N_("Not confirmed: {passed} of {total} checks pass")),
}
_UNKNOWN = N_("Unknown: nothing could be asked")
_STALE = N_("Partly: users are served, but the origin is not well")

_SIDES: dict[str, tuple[str, str]] = {
    "edge": (
        N_("Infrastructure: the origin answers, the edge does not"),
        N_(
            "Look at what stands in front: CDN, DNS, certificate, firewall rules and routes. A rule that blocks by "
            "mistake can be paused; write down why and when."
        ),
    ),
    "origin_down": (
        N_("Infrastructure: the origin cannot be reached either"),
        N_("The machine or the process is down. Look whether it runs, then restart it."),
    ),
    "application": (
        N_("Application: it is reached, and does not answer well"),
        N_("Read its logs for errors and look at what was deployed last. Restart it, or roll back."),
    ),
    "connection": (
        N_("Infrastructure: no connection comes about"),
        N_("Look at the name, the network, the certificate and the machine; start what does not run."),
    ),
    "gateway": (
        N_("Infrastructure: a proxy answers, since it does not reach the application"),
        N_("Look whether the application runs and where the proxy sends its requests."),
    ),
    "check": (
        N_("Application: it answers, and its checks do not pass"),
        N_("See below what each check wanted and what it got; then read the logs."),
    ),
    "both": (
        N_("What fails points to both sides"),
        N_("Begin with what no connection reaches, then read the logs of the rest."),
    ),
    "origin_hidden": (
        N_("Users are served; the origin was not reached directly"),
        N_(
            "An origin that lets only its CDN in looks like this. Nothing was resolved by it: look at the logs, and "
            "mark the alert as false if it is."
        ),
    ),
    "well": (
        N_("Everything that was asked answers"),
        N_(
            "Nothing was resolved by it: what comes and goes, or is met by some users only, is not seen from here. "
            "Look at the logs, and mark the alert as false if it is."
        ),
    ),
    "blind": (
        N_("The service has no endpoint and no check that could be asked"),
        N_("Give it endpoints or checks in the configuration; then the next incident can answer this."),
    ),
}
_REACHES = {
    "one": N_("Only one of them fails: begin with what belongs to it alone."),
    "many": N_("Several fail: begin with what they share."),
    "all": N_("All of them fail: begin with what they share."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reality:
    """One answer to “is it real?”. `outcome`, `why` and `advice` are texts of ours, in English until they are told.

    `verdict` is confirmed, partly, not_confirmed or unknown; `side` application, infrastructure or unknown; `reach`
    one, many, all or none. `by` is `tocsin` when it was asked by itself, at the event `cause`.
    """

    at: datetime
    verdict: str
    side: str
    reach: str
    outcome: str
    why: str
    advice: list[str]
    looks: list[Look]
    by: str
    cause: int


def told(scope: Scope) -> dict[str, Any]:
    """What goes onto the timeline."""
    why, advice = _SIDES[scope.advice]
    return {
        "verdict": scope.verdict,
        "side": scope.side,
        "reach": scope.reach,
        "outcome": _outcome(scope),
        "why": why,
        "advice": [advice, *([_REACHES[scope.reach]] if scope.failed and scope.total > 1 else [])],
        "looks": [asdict(look) for look in scope.looks],
    }


def _outcome(scope: Scope) -> str:
    if scope.verdict == "unknown":
        return _UNKNOWN
    if scope.verdict == "partly" and not scope.failed:
        return _STALE
    text = _OUTCOMES[scope.verdict, scope.counted]
    return text(failed=scope.failed, passed=scope.total - scope.failed, total=scope.total)


def latest(conn: Connection, incident: str) -> Reality | None:
    """The newest answer; None where nobody has asked yet."""
    found = timeline.of_incident(conn, incident, kinds=(CHECKED,))
    return from_event(found[-1]) if found else None


def from_event(event: Event) -> Reality:
    data = event.data
    return Reality(
        at=event.at,
        verdict=str(data["verdict"]),
        side=str(data["side"]),
        reach=str(data["reach"]),
        outcome=str(data["outcome"]),
        why=str(data["why"]),
        advice=[str(each) for each in data["advice"]],
        looks=[Look(**each) for each in cast("list[dict[str, Any]]", data["looks"])],
        by=event.actor,
        cause=int(data["cause"]),
    )


def is_answered(conn: Connection, incident: str, cause: int) -> bool:
    """Whether this opening, or a later one, has had its answer."""
    found = timeline.of_incident(conn, incident, kinds=(CHECKED,))
    return any(int(each.data["cause"]) >= cause for each in found)


def opening_of(conn: Connection, incident: str) -> int:
    """The number of the event with which the incident began, or began anew; 0 where there is none."""
    found = timeline.of_incident(conn, incident, kinds=BEGUN)
    return found[-1].seq if found else 0
