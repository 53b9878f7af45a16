"""What does Tocsin know itself? The alerts, what was changed, what the monitors last saw, and how far it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.act.checks import Scope
from tocsin.ground.catalogue import Service
from tocsin.ground.i18n import N_
from tocsin.ground.timeline import reason
from tocsin.respond.diagnosis.case import Case
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry
from tocsin.respond.diagnosis.masking import masked
from tocsin.respond.incidents.reality import told
from tocsin.sense.changes import ChangeRecord

CHANGED_WITHIN = timedelta(days=1)
_ALERTS = reason(N_("{n} of {total} fire"))
_CHANGES = reason(N_("{n} in the day before and since"))
_NONE = N_("nothing was told of in the day before")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Whom Tocsin asks of its own: `changes(service, start, end)` the newest first, `measures(service)` the last value
    of each measure and when it was seen, `look(service)` every endpoint and check at once.
    """

    changes: Callable[[str, datetime, datetime], Sequence[ChangeRecord]]
    look: Callable[[Service], Scope]
    measures: Callable[[str], dict[str, tuple[float, datetime]]]


def of_tocsin(case: Case, known: Known) -> Iterator[Collector]:
    """What there is to ask; a service without endpoints and checks is not looked at."""
    if case.settings.endpoints or case.settings.checks:
        yield Collector(
            key="scope",
            title=N_("How far does it reach, and on which side?"),
            kind="scope",
            ask=lambda _: _scope(known.look(case.settings)),
        )
    yield Collector(
        key="changes",
        title=N_("What was changed in the last 24 hours?"),
        kind="changes",
        ask=lambda _: _changes(
            known.changes(case.service, min(case.since, case.now) - CHANGED_WITHIN, case.now), case
        ),
    )
    if case.alerts:
        yield Collector(key="alerts", title=N_("What do the alerts say?"), kind="alerts", ask=_alerts(case))
    if measured := known.measures(case.service):
        yield Collector(
            key="measures",
            title=N_("What did the monitors see last?"),
            kind="measures",
            ask=lambda _: _measures(measured),
        )


def _scope(scope: Scope) -> Collected:
    facts = told(scope)
    lines = [
        f"{'✓' if look.ok else '✕'} {look.point} ({look.way}) {look.ms:.0f} ms  {look.text}"
        for look in scope.looks
    ]
    return Collected(
        ok=scope.verdict not in ("confirmed", "partly"),
        said=facts["outcome"],
        text=masked("\n".join(lines)),
        facts=facts,
    )


def _changes(found: Sequence[ChangeRecord], case: Case) -> Collected:
    facts = [
        {
            "id": each.id,
            "kind": each.kind,
            "title": masked(each.title),
            "state": each.state,
            "at": each.at.isoformat(),
            "service": each.service,
            "version": each.version,
            "by": each.by,
            "minutes_before": round((case.since - each.at).total_seconds() / 60),
        }
        for each in found
    ]
    lines = [
        f"{each.at:%Y-%m-%d %H:%M:%SZ}  {each.kind} {each.state}  {each.title}"
        f"{f'  {each.version}' if each.version else ''}{f'  by {each.by}' if each.by else ''}"
        for each in found
    ]
    said = _CHANGES(n=len(found)) if found else _NONE
    return Collected(ok=True, said=said, text=masked("\n".join(lines)), facts={"changes": facts})


def _alerts(case: Case) -> Callable[[Inquiry], Collected]:
    def ask(_: Inquiry) -> Collected:
        firing = sum(each.state == "firing" for each in case.alerts)
        lines: list[str] = []
        for each in case.alerts:
            lines.append(
                f"{each.state}  {each.name}  since {each.starts_at:%Y-%m-%d %H:%M:%SZ}  × {each.count}"
            )
            lines += [f"    {name}={value}" for name, value in sorted(each.labels.items())]
            lines += [f"    {name}: {value}" for name, value in sorted(each.annotations.items())]
        return Collected(
            ok=not firing, said=_ALERTS(n=firing, total=len(case.alerts)), text=masked("\n".join(lines))
        )

    return ask


def _measures(measured: dict[str, tuple[float, datetime]]) -> Collected:
    lines = [
        f"{name} = {value:g}  at {at:%Y-%m-%d %H:%M:%SZ}" for name, (value, at) in sorted(measured.items())
    ]
    facts = {name: value for name, (value, _) in measured.items()}
    return Collected(ok=True, said=", ".join(sorted(measured))[:200], text="\n".join(lines), facts=facts)
