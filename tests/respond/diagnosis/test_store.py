"""Diagnoses are kept on both databases: one about a thing at a time, those of no incident for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Store
from tocsin.respond.diagnosis import store as rows


def row(id_: str, at: datetime, **values: Any) -> dict[str, Any]:
    usual = {"incident": None, "service": "shop", "state": "running", "asked_by": "person:mei", "since": at}
    return {"id": id_, "under_way": "service:shop", "asked_at": at, **usual, **values}


def test_one_about_a_thing_is_under_way_at_a_time(store: Store, clock: FrozenClock):
    now = clock.now()

    def first(conn: Any) -> None:
        assert rows.add(conn, row("dia_1", now))
        assert not rows.add(conn, row("dia_2", now))
        assert rows.add(conn, row("dia_3", now, incident="INC-2026-0001", under_way="INC-2026-0001"))
        assert rows.end(conn, "dia_1", "done", now, {"advice": ["begin here"]})
        assert not rows.end(conn, "dia_1", "failed", now, {})
        assert rows.add(conn, row("dia_4", now + timedelta(days=1)))
        part = {
            "diagnosis": "dia_1",
            "key": "a",
            "place": 1,
            "kind": "scope",
            "title": "A",
            "source": "",
            "hint": "",
        }
        for text in ("shown", "shown again"):
            rows.put_part(conn, {**part, "state": "waiting", "said": "", "text": text, "facts": {"n": 1}})

    store.write(first)
    with store.read() as conn:
        known = rows.under_way(conn, "service:shop")
        assert known is not None
        assert known.id == "dia_4"
        assert rows.get(conn, "dia_1").findings == {"advice": ["begin here"]}
        (part,) = rows.parts(conn, "dia_1")
        assert (part.text, part.facts, part.ok) == ("shown", {"n": 1}, None)
        assert rows.parts(conn, "dia_1", texts=False)[0].text == ""
        assert [each.id for each in rows.listed(conn, limit=1)] == ["dia_4"]
        assert [each.id for each in rows.listed(conn, after="dia_4")] == ["dia_3", "dia_1"]
        assert [each.id for each in rows.listed(conn, incident="INC-2026-0001")] == ["dia_3"]

    store.write(lambda conn: rows.forget(conn, now + timedelta(hours=1)))
    with store.read() as conn:
        assert [each.id for each in rows.listed(conn)] == ["dia_4", "dia_3"]
        assert rows.parts(conn, "dia_1") == []
        with pytest.raises(NotFound):
            rows.get(conn, "dia_1")
        with pytest.raises(NotFound):
            rows.get_part(conn, "dia_3", "a")
