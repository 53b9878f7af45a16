"""How far does it reach, and on which side? Every endpoint of a service asked at once, and past its CDN too.

Its checks are run beside them. The rules are those of a person with curl. What fails through the public address but not
at the origin fails on the way there. What fails in both is judged at the origin: where no connection comes about it is
the machine or the process, and where one does it is the application. An origin that lets only its CDN in says nothing
while users are served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import Probe
from tocsin.act.checks.section import kinds, read_check
from tocsin.act.checks.suite import run_round
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.outbound import Outbound

Way = Literal["edge", "origin", "check"]
Verdict = Literal["confirmed", "partly", "not_confirmed", "unknown"]
Side = Literal["application", "infrastructure", "unknown"]
Reach = Literal["one", "many", "all", "none"]
Advice = Literal[
    "edge",
    "origin_down",
    "application",
    "connection",
    "gateway",
    "check",
    "both",
    "origin_hidden",
    "well",
    "blind",
]
"""Which row of the table of what to do next fits; the texts stand with who tells it."""

_ANSWERS = "status < 500"  # 401, 404 and 405 are answers: nobody said what the endpoint wants
_TIMEOUT = "10s"
_NO_CONNECTION = frozenset({"dns", "tcp", "tls"})
# 502, 504 and the 52x of CDNs: a proxy speaks, since it does not reach who should.
_GATEWAY = frozenset({502, 504, *range(520, 528), 530})


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One way to one point: an endpoint through its public address (`edge`) or past it (`origin`), or a `check`.

    `stage` is how far a failure came: dns, tcp, tls, certificate, answer, or status for an answer that is not well;
    `probe` where nobody could look at all, which says nothing about the service.
    """

    point: str
    way: Way
    ok: bool
    text: str
    ms: float
    status: int | None = None
    stage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What was seen. `failed` of `total` are endpoints as users reach them; checks, where `counted` says so."""

    at: datetime
    looks: tuple[Look, ...]
    verdict: Verdict
    side: Side
    reach: Reach
    advice: Advice
    failed: int
    total: int
    counted: Literal["endpoints", "checks"] = "endpoints"


def look_around(service: Service, outbound: Outbound, clock: Clock) -> Scope:
    """Asks everything side by side; waits no longer than the slowest may take. Raises Invalid for a broken check."""
    asked: list[tuple[str, Way, bool]] = []
    probes: list[Probe[Any]] = []
    for name, endpoint in service.endpoints.items():
        asked.append((name, "edge", True))
        probes.append(_ask(name, endpoint.url, None, outbound))
        if endpoint.origin:
            asked.append((name, "origin", True))
            probes.append(_ask(name, endpoint.url, endpoint.origin, outbound))
    for entry in service.checks:
        check = read_check(entry)
        asked.append((check.name, "check", check.kind == "http"))
        probes.append(kinds()[check.kind](check, outbound))
    at = clock.now()
    found = zip(asked, run_round(probes), strict=True)
    return judge_scope(at, [_look(point, way, finding, web=web) for (point, way, web), finding in found])


def _ask(name: str, url: str, origin: str | None, outbound: Outbound) -> Probe[Any]:
    entry = {"name": name[:64], "kind": "http", "url": url, "expect": _ANSWERS, "timeout": _TIMEOUT}
    settings = read_check({**entry, **({"connect_to": origin} if origin else {})})
    return kinds()["http"](settings, outbound)


def _look(point: str, way: Way, finding: Finding, *, web: bool) -> Look:
    return Look(
        point=point,
        way=way,
        ok=finding.ok,
        text=finding.text,
        ms=finding.ms,
        status=int(finding.value) if web and finding.value is not None else None,
        stage="" if finding.ok else str(finding.detail.get("stage", "status")),
    )


def judge_scope(at: datetime, looks: Sequence[Look]) -> Scope:
    """The verdict over what was seen; the looks come back with what comparing them has shown."""
    origins = {look.point: look for look in looks if look.way == "origin" and look.stage != "probe"}
    looks = [_compared(look, origins.get(look.point)) for look in looks]
    seen = [look for look in looks if look.stage != "probe"]
    edges = [look for look in seen if look.way == "edge"]
    checks = [look for look in seen if look.way == "check"]
    failing = [look for look in edges if not look.ok]
    broken = [look for look in checks if not look.ok]
    unwell = [look for look in origins.values() if look.stage in ("status", "answer")]
    counted = checks if not edges or (broken and not failing) else edges
    failed = [look for look in counted if not look.ok]
    side, advice = _side(failing, broken, unwell, origins)
    if not edges and not checks:
        verdict: Verdict = "unknown"
        side, advice = "unknown", "blind"
    elif failing:
        verdict = "confirmed" if 2 * len(failing) >= len(edges) else "partly"
    elif broken:
        verdict = "confirmed" if not edges and 2 * len(broken) >= len(checks) else "partly"
    else:
        verdict = "partly" if unwell else "not_confirmed"
    return Scope(
        at=at,
        looks=tuple(looks),
        verdict=verdict,
        side=side,
        reach=_reach(len(failed), len(counted)),
        advice=advice,
        failed=len(failed),
        total=len(counted),
        counted="endpoints" if counted is edges else "checks",
    )


def _compared(look: Look, origin: Look | None) -> Look:
    """A refusal that the origin does not share was made on the way: a blocked user is no served one."""
    if look.way != "edge" or not look.ok or origin is None or look.status is None or origin.status is None:
        return look
    if look.status < 400 or origin.status >= 400:
        return look
    return Look(
        point=look.point,
        way="edge",
        ok=False,
        text=f"{look.text}, but {origin.status} at the origin",
        ms=look.ms,
        status=look.status,
        stage="status",
    )


def _reach(failed: int, total: int) -> Reach:
    if not failed:
        return "none"
    if failed == total:
        return "all"
    return "one" if failed == 1 else "many"


def _side(
    failing: Sequence[Look], broken: Sequence[Look], unwell: Sequence[Look], origins: dict[str, Look]
) -> tuple[Side, Advice]:
    """The strongest evidence that there is: both ways to an endpoint, then one way, then the checks."""
    pairs = [(look, origins[look.point]) for look in failing if look.point in origins]
    # A certificate that only the CDN trusts is usual at an origin: whoever answers with one is there.
    clear = [_of_pair(look, origin) for look, origin in pairs if origin.stage != "certificate"]
    found: list[tuple[Side, Advice]] = (
        clear or [_of_one(look) for look in failing] or [_of_one(look, "check") for look in broken]
    )
    if not found and unwell:
        return "application", "application"
    if not found:
        hidden = any(not look.ok for look in origins.values())
        return "unknown", "origin_hidden" if hidden else "well"
    sides = {side for side, _ in found}
    if len(sides) > 1:
        return "unknown", "both"
    return max(found, key=found.count)


def _of_pair(edge: Look, origin: Look) -> tuple[Side, Advice]:
    if origin.ok:
        return "infrastructure", "edge"
    if origin.stage in _NO_CONNECTION:
        return "infrastructure", "origin_down"
    return "application", "application"


def _of_one(look: Look, otherwise: Advice = "application") -> tuple[Side, Advice]:
    if look.stage in _NO_CONNECTION or look.stage == "certificate":
        return "infrastructure", "connection"
    if look.status in _GATEWAY:
        return "infrastructure", "gateway"
    return "application", otherwise
