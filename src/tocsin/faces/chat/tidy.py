"""What do the messages say by now? Pages lose their buttons once somebody has the incident; requests for approval are
asked where the incident is spoken of, and say how they were decided.

A follower of the timeline sets a timer in the same transaction, so a change is not lost; the calls of Slack are made
in a thread of its own, since timers must not wait for anybody. What Slack cannot take at the moment is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import Delivery, Message, of_incident
from tocsin.act.notify.channels.slack import SlackSettings, blocks, escape
from tocsin.act.notify.message import one_line
from tocsin.act.notify.slack_client import Posted, Slack, SlackFailed
from tocsin.faces.chat import asked, store
from tocsin.faces.chat.context import Context
from tocsin.ground.engine import Timer, Timers
from tocsin.ground.i18n import N_, translate
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import Incident
from tocsin.respond.runbooks.requests import Request

_KIND = "chat.tidy"
_CHANGES = (
    "incident.acknowledged",
    "incident.unacknowledged",
    "acknowledgement.expired",
    "incident.mitigated",
    "incident.resolved",
    "incident.reopened",
    "incident.closed",
    "run.approval.asked",
    "run.approval.vote",
    "run.approval.given",
    "run.approval.denied",
    "run.approval.expired",
    "run.taken",
    "run.turned",
    "run.step.retried",
    "run.finished",
)
_MOST_MESSAGES = 50
_TRIES = 5
_AGAIN = timedelta(seconds=15)
_ACKNOWLEDGED = N_("Acknowledged by {name}")
_MITIGATED = N_("The service is back and being watched")
_OVER = N_("Over")
_SO_FAR = N_("Approved by {given} of {quorum} people so far")
_NOT_NEEDED = N_("Nobody has to decide it any more")
_DECIDED = {
    "given": N_("Approved by {name}"),
    "used": N_("Approved by {name}"),
    "denied": N_("Refused by {name}"),
    "expired": N_("Nobody decided in time"),
}
_log = structlog.get_logger(__name__)


class Tidy:
    """`follow` and `start` in a process that works; elsewhere it does nothing."""

    def __init__(self, context: Context, timers: Timers) -> None:
        self._context = context
        self._timers = timers
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chat-tidy")
        timers.on(_KIND, self._due)

    def follow(self, followers: Followers) -> None:
        followers.follow("chat", _CHANGES, self._react)

    def stop(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _react(self, conn: Connection, event: Event) -> None:
        if self._context.slack is not None or self._channels():
            self._timers.set(conn, _KIND, event.incident, self._context.clock.now(), {"try": 1})

    def _due(self, due: Timer) -> None:
        self._pool.submit(self._tidy, due.subject, int(due.data.get("try", 1)))

    def _tidy(self, incident: str, attempt: int) -> None:
        """Brings every message about the incident up to date; once more later, where Slack was not able to."""
        try:
            self.now(incident)
        except SlackFailed as failed:
            _log.warning(
                "messages in Slack were not brought up to date", incident=incident, why=failed.message
            )
            if not failed.permanent and attempt < _TRIES:
                again = self._context.clock.now() + max(_AGAIN, timedelta(seconds=failed.retry_after or 0))
                self._context.store.write(
                    lambda conn: self._timers.set(conn, _KIND, incident, again, {"try": attempt + 1})
                )
        except Exception:
            _log.exception("messages in Slack were not brought up to date", incident=incident)

    def now(self, number: str) -> None:
        """Raises SlackFailed when some of it has to wait; what Slack refuses for good is left as it is."""
        context = self._context
        with context.store.read() as conn:
            incident = context.incidents.get(conn, number)
            sent = of_incident(conn, number)
            runs = {run.id for run in context.runs.of_incident(conn, number)}
            requests = [each for run in runs for each in context.runs.asked_by(conn, run)]
            ids = [*(each.id for each in sent), *(each.approval.id for each in requests)]
            known = store.of(conn, ids)
        later = [*self._pages(incident, sent, known), *self._requests(incident, sent, requests, known)]
        if later:
            raise later[0]

    # Pages

    def _pages(
        self, incident: Incident, sent: Sequence[Delivery], known: Mapping[str, Sequence[store.Shown]]
    ) -> Iterable[SlackFailed]:
        channels = self._channels()
        for page in reversed(sent[-_MOST_MESSAGES:]):
            settings = channels.get(page.channel or "")
            place = Posted.from_receipt(page.receipt or "")
            if settings is None or place is None or page.message is None or page.kind != "page":
                continue
            language = page.message.language
            said = self._became(incident, language)
            if said == (known[page.id][0].said if page.id in known else ""):
                continue
            message = replace(page.message, page_link=self._context.links.incident(incident.id))
            shown = blocks(message, buttons=settings.buttons, said=said)
            slack = Slack(self._context.outbound, settings.token, settings.api_url)
            yield from self._change(slack, page.id, place, shown, _plain(message, said), said)

    def _became(self, incident: Incident, language: str) -> str:
        """What became of the incident; empty while it waits for somebody."""
        match incident.state:
            case "triggered":
                return ""
            case "acknowledged":
                return translate(language, _ACKNOWLEDGED, name=self._name(incident.acknowledged_by))
            case "mitigated":
                return translate(language, _MITIGATED)
            case _:
                return translate(language, _OVER)

    # Requests for approval

    def _requests(
        self,
        incident: Incident,
        sent: Sequence[Delivery],
        requests: Sequence[Request],
        known: Mapping[str, Sequence[store.Shown]],
    ) -> Iterable[SlackFailed]:
        slack, language = self._context.slack, self._context.catalogue().language
        if slack is None:
            return
        for request in requests:
            approval = request.approval
            messages = known.get(approval.id, ())
            if approval.state == "asked" and not messages:
                self._ask(slack, request, self._places(incident, sent), language)
                continue
            said = self._decision(request, language)
            for each in messages:
                place = Posted.from_receipt(each.place)
                if place is not None and each.said != said:
                    shown = asked.shown(self._context, request, language, said, self._name)
                    text = escape(said or approval.title)
                    yield from self._change(slack, approval.id, place, shown, text, said)

    def _ask(self, slack: Slack, request: Request, places: Iterable[tuple[str, str]], language: str) -> None:
        store_, now, approval = self._context.store, self._context.clock.now(), request.approval
        shown = asked.shown(self._context, request, language, "", self._name)
        text = escape(asked.title_of(request, language))
        for channel, thread in places:
            # Written before it is posted: a crash in between leaves it out here, and does not ask twice.
            if not store_.write(lambda conn, to=channel: store.claim(conn, approval.id, to, now)):
                continue
            try:
                posted = slack.post(channel, shown, text, thread, key=approval.id)
            except SlackFailed as failed:
                _log.warning("a request for approval was not asked in Slack", why=failed.message)
                continue
            store_.write(lambda conn, to=channel, at=posted: store.posted(conn, approval.id, to, at.receipt))

    def _places(self, incident: Incident, sent: Sequence[Delivery]) -> list[tuple[str, str]]:
        """Where the incident is spoken of, as (channel, thread): its war room, else the rooms that were paged."""
        room = self._context.rooms.channel_of(incident.id)
        if room is not None:
            return [(room, "")]
        shared = {name: each.room for name, each in self._channels().items() if each.room}
        found: dict[str, str] = {}
        for each in sent:
            place = Posted.from_receipt(each.receipt or "") if each.channel in shared else None
            if place is not None:
                found.setdefault(place.channel, place.ts)
        return list(found.items())

    def _decision(self, request: Request, language: str) -> str:
        """How it stands: what became of it, or how many have said yes; empty where nobody has said anything."""
        approval = request.approval
        if approval.state == "asked":
            counted = {"given": request.given, "quorum": approval.quorum}
            return translate(language, _SO_FAR, **counted) if request.given else ""
        if approval.state == "expired" and approval.by is None:
            return translate(language, _NOT_NEEDED)
        return translate(language, _DECIDED[approval.state], name=self._name(_who(approval.by)))

    # Both

    def _change(
        self, slack: Slack, about: str, place: Posted, shown: list[dict[str, Any]], text: str, said: str
    ) -> Iterable[SlackFailed]:
        try:
            slack.update(place.channel, place.ts, shown, text)
        except SlackFailed as failed:
            if not failed.permanent:
                yield failed
                return
            _log.warning("a message in Slack cannot be changed", why=failed.message)
        now = self._context.clock.now()
        self._context.store.write(lambda conn: store.tells(conn, about, place.receipt, said, now))

    def _channels(self) -> dict[str, SlackSettings]:
        """The channels of this kind, by name."""
        every = self._context.ways().channels
        return {name: each for name, each in every.items() if isinstance(each, SlackSettings)}

    def _name(self, person: str | None) -> str:
        people = self._context.catalogue().people
        return people[person].name if person in people else person or ""


def _who(actor: str | None) -> str:
    return (actor or "").partition(":")[2]


def _plain(message: Message, said: str) -> str:
    return escape(" · ".join(filter(None, (one_line(message.subject), one_line(said)))))
