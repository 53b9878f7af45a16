"""Who asked for quiet, about what, and until when? Silences: listed, tried, made, changed and ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import field_of, moment_of
from tocsin.faces.web.words import mark_of_alert
from tocsin.ground.accounts import Permission, require
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid, TocsinError
from tocsin.sense.alerts import Alert, get_many
from tocsin.sense.alerts.alike import matchers_of
from tocsin.sense.alerts.find import Scope, Search
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.query import Wanted, parse_query, written
from tocsin.sense.alerts.silence import Reach, Silence, needed

pages = Pages()
PICK = "pick-"
LENGTHS = {
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "24h": timedelta(hours=24),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
}
_USUAL = "2h"
_MOST_PICKED, _SHOWN, _OVER = 200, 8, 50
_COUNTED_OF = 10_000
_NO_WORDS = N_("A word alone chooses nothing here.")
_NO_WORDS_FIX = N_('Write a label: alertname="DiskFull".')
_NO_LENGTH = N_("How long should it be quiet?")
_NO_LENGTH_FIX = N_("Choose a length, or write when it ends.")
_NO_COMMENT = N_("Why should it be quiet?")
_NO_COMMENT_FIX = N_("Write what those who wonder about the quiet have to know.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SilenceRow:
    """A silence as the list shows it; `hides` is how many alerts that fire it hides now."""

    silence: Silence
    state: str
    matchers: tuple[str, ...]
    hides: int
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A silence as it stands in the form, in the words of its fields."""

    matchers: str = ""
    lasts: str = _USUAL
    starts: str = ""
    ends: str = ""
    comment: str = ""
    id: str = ""
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What the matchers of a draft would hide now."""

    reach: Reach
    alerts: Sequence[Alert]
    href: str
    marks: Mapping[str, object] = field(default_factory=dict[str, object])


@pages.get("/silences", Permission.READ)
def listing(visit: Visit) -> Response:
    over = visit.query.get("state") == "over"
    silences = visit.context.folds.silences
    now = visit.speech.now
    if over:
        found = silences.list("expired")[:_OVER]
    else:
        found = sorted(silences.living(), key=lambda each: (each.state(now) != "active", each.ends_at))
    with visit.context.store.read() as conn:
        hidden = _hidden(visit, conn) if found and not over else Counter[str]()
    return visit.page("silences.html", over=over, rows=[_row(each, hidden[each.id], now) for each in found])


@pages.get("/silences/new", Permission.RESPOND)
def new(visit: Visit) -> Response:
    """The form, filled in with what was chosen: alerts, a filter, or another silence."""
    query = visit.query
    picked = [name.removeprefix(PICK) for name in query if name.startswith(PICK)][:_MOST_PICKED]
    picked += [query["alert"]] if query.get("alert") else []
    draft = Draft()
    problems: dict[str, TocsinError] = {}
    with visit.context.store.read() as conn:
        chosen = list(get_many(conn, picked).values())
    if chosen:
        draft = Draft(matchers=_lines(matchers_of([each.labels for each in chosen])))
    elif query.get("of"):
        known = silences_of(visit).get(query["of"])
        draft = Draft(matchers=_lines(known.matchers), comment=known.comment)
    elif query.get("q"):
        try:
            wanted = parse_query(query["q"])
            draft = Draft(matchers=_lines(tuple(_as_sent(each) for each in wanted.matchers)))
            _only_matchers(wanted)
        except Invalid as error:
            problems["matchers"] = error
    return _form(visit, draft, problems, chosen=len(chosen))


@pages.post("/silences", Permission.RESPOND)
def put(visit: Visit) -> Response:
    """Makes or changes it; or only says what it would hide."""
    form = visit.form
    draft = Draft(
        matchers=form.get("matchers", ""),
        lasts=form.get("lasts", ""),
        starts=form.get("starts", ""),
        ends=form.get("ends", ""),
        comment=form.get("comment", "").strip(),
        id=form.get("id", ""),
        confirmed=form.get("confirmed") == "yes",
    )
    if form.get("do") == "try":
        return _form(visit, draft, {})
    try:
        _put(visit, draft)
    except (Invalid, Conflict) as error:
        return _form(visit, draft, {error.field: error}, status=error.status)
    return visit.go("/silences", notice="silenced")


@pages.get("/silences/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    silence = silences_of(visit).get(visit.parts["id"])
    now = visit.speech.now
    draft = Draft(
        matchers=_lines(silence.matchers),
        lasts="",
        starts=field_of(silence.starts_at, visit.speech.zone) if silence.starts_at > now else "",
        ends=field_of(silence.ends_at, visit.speech.zone),
        comment=silence.comment,
        id=silence.id,
    )
    with visit.context.store.read() as conn:
        preview = _preview(visit, conn, silence.matchers)
    return visit.page(
        "silence.html",
        silence=silence,
        state=silence.state(now),
        draft=draft,
        lengths=_lengths(visit),
        problems={},
        preview=preview,
        chosen=0,
    )


@pages.post("/silences/{id}/end", Permission.RESPOND)
def end(visit: Visit) -> Response:
    silences_of(visit).expire(visit.parts["id"], visit.identity.actor)
    return visit.go("/silences", notice="silence-ended")


def silences_of(visit: Visit):
    return visit.context.folds.silences


def matchers_from(text: str, field_name: str = "matchers") -> tuple[Matcher, ...]:
    """What stands in a field for matchers. Raises Invalid on it."""
    try:
        wanted = parse_query(text)
        _only_matchers(wanted)
    except Invalid as error:
        raise Invalid(error.message, field=field_name, fix=error.fix) from error
    return wanted.matchers


def _put(visit: Visit, draft: Draft) -> Silence:
    now, zone = visit.context.clock.now(), visit.speech.zone
    matchers = matchers_from(draft.matchers)
    starts_at = moment_of(draft.starts, zone, "starts_at") or now
    ends_at = moment_of(draft.ends, zone, "ends_at")
    if ends_at is None:
        length = LENGTHS.get(draft.lasts)
        if length is None:
            raise Invalid(_NO_LENGTH, field="ends_at", fix=_NO_LENGTH_FIX)
        ends_at = starts_at + length
    if not draft.comment:
        raise Invalid(_NO_COMMENT, field="comment", fix=_NO_COMMENT_FIX)
    silences = silences_of(visit)
    if draft.confirmed:
        require(visit.identity, needed(silences.reach(matchers)))
    known = silences.get(draft.id) if draft.id else None
    return silences.put(
        matchers=matchers,
        starts_at=min(starts_at, known.starts_at) if known and not draft.starts else starts_at,
        ends_at=ends_at,
        created_by=known.created_by if known else visit.identity.person or visit.identity.name,
        comment=draft.comment,
        id=draft.id or None,
        confirmed=draft.confirmed,
        by=visit.identity.actor,
    )


def _form(
    visit: Visit,
    draft: Draft,
    problems: Mapping[str, TocsinError],
    *,
    status: int = 200,
    chosen: int = 0,
) -> Response:
    preview: Preview | None = None
    if draft.matchers.strip():
        try:
            matchers = matchers_from(draft.matchers)
            with visit.context.store.read() as conn:
                preview = _preview(visit, conn, matchers)
        except Invalid as error:
            problems = {"matchers": error, **problems}
    return visit.page(
        "silence_new.html",
        status=status,
        draft=draft,
        lengths=_lengths(visit),
        problems=problems,
        preview=preview,
        chosen=chosen,
    )


def _preview(visit: Visit, conn: Connection, matchers: tuple[Matcher, ...]) -> Preview:
    reach = silences_of(visit).reach(matchers)
    alerts = Search(conn, Wanted(), state="firing", within=[Scope(matchers=matchers)]).page(_SHOWN)
    return Preview(
        reach=reach,
        alerts=alerts,
        href=f"/alerts?q={quote(written(matchers))}",
        marks={each.id: mark_of_alert(each.state, each.labels.get("severity", "")) for each in alerts},
    )


def _hidden(visit: Visit, conn: Connection) -> Counter[str]:
    """Silence id → how many alerts it hides now, of the newest ten thousand that fire."""
    choice, now = silences_of(visit).choice(), visit.speech.now
    hidden: Counter[str] = Counter()
    for alert in Search(conn, Wanted(), state="firing").labels(_COUNTED_OF):
        hidden.update(each.id for each in choice.of(alert) if each.state(now) == "active")
    return hidden


def _row(silence: Silence, hides: int, now: datetime) -> SilenceRow:
    return SilenceRow(
        silence=silence,
        state=silence.state(now),
        matchers=tuple(written((each,)) for each in silence.matchers),
        hides=hides,
        href=f"/alerts?q={quote(written(silence.matchers))}",
    )


def _lengths(visit: Visit) -> list[tuple[str, str]]:
    return [(name, visit.speech.span(length.total_seconds())) for name, length in LENGTHS.items()]


def _lines(matchers: tuple[Matcher, ...]) -> str:
    return "\n".join(written((each,)) for each in matchers)


def _as_sent(matcher: Matcher) -> Matcher:
    """A filter calls the alert's name `name`; its label is `alertname`."""
    if matcher.name != "name":
        return matcher
    return Matcher(name="alertname", operator=matcher.operator, value=matcher.value)


def _only_matchers(wanted: Wanted) -> None:
    if wanted.words:
        raise Invalid(_NO_WORDS, field="matchers", fix=_NO_WORDS_FIX)
