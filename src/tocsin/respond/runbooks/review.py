"""Which runbooks have to be looked over, by whom, until when, and what has to be said of one that is offered?

A review is due a week after a runbook was used, three days after an incident that used it, at the end of the quarter in
which somebody said that the system changed, and otherwise each month, or as often as the document says itself. It is
made by a person (`record`), by the date that the document carries, or by runs that saw every step of it work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.timeline import reason
from tocsin.respond.runbooks import preconditions_store, review_store
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.plan import plan_of
from tocsin.respond.runbooks.preconditions_store import Check
from tocsin.respond.runbooks.review_store import Call, Review, Use
from tocsin.respond.runbooks.usage import Usage, changed_since, proofs, proven_hashes, usage, usages

AFTER_USE = timedelta(days=7)
AFTER_INCIDENT = timedelta(days=3)
PERIODS = {
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "yearly": timedelta(days=365),
}
USUAL = "monthly"

_NEVER = reason(N_("never reviewed, and dated {date}"))
_PERIOD = reason(N_("last reviewed on {date}"))
_USED = reason(N_("used on {date}"))
_INCIDENT = reason(N_("used in {incident}"))
_CHANGE = reason(N_("the system changed on {date}: {why}"))
_OVERDUE = reason(N_("since {date} its review is overdue"))
_EDITED = N_("it was changed since it last worked")
_BROKEN = N_("it is known to be broken")
_MORE = reason(N_("and {count} more"))
_LINKS = reason(N_("dead links: {count}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A review that waits: of which runbook, whose it is (as the document says, else the service's team), why."""

    path: str
    title: str
    owner: str
    why: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows say of runbooks, by path."""

    reviews: Mapping[str, datetime]
    uses: Mapping[str, Usage]
    incidents: Mapping[str, Use]
    call: Call | None


def queue(
    conn: Connection, library: Library, now: datetime, uses: Mapping[str, Usage] | None = None
) -> list[Due]:
    """Every review that is to come, the most urgent first; each runbook once, for its most urgent reason.

    `uses` are those of all runbooks, where they are known already.
    """
    known = _Known(
        reviews=review_store.latest(conn),
        uses=usages(conn) if uses is None else uses,
        incidents=review_store.used_by_incidents(conn),
        call=review_store.latest_call(conn),
    )
    documents = [*library.all(), *library.indexes(), *library.policies()]
    return sorted(_dues(conn, library, documents, known, now), key=lambda due: (due.due_at, due.path))


def due_of(conn: Connection, library: Library, document: Document, now: datetime) -> Due | None:
    """The next review of one runbook; None where its file is gone."""
    known = _Known(
        reviews=review_store.latest(conn, document.path),
        uses={document.path: usage(conn, document.path)},
        incidents=review_store.used_by_incidents(conn, document.path),
        call=review_store.latest_call(conn),
    )
    return next(iter(_dues(conn, library, [document], known, now)), None)


def of_path(conn: Connection, path: str, *, limit: int = 20) -> list[Review]:
    """The reviews of one runbook, the newest first."""
    return review_store.of_path(conn, path, limit=limit)


def record(conn: Connection, document: Document, now: datetime, *, by: str, note: str = "") -> Review:
    """Somebody has looked this runbook over, as it stands."""
    made = Review(path=document.path, hash=document.hash, reviewed_at=now, by=by, note=note)
    review_store.add(conn, made)
    return made


def call(conn: Connection, now: datetime, *, by: str, why: str) -> Call:
    """The system changed: every runbook that is not looked over from now on is due by the end of the quarter."""
    called = Call(at=now, by=by, why=why)
    review_store.call(conn, called)
    return called


def staleness(conn: Connection, library: Library, document: Document, now: datetime) -> str:
    """What whoever is offered this runbook has to know; "" where there is nothing. See `timeline.told`."""
    due = due_of(conn, library, document, now)
    return _say(
        due,
        changed=edited(conn, library, document, proven_hashes(conn, document.path)),
        broken=preconditions_store.failed(conn, document.path).get(document.path, ()),
    )


def all_staleness(conn: Connection, library: Library, now: datetime) -> dict[str, str]:
    """The same for the whole library, by path; a runbook of which there is nothing to say is not there."""
    dues = {due.path: due for due in queue(conn, library, now)}
    hashes = proven_hashes(conn)
    broken = preconditions_store.failed(conn)
    said = {
        document.path: _say(
            dues.get(document.path),
            changed=edited(conn, library, document, hashes),
            broken=broken.get(document.path, ()),
        )
        for document in library.all()
    }
    return {path: text for path, text in said.items() if text}


def edited(conn: Connection, library: Library, document: Document, proven: Mapping[str, str]) -> bool:
    """Was it changed since it last worked? Of one of several runbooks in a file, only its own part counts."""
    if proven.get(document.path, document.hash) == document.hash:
        return False
    if "#" not in document.path:
        return True
    before = changed_since(conn, document)
    try:
        return before is not None and before.strip() != library.part(document.path).strip()
    except NotFound:
        return False  # gone since the library was walked


def _say(due: Due | None, *, changed: bool, broken: Sequence[Check]) -> str:
    parts: list[str] = []
    without = [check for check in broken if check.kind != "link"]
    if without:
        parts += [_BROKEN, without[0].told]
    if len(without) > 1:
        parts.append(_MORE(count=len(without) - 1))
    if due is not None and due.overdue:
        parts.append(_OVERDUE(date=f"{due.due_at:%Y-%m-%d}"))
    if changed:
        parts.append(_EDITED)
    if len(broken) > len(without):
        parts.append(_LINKS(count=len(broken) - len(without)))
    return "; ".join(parts)


def _dues(
    conn: Connection, library: Library, documents: Iterable[Document], known: _Known, now: datetime
) -> Iterable[Due]:
    for document in documents:
        try:
            dated = library.dated(document.path)
        except NotFound:
            continue  # gone since the library was walked
        due_at, why = min(_reasons(conn, document, known, dated, now), key=lambda each: each[0])
        yield Due(
            path=document.path,
            title=document.title,
            owner=library.owner(document),
            why=why,
            due_at=due_at,
            overdue=due_at < now,
        )


def _reasons(
    conn: Connection, document: Document, known: _Known, dated: datetime, now: datetime
) -> Iterable[tuple[datetime, str]]:
    """Each moment at which a review is due, with why."""
    used = known.uses.get(document.path, Usage())
    looked = _looked_over(conn, document, known.reviews.get(document.path), used, now)
    since = looked or dated
    said = _PERIOD if looked else _NEVER
    yield since + _period(document), said(date=f"{since:%Y-%m-%d}")
    if used.last_at is not None and (looked is None or looked < used.last_at):
        yield used.last_at + AFTER_USE, _USED(date=f"{used.last_at:%Y-%m-%d}")
    incident = known.incidents.get(document.path)
    if incident is not None and (looked is None or looked < incident.ended_at):
        yield incident.ended_at + AFTER_INCIDENT, _INCIDENT(incident=incident.incident)
    called = known.call
    if called is not None and since < called.at:
        yield _quarter_end(called.at), _CHANGE(date=f"{called.at:%Y-%m-%d}", why=called.why)


def _looked_over(
    conn: Connection, document: Document, recorded: datetime | None, used: Usage, now: datetime
) -> datetime | None:
    """When somebody, or runs that saw every step of it work, last looked it over."""
    moments = [each for each in (recorded, _date_said(document, now)) if each is not None]
    # Proofs are as old as the last run at most: a review since then is the newer one whatever they say.
    recent = used.last_at is not None and all(at < used.last_at for at in moments)
    if used.succeeded and recent:
        proven = proofs(conn, document)
        steps = {step.id for step in plan_of(document).steps()}
        if steps and steps <= proven.keys():
            moments.append(min(proof.at for proof in proven.values()))
    return max(moments, default=None)


def _date_said(document: Document, now: datetime) -> datetime | None:
    """The date of review that the document carries; one that lies ahead is none."""
    try:
        said = date.fromisoformat(document.reviewed or str(document.front_matter.get("reviewed", "")))
    except ValueError:
        return None
    at = datetime(said.year, said.month, said.day, tzinfo=UTC)
    return at if at <= now else None


def _period(document: Document) -> timedelta:
    """How often the document wants to be looked over: by its word, or a duration such as `2w`."""
    said = (document.review or str(document.front_matter.get("review", ""))).strip().lower()
    if said in PERIODS:
        return PERIODS[said]
    try:
        return parse_duration(said) or PERIODS[USUAL]
    except ValueError:
        return PERIODS[USUAL]


def _quarter_end(at: datetime) -> datetime:
    """The first moment of the next quarter, in UTC."""
    month = (at.month - 1) // 3 * 3 + 4
    return datetime(at.year + month // 13, (month - 1) % 12 + 1, 1, tzinfo=UTC)
