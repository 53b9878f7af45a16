"""Who else is needed? Somebody who works on an incident pages a person, a team or a schedule, with a word why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Delivery, Message
from tocsin.ground import timeline
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store
from tocsin.respond.oncall.oncall import Oncall
from tocsin.respond.oncall.section import Rota
from tocsin.respond.oncall.wording import headline

SUMMONED = timeline.declare(
    "person.summoned", N_("{actor} paged {person}: {text}"), N_("{actor} paged {person}")
)
_ASKS = N_("{name} asks for you: {text}")
_ASKS_ONLY = N_("{name} asks for you.")
_SERVICE = N_("Service: {service} · {incident}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """The incident that somebody is needed for."""

    incident: str
    title: str
    severity: str
    service: str


class Summons:
    """Pages beside the escalation: it goes on as it would."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Rota],
        *,
        oncall: Oncall,
        deliveries: Deliveries,
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._oncall = oncall
        self._deliveries = deliveries

    def page(self, cause: Cause, targets: Sequence[str], text: str, actor: str) -> list[str]:
        """Pages whom the targets (`person:mei`, `team:backend`, `schedule:backend`) mean now; returns their names.

        Raises Invalid when that is nobody, or nobody whom a channel reaches.
        """
        people = self._oncall.people(targets)
        if not people:
            raise Invalid(
                f"{', '.join(targets)} is nobody at the moment",
                field="person",
                fix="Name a person, a team or a schedule; `tocsin oncall now` says who is on call.",
            )

        def job(conn: Connection) -> list[Delivery]:
            now, reason = self._clock.now(), new_id("sum")
            written: list[Delivery] = []
            for name in people:
                person = self._current().people[name]
                ways = self._deliveries.routes(person)
                if not ways:
                    continue
                queued = self._deliveries.queue(
                    conn,
                    kind="page",
                    cause=reason,
                    incident=cause.incident,
                    person=name,
                    route=ways[0],
                    message=self._message(cause, name, person.language, text, actor),
                    at=now,
                    claimed=True,
                )
                if queued is not None:
                    written.append(queued)
                    timeline.append(
                        conn, cause.incident, SUMMONED.name, actor, now, person=person.name, text=text
                    )
            return written

        written = self._store.write(job)
        if not written:
            raise Invalid(
                f"no channel reaches {', '.join(people)}",
                field="person",
                fix="Give them an address of a kind that stands under channels:.",
            )
        self._deliveries.hand(written)
        return [each.person for each in written if each.person]

    def _message(self, cause: Cause, person: str, language: str | None, text: str, actor: str) -> Message:
        current = self._current()
        tongue = language or current.language
        slug = actor.partition(":")[2] or actor
        name = current.people[slug].name if slug in current.people else slug
        asks = translate(tongue, _ASKS if text else _ASKS_ONLY, name=name, text=text)
        service = current.service(cause.service).title or cause.service
        return Message(
            kind="page",
            subject=headline(cause.severity, cause.title),
            lines=(asks, translate(tongue, _SERVICE, service=service, incident=cause.incident)),
            severity=cause.severity,
            incident=cause.incident,
            person=person,
            language=tongue,
        )
