"""Is the whole way open? `tocsin watch` asks so from another machine.

It posts `{"nonce": "…"}` to `/in/KEY/watch`, which becomes an alert that takes the way of every alert: intake, ledger,
judgement, the queue of pages, a sender. It is known by its source, so it opens no incident, its page goes to a receiver
that throws it away, and it ends by itself. `GET /in/KEY/watch` says how far the last one has come:

    {"nonce": "…", "received": true, "judged": true, "sent": true}

`{"over": true}` ends it. Make a key of this kind for each machine that watches; it can do nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from sqlalchemy import Connection, select

from tocsin.act.notify.store import REACHED, delivery
from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Outcome, Sender, Signal, get, id_of_key
from tocsin.sense.alerts.probe import NAME, NONCE, cause_of
from tocsin.sense.alerts.store import alert_event
from tocsin.sense.intake.house import House
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source, accepted
from tocsin.sense.intake.strict_json import read_json
from tocsin.sense.intake.text import clean

_NONCE_MOST = 64


class Watch(Source):
    title = "tocsin watch, from another machine"
    paths = ("/watch",)
    serves: ClassVar = {"/watch": ("GET",)}
    examples = (
        Example(title="the start of a round", body=b'{"nonce": "round-1"}', alerts=1, path="/watch"),
        Example(title="its end", body=b'{"over": true}', alerts=1, path="/watch"),
    )

    def usage(self, base: str, secret: str) -> Sequence[str]:
        return ("On another machine, for ever:", f"  tocsin watch --url {base} --key {secret}")

    def read(self, message: Message, key: Key) -> Reading:
        told, _ = read_json(message.payload)
        match told:
            case {"nonce": str(nonce)} if nonce:
                nonce = clean(nonce)[:_NONCE_MOST]
            case {"over": True}:
                nonce = ""
            case _:
                raise Invalid("neither a nonce nor an end", field="nonce", fix='Send {"nonce": "…"}.')
        over = Signal(labels=_labels(key), resolved=True, dedup_key=key.id)
        if not nonce:
            return Reading(signals=[over])
        # An alert that nobody ended is ended first: each round is one of its own.
        begins = Signal(labels=_labels(key), annotations={NONCE: nonce}, fades=True, dedup_key=key.id)
        return Reading(signals=[over, begins])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        alert_id = id_of_key(key.id, Sender(key=key.id, source=key.kind))
        with house.store.read() as conn:
            told = _progress(conn, alert_id)
        return Answer(status=200, body=msgspec.json.encode(told), headers=JSON)


def _labels(key: Key) -> dict[str, str]:
    return {"alertname": NAME, "key": key.name}


def _progress(conn: Connection, alert_id: str) -> dict[str, object]:
    """How far the last round has come."""
    known = get(conn, alert_id)
    if known is None:
        return {"nonce": "", "received": False, "judged": False, "sent": False}
    mine = (alert_event.c.alert == alert_id, alert_event.c.episode == known.episode)
    state = conn.scalar(select(alert_event.c.state).where(*mine, alert_event.c.kind == "fired"))
    sent = conn.scalar(
        select(delivery.c.id).where(delivery.c.cause == cause_of(known), delivery.c.state.in_(REACHED))
    )
    return {
        "nonce": known.annotations.get(NONCE, ""),
        "received": True,
        "judged": state == "done",
        "sent": sent is not None,
    }
