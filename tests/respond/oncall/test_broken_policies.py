"""Whatever is wrong with a policy, somebody is paged who can be, or the timeline says that nobody can."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from tests.respond.oncall.conftest import TEAM, Desk

from tocsin.act.notify import Delivery
from tocsin.act.notify.store import delivery
from tocsin.ground.store import Store
from tocsin.respond.oncall import rules_store
from tocsin.respond.oncall.rules_store import contact_rules

NAMES = ("mei", "jun", "ana", "bot", "gone")
CHANNELS: dict[str, Any] = TEAM["channels"] | {
    "ops": {"kind": "slack", "token": "env:SLACK_BOT_TOKEN", "room": "C024BE91L"}
}
TARGETS = (
    "schedule:broken",
    "schedule:gone",
    "person:mei",
    "person:bot",
    "person:gone",
    "team:backend",
    "team:empty",
    "lead:backend",
    "lead:empty",
    "service:team",
    "service:lead",
    "role:commander",
    "title:architect",
    "channel:ops",
    "channel:mail",
    "channel:gone",
    "everybody",
)
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)
wanted = st.lists(st.sampled_from(["mail", "hook", "ops", "gone"]), max_size=2)
people = st.dictionaries(
    st.sampled_from(NAMES[:4]),
    st.fixed_dictionaries(
        {"name": st.just("Somebody"), "channels": wanted},
        optional={
            "email": st.just("somebody@example.com"),
            "webhook": st.just("http://127.0.0.1:1/hook"),
            "title": st.just("Architect"),
            "time_zone": st.sampled_from(["Asia/Taipei", "Europe/Berlin", "Pacific/Apia"]),
        },
    ),
    max_size=4,
)
layers = st.lists(
    st.fixed_dictionaries(
        {"people": names, "start": st.sampled_from(["2020-01-06T09:00", "2099-01-05T09:00"])},
        optional={
            "until": st.just("2021-01-01T00:00"),
            "hours": st.sampled_from([["mon-fri 09:00-18:00"], ["02:00-03:00"]]),
            "rotation": st.sampled_from(["daily", "1h"]),
        },
    ),
    min_size=1,
    max_size=2,
)


@st.composite
def ladders(draw: st.DrawFn) -> list[dict[str, Any]]:
    afters = [0, *sorted(draw(st.lists(st.integers(1, 900), max_size=3, unique=True)))]
    pages = st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3)
    return [{"page": draw(pages), "after": after} for after in afters]


quiet = st.fixed_dictionaries(
    {
        "hours": st.sampled_from(["18:00-20:00", "00:00-24:00", "22:00-07:00"]),
        "severities": st.lists(st.sampled_from(["P0", "P1"]), max_size=1),
        "then": st.sampled_from(["wait", "digest"]),
    }
)
rules = st.lists(
    st.fixed_dictionaries(
        {
            "channel": st.sampled_from(["mail", "hook", "ops", "gone"]),
            "after_s": st.sampled_from([0, 60, 3_600]),
            "severities": st.lists(st.sampled_from(["P0", "P1"]), max_size=1),
            "quiet": st.lists(quiet, max_size=2),
        }
    ),
    max_size=3,
)
configurations = st.fixed_dictionaries(
    {
        "people": people,
        "channels": st.sets(st.sampled_from(sorted(CHANNELS))).map(
            lambda found: {name: CHANNELS[name] for name in sorted(found)}
        ),
        "schedules": st.fixed_dictionaries({"broken": st.fixed_dictionaries({"layers": layers})}),
        "teams": st.fixed_dictionaries(
            {
                "backend": st.fixed_dictionaries(
                    {"members": names}, optional={"lead": st.sampled_from(NAMES)}
                ),
                "empty": st.just({}),
            }
        ),
        "escalations": st.fixed_dictionaries(
            {
                "backend": st.fixed_dictionaries(
                    {"steps": ladders(), "repeat": st.integers(0, 1)},
                    optional={
                        "routes": st.fixed_dictionaries(
                            {"steps": ladders(), "severities": st.sampled_from([["P0"], ["P1"]])}
                        ).map(lambda route: [route])
                    },
                )
            }
        ),
        "services": st.fixed_dictionaries(
            {
                "shop": st.fixed_dictionaries(
                    {}, optional={"team": st.sampled_from(["backend", "empty", "gone"])}
                )
            }
        ),
    }
)


@pytest.fixture
def examples(store: Store) -> int:
    """Of one part: together the five parts try a thousand policies."""
    return 160 if store.is_sqlite else 40


class Trial:
    """One incident under one configuration, with receivers that refuse as often as the draw wants."""

    def __init__(self, desk: Desk, data: st.DataObject) -> None:
        self.desk, self._data = desk, data
        self.incident = f"INC-{data.draw(st.uuids())}"
        # Of one number: how many pages there are to refuse hangs on more than the draw.
        self._chance = random.Random(data.draw(st.integers(0, 2**32)))

    def open(self) -> None:
        draw = self._data.draw
        written = draw(st.dictionaries(st.sampled_from(NAMES), rules, max_size=3))

        def keep(conn: Any) -> None:
            conn.execute(delete(contact_rules))
            for person, found in written.items():
                rules_store.put(conn, person, found, "person:mei", self.desk.clock.now())

        self.desk.store.write(keep)
        self.desk.open(
            self.incident,
            policy=draw(st.sampled_from(["backend", "gone", None])),
            channels=draw(wanted),
            severity=draw(st.sampled_from(["P0", "P1"])),
            urgency=draw(st.sampled_from(["critical", "medium"])),
            mentions=draw(
                st.lists(st.sampled_from(["everyone", "role:commander", "person:gone"]), max_size=2)
            ),
            climbs=draw(st.booleans()),
            service=draw(st.sampled_from(["shop", "gone"])),
        )

    def answer(self) -> None:
        """Every page that is claimed is taken or refused, until none is."""
        while claimed := [row for row in self.rows() if row.state == "claimed"]:
            refused = [row for row in claimed if self._chance.random() < 0.5]

            def job(conn: Any, claimed: list[Delivery] = claimed, refused: list[Delivery] = refused) -> None:
                now = self.desk.clock.now()
                conn.execute(
                    update(delivery)
                    .where(delivery.c.id.in_([row.id for row in claimed]))
                    .values(state="sent", sent_at=now, switch_at=None)
                )
                for row in refused:
                    self.desk.deliveries.outcomes.lost(conn, row, "no", now)

            self.desk.store.write(job)

    def pass_time(self) -> None:
        """From one moment at which something is due to the next, until nothing is."""
        self.answer()
        while waiting := [row.due_at for row in self.desk.rows(self.incident) if row.state == "waiting"]:
            self.desk.clock.tick(max(0.0, (min(waiting) - self.desk.clock.now()).total_seconds()))
            self.desk.deliveries.sweep()
            self.answer()

    def rows(self) -> list[Delivery]:
        return [row for row in self.desk.rows(self.incident) if row.person]

    def is_loud(self) -> bool:
        """Whether somebody has a page, or has one to come."""
        return any(
            row.kind == "page" and row.state in ("sent", "delivered", "waiting") for row in self.rows()
        )

    def reachable(self) -> set[str]:
        """Who has any address at all."""
        known = self.desk.configuration.people
        return {name for name, person in known.items() if self.desk.deliveries.routes(person)}


@pytest.mark.parametrize("part", range(5))
def test_no_incident_is_silent(make_desk: Callable[..., Desk], examples: int, part: int):
    @seed(part)
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(configured=configurations, deleted=st.booleans(), data=st.data())
    def try_it(configured: dict[str, Any], deleted: bool, data: st.DataObject) -> None:
        trial = Trial(make_desk(**configured), data)
        trial.open()
        # The first step is due at once: a page exists in the very transaction, or the story says that none can.
        assert trial.is_loud() or any(row.state == "claimed" for row in trial.rows()) or not trial.reachable()
        if deleted:
            left = dict(list(configured["people"].items())[1:])
            changed = TEAM | configured | {"people": left}
            trial.desk.configuration = trial.desk.configuration.model_validate(changed)
        trial.pass_time()
        if trial.is_loud():
            return
        told = trial.desk.told(trial.incident)
        assert "Nobody can be paged: no channel reaches anybody" in told
        tried = {row.person for row in trial.rows()} | {
            name
            for row in trial.rows()
            if (row.person or "").startswith("channel:")
            for name in trial.reachable()
        }
        assert trial.reachable() <= tried, "somebody could have been paged and was not"

    try_it()
