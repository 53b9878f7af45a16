"""What did Slack tell, and what is answered? Commands, buttons and messages, whichever way they came.

What comes here is proven already: by its signature, or because it came through a socket that Tocsin opened. It is done
once: an envelope, an event or a signed request that was heard before is not heard again, not by another process either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog

from tocsin.act.notify import of_incident
from tocsin.act.notify.answers import rows, table, text
from tocsin.act.notify.channels.slack import ACKNOWLEDGE, ESCALATE
from tocsin.act.notify.slack_client import SlackFailed
from tocsin.faces.chat import store, votes
from tocsin.faces.chat.command import Ask, commands
from tocsin.faces.chat.context import Context
from tocsin.faces.chat.markup import plain
from tocsin.faces.chat.reply import Reply, broken, told
from tocsin.faces.chat.speaker import Speaker, Speakers
from tocsin.ground.accounts import Permission, allowed
from tocsin.ground.catalogue import closest
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.respond.incidents import Incident

REMEMBERED = timedelta(hours=1)
"""How long what was heard is known again; Slack repeats an event for some minutes, a signature holds for five."""
_THREADS = 8
_LONGEST = 4_000
_WORDS = 600
_UNKNOWN = N_("there is no command “{word}”")
_MEANT = N_("Did you mean /tocsin {word}? All there are: /tocsin help")
_ALL = N_("All there are: /tocsin help")
_HAS = N_("You have {incident}: nobody else is paged.")
_HAVE = N_("{name} has {incident} already.")
_PASSED_ON = N_("The next step of {incident} is being paged.")
_log = structlog.get_logger(__name__)


class Ear:
    """Does the work in threads of its own, so that Slack is answered within its three seconds whatever happens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._speakers = Speakers(context)
        self._pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="chat")

    def stop(self) -> None:
        """Nothing new is begun; what is under way ends."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # Three kinds of news

    def command(self, given: Mapping[str, Any]) -> Future[Reply | None]:
        """`/tocsin …`: the reply, in words for whoever asked; never an error."""
        return self._pool.submit(self._command, given)

    def pressed(self, given: Mapping[str, Any]) -> Future[Reply | None]:
        """Buttons. The reply is for the person who pressed; None where nothing is to be said."""
        return self._pool.submit(self._pressed, given)

    def event(self, given: Mapping[str, Any]) -> Future[None]:
        """Something was said in a channel that the app is in."""
        return self._pool.submit(self._event, given)

    def is_first(self, key: str) -> bool:
        """Whether this is heard for the first time, in any process."""
        now = self._context.clock.now()
        return self._context.store.write(lambda conn: store.first(conn, key, now, forget=now - REMEMBERED))

    def send(self, given: Mapping[str, Any], reply: Reply | None) -> None:
        """Answers afterwards, by the address that came with the news."""
        url, slack = text(given.get("response_url")), self._context.slack
        if reply is None or not url or slack is None:
            return
        try:
            slack.answer(url, {**reply.as_json(), **_BESIDE})
        except SlackFailed as failed:
            _log.warning("an answer did not reach Slack", why=failed.message)

    # Doing

    def _command(self, given: Mapping[str, Any]) -> Reply:
        speaker = self._speakers.of(text(given.get("user_id")))

        def work() -> Reply:
            words = text(given.get("text"))[:_LONGEST].split()[:_WORDS]
            name = words.pop(0).casefold() if words else "help"
            command = commands().get(name)
            ask = self._ask(speaker, text(given.get("channel_id")), words)
            if command is None:
                near = closest(name, commands())
                fix = ask.say(_MEANT, word=near) if near else ask.say(_ALL)
                raise Invalid(ask.say(_UNKNOWN, word=plain(name)), field="command", fix=fix)
            if command.permission != Permission.PUBLIC:
                speaker.require(command.permission)
            return command.run(ask)

        return self._answered(speaker, work)

    def _pressed(self, given: Mapping[str, Any]) -> Reply | None:
        speaker = self._speakers.of(text(table(given.get("user")).get("id")))
        channel = text(table(given.get("channel")).get("id"))
        reply: Reply | None = None
        for action in rows(given.get("actions")):
            name, value = text(action.get("action_id")), text(action.get("value"))
            do = {
                ACKNOWLEDGE: self._acknowledge,
                ESCALATE: self._escalate,
                votes.APPROVE: self._approve,
                votes.DENY: self._deny,
            }.get(name)
            if do is not None:
                ask = self._ask(speaker, channel, [])
                reply = self._answered(speaker, lambda do=do, ask=ask, value=value: do(ask, value))
        return reply

    def _event(self, given: Mapping[str, Any]) -> None:
        event = table(given.get("event"))
        # Only what a person wrote: what an app says, and changes of what was said, are not heard.
        if text(event.get("type")) != "message" or event.get("bot_id") or event.get("app_id"):
            return
        if text(event.get("subtype")) not in ("", "thread_broadcast", "file_share"):
            return
        channel, user = text(event.get("channel")), text(event.get("user"))
        said = plain(text(event.get("text")), self._speakers.name)
        if not (channel and user and said.strip()):
            return
        rooms = self._context.rooms
        if rooms.incident_of(channel) is not None:
            rooms.heard(channel, self._speakers.name(user), said, text(event.get("ts")))

    def _acknowledge(self, ask: Ask, number: str) -> Reply:
        incident = self._theirs(ask, number)
        done = self._context.incidents.acknowledge(incident.id, f"person:{ask.speaker.person}")
        if done.acknowledged_by == ask.speaker.person:
            return Reply(text=ask.say(_HAS, incident=incident.id))
        return Reply(text=ask.say(_HAVE, name=ask.name(done.acknowledged_by), incident=incident.id))

    def _escalate(self, ask: Ask, number: str) -> Reply:
        incident = self._theirs(ask, number)
        self._context.incidents.escalate(incident.id, f"person:{ask.speaker.person}")
        return Reply(text=ask.say(_PASSED_ON, incident=incident.id))

    def _theirs(self, ask: Ask, number: str) -> Incident:
        """The incident, for somebody who may respond, or who was paged for it: as by the link in the message."""
        with self._context.store.read() as conn:
            incident = self._context.incidents.get(conn, number)
            paged = any(each.person == ask.speaker.person for each in of_incident(conn, incident.id))
        if not (ask.speaker.person and (paged or allowed(ask.speaker.identity, Permission.RESPOND))):
            ask.speaker.require(Permission.RESPOND)
        return incident

    def _approve(self, ask: Ask, request: str) -> Reply:
        return self._vote(ask, request, yes=True)

    def _deny(self, ask: Ask, request: str) -> Reply:
        return self._vote(ask, request, yes=False)

    def _vote(self, ask: Ask, request: str, *, yes: bool) -> Reply:
        ask.speaker.require(Permission.READ)
        with self._context.store.read() as conn:
            approval = self._context.runs.approval(conn, request)
        return votes.vote(ask, approval, yes=yes, reason="")

    def _ask(self, speaker: Speaker, channel: str, words: list[str]) -> Ask:
        return Ask(
            context=self._context, speakers=self._speakers, speaker=speaker, channel=channel, words=words
        )

    def _answered(self, speaker: Speaker, work: Callable[[], Reply]) -> Reply:
        """What the work says, or in plain words why it could not be done."""
        try:
            return work()
        except TocsinError as error:
            return told(error, speaker.language)
        except Exception:
            _log.exception("something asked in chat failed", user=speaker.user)
            return broken(speaker.language)


_BESIDE = {"replace_original": False}
