"""What fits a filter is found on both databases, in pages, counted and by rule; and it says how far it has looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.sense.alerts import find, folding_store
from tocsin.sense.alerts import store as rows
from tocsin.sense.alerts.find import Scope, Search
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.query import parse_query

PLAIN: dict[str, Any] = {
    "value": None,
    "state": "firing",
    "source": "webhook",
    "key": "key_1",
    "url": "",
    "flags": [],
    "dedup_key": None,
    "episode": 1,
    "ends_at": None,
    "expires_at": None,
    "sender_start": None,
    "sender_end": None,
    "said": 1,
}


def tell(store: Store, clock: FrozenClock, *told: dict[str, Any]) -> None:
    """Alerts, the newest first, a second apart."""
    now = clock.now()

    def row(number: int, labels: dict[str, str], **more: Any) -> dict[str, Any]:
        at = now - timedelta(seconds=number)
        known = {"id": f"alr_{number:06}", "name": labels.get("alertname", "unnamed"), "labels": labels}
        known |= {"service": "unassigned", "annotations": {}}
        return PLAIN | {"starts_at": at, "first_seen": at, "last_seen": at} | known | more

    written = [row(number, **each) for number, each in enumerate(told)]
    store.write(lambda conn: rows.put(conn, written))


def names(store: Store, text: str, **more: Any) -> list[str]:
    with store.read() as conn:
        return [each.name for each in Search(conn, parse_query(text), **more).page(50)]


@pytest.fixture
def shop(store: Store, clock: FrozenClock) -> Store:
    tell(
        store,
        clock,
        {"labels": {"alertname": "Down", "severity": "critical", "pod": 'a"b\\c'}, "service": "shop"},
        {"labels": {"alertname": "Slow", "severity": "warning", "service": "shop-api"}, "service": "shop"},
        {
            "labels": {"alertname": "DiskFull", "name": "/data_1"},
            "annotations": {"summary": "磁碟快滿了, 97 % used"},
        },
        {"labels": {"alertname": "Down", "severity": "critical"}, "service": "blog", "state": "resolved"},
    )
    return store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Down", "Slow", "DiskFull", "Down"]),
        ('severity="critical"', ["Down", "Down"]),
        ('severity!="critical"', ["Slow", "DiskFull"]),
        ('severity=""', ["DiskFull"]),
        ('severity=~"crit.*|warning"', ["Down", "Slow", "Down"]),
        ('severity!~"crit.*"', ["Slow", "DiskFull"]),
        ('severity=~"crit"', []),
        ('alertname=~"D.*" severity!=critical', ["DiskFull"]),
        ('name="Down"', ["Down", "Down"]),
        ('name="/data_1"', ["DiskFull"]),
        ('service="shop"', ["Down"]),
        ('service=~"shop.*"', ["Down", "Slow"]),
        ("pod='x'", []),
        ('pod="a\\"b\\\\c"', ["Down"]),
        ('pod=~".*\\"b.*"', ["Down"]),
        ("down", ["Down", "Down"]),
        ("磁碟", ["DiskFull"]),
        ("97 % used", ["DiskFull"]),
        ("100%", []),
        ("data_1", ["DiskFull"]),
        ("dataX1", []),
        ('"b\\\\c"', ["Down"]),
        ("down blog", ["Down"]),
        ('nothing="$.alertname"', []),
        ("'; drop table alert; --", []),
        ('"$.alertname"="Down"', []),
        ('"alertname\' OR 1=1"="x"', []),
    ],
)
def test_all_conditions_have_to_fit(shop: Store, text: str, found: list[str]):
    assert names(shop, text) == found
    with shop.read() as conn:
        search = Search(conn, parse_query(text))
        assert search.count().n == len(found)
        assert sum(rule.count for rule in search.rules(50)) == len(found)


def test_a_state_is_looked_at_alone(shop: Store):
    assert names(shop, "down", state="firing") == names(shop, "down", state="resolved") == ["Down"]


def test_rules_come_with_how_many_they_have_and_whose_they_are(shop: Store):
    with shop.read() as conn:
        rules = Search(conn, parse_query("")).rules(50)
    told = [(each.name, each.count, each.service) for each in rules]
    assert told == [("Down", 2, None), ("DiskFull", 1, "unassigned"), ("Slow", 1, "shop")]


def test_what_hides_alerts_counts_labels_as_they_were_sent(shop: Store):
    """A silence for service="shop" does not know that an alert without that label was given to the shop."""
    sent = Scope(matchers=(Matcher(name="service", operator="=", value="shop"),))
    assert names(shop, "", within=[sent]) == []
    assert names(shop, "", within=[Scope(services=("shop",))]) == ["Down", "Slow"]
    warning = (Matcher(name="severity", operator="=~", value="warn.*"),)
    assert names(shop, "", within=[Scope(matchers=warning), sent]) == ["Slow"]
    assert names(shop, "", within=[Scope(matchers=warning, services=("blog",))]) == []
    assert names(shop, "", within=[]) == []


def test_pages_follow_each_other_without_gap_or_repeat(store: Store, clock: FrozenClock):
    tell(store, clock, *({"labels": {"alertname": "A" if n % 3 else "B"}} for n in range(100)))
    for text, wanted in (("", 100), ("alertname=A", 66)):
        seen: list[str] = []
        after = None
        while True:
            with store.read() as conn:
                page = Search(conn, parse_query(text)).page(7, after)
            if not page:
                break
            seen += [each.id for each in page]
            after = page[-1].id
        assert seen == sorted(set(seen))
        assert len(seen) == wanted


def test_a_filter_looks_back_a_bounded_way_and_says_how_far(
    store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(find, "LOOKED_THROUGH", 10)
    tell(store, clock, *({"labels": {"alertname": "A", "n": str(n)}} for n in range(11)))
    with store.read() as conn:
        assert Search(conn, parse_query("")).back_to is None, "without a filter nothing is left out"
        assert Search(conn, parse_query("")).count().n == 11
        search = Search(conn, parse_query("alertname=A"))
        assert search.back_to == clock.now() - timedelta(seconds=9)
        assert search.count().n == 10


def test_as_many_as_it_looks_through_are_all_of_them(
    store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(find, "LOOKED_THROUGH", 10)
    tell(store, clock, *({"labels": {"alertname": "A"}} for _ in range(10)))
    with store.read() as conn:
        assert Search(conn, parse_query("alertname=A")).back_to is None


def test_an_expression_is_asked_of_so_many_values_and_no_more(
    store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(find, "_VALUES", 4)
    tell(store, clock, *({"labels": {"alertname": f"A{n}"}} for n in range(9)))
    with store.read() as conn:
        search = Search(conn, parse_query('alertname=~"A.*"'))
        assert [each.name for each in search.page(50)] == ["A0", "A1", "A2", "A3"]
        assert search.back_to == clock.now() - timedelta(seconds=4)


def test_more_than_anybody_counts_is_said_to_be_more(
    store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(find, "COUNTED", 5)
    monkeypatch.setattr(find, "COUNTED_FILTERED", 4)
    tell(store, clock, *({"labels": {"alertname": "A"}} for _ in range(6)))
    for text, n in (("", 5), ("alertname=A", 4)):
        with store.read() as conn:
            count = Search(conn, parse_query(text)).count()
        assert (count.n, count.at_least) == (n, True)


def test_what_other_alerts_or_triage_hold_back_is_found(store: Store, clock: FrozenClock):
    tell(store, clock, *({"labels": {"alertname": f"A{n}"}} for n in range(3)))
    rows = [
        {"alert": f"alr_{n:06}", "kind": kind, "by": "x", "until": None, "since": clock.now()}
        for n, kind in enumerate(("inhibition", "silence"))
    ]
    store.write(lambda conn: conn.execute(folding_store.alert_hold.insert(), rows) and None)
    silenced = Scope(matchers=(Matcher(name="alertname", operator="=", value="A2"),))
    assert names(store, "", within=[silenced], held=True) == ["A0", "A2"]
    assert names(store, "", held=True) == ["A0", "A1"]
