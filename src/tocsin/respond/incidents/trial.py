"""What becomes of an alert that only asks whether the way is open? A message to nobody, in the queue of all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from tocsin.act.notify import Delivery, Message, Route
from tocsin.act.notify.nowhere import NOWHERE
from tocsin.respond.incidents.desk import Desk
from tocsin.sense.alerts import AlertEvent
from tocsin.sense.alerts.probe import NAME, cause_of

_PERSON = "tocsin"


def send(desk: Desk, conn: Connection, news: Sequence[AlertEvent]) -> list[Delivery]:
    """The messages of those that began, written as claimed. They open nothing, and their end means nothing."""
    made = [_message(desk, conn, each) for each in news if each.kind == "fired"]
    return [each for each in made if each is not None]


def _message(desk: Desk, conn: Connection, news: AlertEvent) -> Delivery | None:
    return desk.deliveries.queue(
        conn,
        kind="test",
        cause=cause_of(news.alert),
        incident=None,
        person=_PERSON,
        route=Route(channel=NOWHERE, address=NOWHERE),
        message=Message(kind="test", subject=NAME, lines=()),
        at=desk.clock.now(),
        claimed=True,
    )
