"""Which four digits name a page? So that “1234” is an answer, by text or on the keys of a telephone."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import store

_HOLDS = timedelta(days=7)
_TRIES = 50


def draw(conn: Connection, page: str, person: str, at: datetime, chance: random.Random) -> str:
    """The code of a page: the same by every channel, and that of no other page to the person within a week.

    It proves nothing: who replies is known by the address that they reply from.
    """
    known = store.code_of(conn, page)
    if known is not None:
        return known
    code = ""
    for _ in range(_TRIES):
        code = f"{chance.randrange(10_000):04d}"
        if not store.has_code(conn, person, code, at - _HOLDS):
            break
    return code
