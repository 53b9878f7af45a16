"""Quiet that somebody asked for: what it hides, how it is changed, and that much quiet has to be confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.store import Store
from tocsin.sense.alerts import AlertsSection, Ledger, Sender, Signal
from tocsin.sense.alerts.matchers import Matcher, parse_matcher
from tocsin.sense.alerts.silence import Silence, Silences

SENDER = Sender(key="key_1", source="alertmanager")


@pytest.fixture
def silences(store: Store, clock: FrozenClock) -> Silences:
    return Silences(store, clock, Bell())


@pytest.fixture
def ledger(store: Store, clock: FrozenClock) -> Iterator[Ledger]:
    running = Ledger(
        store, clock, AlertsSection, Bell(), lambda labels: labels.get("service") or "unassigned"
    )
    running.start()
    yield running
    running.stop()


def asked(silences: Silences, clock: FrozenClock, *matchers: str, **more: object) -> Silence:
    now = clock.now()
    given: dict[str, object] = {
        "starts_at": now,
        "ends_at": now + timedelta(hours=1),
        "created_by": "person:mei",
        "comment": "the disk is being changed",
        **more,
    }
    return silences.put(matchers=[parse_matcher(each) for each in matchers], **given)  # pyright: ignore[reportArgumentType] - as the test says


@pytest.mark.parametrize(
    ("matchers", "hidden"),
    [
        (['alertname="DiskFull"'], True),
        (['alertname="DiskFull"', 'host="db1"'], True),
        (['alertname="DiskFull"', 'host="db2"'], False),
        (['alertname="DiskFull"', 'host!="db2"'], True),
        (['alertname="DiskFull"', 'host=~"db[12]"'], True),
        (['alertname="DiskFull"', 'host=~"db"'], False),
        (['alertname="DiskFull"', 'host!~"db.*"'], False),
        (['alertname="DiskFull"', 'rack=""'], True),
        (['alertname="DiskFull"', 'rack!=""'], False),
    ],
)
def test_a_silence_hides_what_all_its_matchers_hold_for(
    silences: Silences, clock: FrozenClock, matchers: list[str], hidden: bool
):
    made = asked(silences, clock, *matchers)
    labels = {"alertname": "DiskFull", "host": "db1"}
    assert made.hides(labels) is hidden
    assert [each.id for each in silences.hiding(labels)] == ([made.id] if hidden else [])


def test_a_silence_is_pending_then_active_then_expired(silences: Silences, clock: FrozenClock):
    now = clock.now()
    made = asked(
        silences,
        clock,
        'alertname="DiskFull"',
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    seen = [silences.get(made.id).state(clock.now())]
    labels = {"alertname": "DiskFull"}
    hidden = [bool(silences.hiding(labels))]
    for _ in range(2):
        clock.tick(3600)
        seen.append(silences.get(made.id).state(clock.now()))
        hidden.append(bool(silences.hiding(labels)))
    assert seen == ["pending", "active", "expired"]
    assert hidden == [False, True, False]


def test_a_change_keeps_the_id_while_the_matchers_stay(silences: Silences, clock: FrozenClock):
    made = asked(silences, clock, 'alertname="DiskFull"', 'host="db1"')
    clock.tick(60)
    longer = asked(
        silences,
        clock,
        'host="db1"',
        'alertname="DiskFull"',
        id=made.id,
        ends_at=clock.now() + timedelta(hours=3),
        created_by="person:jun",
    )
    assert longer.id == made.id
    assert longer.starts_at == made.starts_at
    assert [(each.by, each.what) for each in longer.acts] == [
        ("person:mei", "created"),
        ("person:jun", "changed"),
    ]


def test_other_matchers_end_the_silence_and_begin_a_new_one(silences: Silences, clock: FrozenClock):
    made = asked(silences, clock, 'alertname="DiskFull"')
    clock.tick(60)
    other = asked(silences, clock, 'alertname="DiskSlow"', id=made.id)
    assert other.id != made.id
    assert silences.get(made.id).state(clock.now()) == "expired"
    assert not silences.hiding({"alertname": "DiskFull"})
    assert silences.hiding({"alertname": "DiskSlow"})


def test_what_is_over_is_begun_anew_and_not_changed(silences: Silences, clock: FrozenClock):
    made = asked(silences, clock, 'alertname="DiskFull"')
    silences.expire(made.id, "person:jun")
    again = asked(silences, clock, 'alertname="DiskFull"', id=made.id)
    assert again.id != made.id
    assert [each.id for each in silences.list("active")] == [again.id]
    assert [each.id for each in silences.list("expired")] == [made.id]


def test_an_unknown_id_is_not_found_and_an_end_is_not_ended_twice(silences: Silences, clock: FrozenClock):
    with pytest.raises(NotFound):
        asked(silences, clock, 'alertname="DiskFull"', id="0b5f1d8e-0000-4000-8000-000000000000")
    made = asked(silences, clock, 'alertname="DiskFull"')
    silences.expire(made.id, "person:mei")
    with pytest.raises(Conflict):
        silences.expire(made.id, "person:mei")


@pytest.mark.parametrize(
    ("matchers", "times", "field"),
    [
        ([], (0, 60), "matchers"),
        ([Matcher(name="host", operator="=~", value="(")], (0, 60), None),
        ([Matcher(name="host", operator="~", value="db")], (0, 60), "matchers"),
        ([Matcher(name="", operator="=", value="db")], (0, 60), "matchers"),
        ([Matcher(name="host", operator="=", value="d\0b")], (0, 60), "matchers"),
        ([Matcher(name="host", operator="=", value="db1")], (0, -60), "ends_at"),
        ([Matcher(name="host", operator="=", value="db1")], (-120, -60), "ends_at"),
        ([Matcher(name="host", operator="=", value="db1")], (0, 86_400 * 4_000), "ends_at"),
    ],
)
def test_what_makes_no_sense_is_refused(
    silences: Silences,
    clock: FrozenClock,
    matchers: list[Matcher],
    times: tuple[int, int],
    field: str | None,
):
    starts_at, ends_at = (clock.now() + timedelta(seconds=each) for each in times)
    with pytest.raises(Invalid) as refused:
        silences.put(matchers=matchers, starts_at=starts_at, ends_at=ends_at, created_by="mei", comment="")
    assert field is None or refused.value.field == field
    assert silences.list() == []


@pytest.mark.parametrize(
    "matchers",
    [
        ['host=~".*"'],
        ['host=~".+"'],
        ['alertname=~"[^X].*"', 'host=~".+"'],
        ['host!="db9"'],
        ['severity="critical"'],
        ['severity="warning"', 'env=~"pro.*"'],
    ],
)
def test_a_silence_that_chooses_nothing_is_broad_even_when_nothing_fires(
    silences: Silences, clock: FrozenClock, matchers: list[str]
):
    with pytest.raises(Conflict, match="broad"):
        asked(silences, clock, *matchers)
    assert asked(silences, clock, *matchers, confirmed=True).state(clock.now()) == "active"


def test_a_silence_that_hides_many_alerts_or_services_is_broad(
    silences: Silences, clock: FrozenClock, ledger: Ledger
):
    many = [Signal(labels={"alertname": "HostDown", "host": f"h{n}"}) for n in range(21)]
    two = [Signal(labels={"alertname": "Slow", "service": name}) for name in ("shop", "mail")]
    ledger.record([*many, *two], SENDER)
    with pytest.raises(Conflict, match="21 alerts"):
        asked(silences, clock, 'alertname="HostDown"')
    with pytest.raises(Conflict, match="2 services: mail, shop"):
        asked(silences, clock, 'alertname="Slow"')
    asked(silences, clock, 'alertname="Slow"', 'service="shop"')


def test_a_broad_silence_lasts_a_day_at_most(silences: Silences, clock: FrozenClock):
    with pytest.raises(Invalid) as refused:
        asked(
            silences, clock, 'severity="critical"', confirmed=True, ends_at=clock.now() + timedelta(hours=25)
        )
    assert refused.value.field == "ends_at"
    asked(silences, clock, 'severity="critical"', confirmed=True, ends_at=clock.now() + timedelta(hours=24))


def test_another_process_sees_it_within_a_second(store: Store, silences: Silences, clock: FrozenClock):
    other = Silences(store, clock, Bell())
    labels = {"alertname": "DiskFull"}
    assert other.hiding(labels) == []
    made = asked(silences, clock, 'alertname="DiskFull"')
    with store.read() as conn:
        assert [each.id for each in other.choice(conn).of(labels)] == [made.id], (
            "a transaction sees it at once"
        )
    if not store.is_sqlite:
        silences.expire(made.id, "person:mei")
        clock.tick(1)
        assert other.hiding(labels) == []


def test_one_that_has_been_over_for_a_month_is_forgotten(silences: Silences, clock: FrozenClock):
    old = asked(silences, clock, 'alertname="DiskFull"')
    clock.tick(31 * 86_400)
    asked(silences, clock, 'alertname="DiskSlow"')
    with pytest.raises(NotFound):
        silences.get(old.id)
