"""Who hears how an incident goes on? Each ticket and each forwarded alert that was told of its beginning."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from tocsin.act.notify import Deliveries, Message, Route, of_incident
from tocsin.ground import timeline
from tocsin.respond.oncall import wording
from tocsin.respond.oncall.store import Climb

State = Literal["acknowledged", "resolved"]
_SAID = {"acknowledged": "incident.acknowledged", "resolved": "incident.resolved"}


def tell(
    conn: Connection, deliveries: Deliveries, climb: Climb, state: State, *, language: str, at: datetime
) -> None:
    """Writes one message for each of them, in the transaction that changes the incident."""
    said = timeline.of_incident(conn, climb.incident, kinds=(_SAID[state],))
    message = Message(
        kind="notice",
        subject=wording.headline(climb.severity, climb.title),
        lines=(timeline.sentence(said[-1], language),) if said else (),
        severity=climb.severity,
        incident=climb.incident,
        language=language,
        state=state,
    )
    told = {(each.channel, each.address): each.person for each in of_incident(conn, climb.incident)}
    for (name, address), person in told.items():
        channel = deliveries.channel(name) if name is not None else None
        if channel is None or not channel.follows or not name or not address or not person:
            continue
        deliveries.queue(
            conn,
            kind="notice",
            cause=climb.id,
            incident=climb.incident,
            person=person,
            route=Route(channel=name, address=address),
            message=message,
            at=at,
            page=f"{climb.id}/{state}/{round(at.timestamp())}/{name}",
        )
