"""Mei-Lin's deploys, as told by a forge that repeats itself, shuffles and is late."""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.sense.changes import KEPT, Change, ChangeRecord, Changes


@dataclass(frozen=True)
class Forge:
    key: str
    source: str = "github"


FORGE = Forge("key_1")


@pytest.fixture
def changes(store: Store, clock: FrozenClock) -> Changes:
    return Changes(store, clock)


@pytest.fixture
def deploy(clock: FrozenClock) -> Change:
    return Change(
        dedup_key="deploy-7",
        kind="deploy",
        title="Deploy 1.2.3",
        state="started",
        at=clock.now() - timedelta(minutes=10),
        service="shop",
        version="1.2.3",
        by="mei-lin",
    )


def told(store: Store, changes: Changes, *what: Change, by: Forge = FORGE) -> list[ChangeRecord]:
    return store.write(lambda conn: changes.record(conn, what, by))


def everything(store: Store, changes: Changes) -> list[ChangeRecord]:
    with store.read() as conn:
        return changes.listed(conn, limit=1_000)


def test_a_deploy_begins_and_ends_in_one_row(store: Store, changes: Changes, deploy: Change):
    done = replace(deploy, state="succeeded", at=deploy.at + timedelta(minutes=3), url="https://ci.example/7")
    told(store, changes, deploy)
    told(store, changes, done)
    (row,) = everything(store, changes)
    assert (row.state, row.started_at, row.at) == ("succeeded", deploy.at, done.at)
    assert (row.service, row.version, row.by, row.url) == ("shop", "1.2.3", "mei-lin", "https://ci.example/7")


def test_in_whatever_order_and_however_often_it_is_told_the_row_is_the_same(
    store: Store, changes: Changes, deploy: Change
):
    minute = timedelta(minutes=1)
    messages = [
        deploy,
        replace(deploy, state="started", at=deploy.at + minute),
        replace(deploy, state="failed", at=deploy.at + 2 * minute),
        replace(deploy, state="succeeded", at=deploy.at + 4 * minute, title="Deploy 1.2.3, tried again"),
        replace(deploy, state="cancelled", at=deploy.at + 4 * minute),
    ]
    ends: set[tuple[Any, ...]] = set()
    for at, order in enumerate(itertools.permutations(messages)):
        forge = Forge(f"key_{at}")
        row = [
            told(store, changes, each, by=forge) for each in (*order, *random.Random(at).sample(order, 3))
        ][-1][0]
        ends.add((row.state, row.at, row.started_at, row.title))
    assert ends == {("succeeded", deploy.at + 4 * minute, deploy.at, "Deploy 1.2.3, tried again")}


def test_what_has_ended_never_runs_again(store: Store, changes: Changes, deploy: Change):
    told(store, changes, replace(deploy, state="failed"))
    told(store, changes, replace(deploy, state="started", at=deploy.at + timedelta(minutes=5)))
    (row,) = everything(store, changes)
    assert (row.state, row.at) == ("failed", deploy.at)


def test_what_a_later_message_leaves_out_stays(store: Store, changes: Changes, deploy: Change):
    told(store, changes, deploy)
    end = replace(
        deploy, state="succeeded", at=deploy.at + timedelta(minutes=1), service="", version="", by=""
    )
    told(store, changes, end)
    (row,) = everything(store, changes)
    assert (row.state, row.service, row.version, row.by) == ("succeeded", "shop", "1.2.3", "mei-lin")


def test_an_early_message_fills_in_what_the_end_did_not_say(store: Store, changes: Changes, deploy: Change):
    told(store, changes, replace(deploy, state="succeeded", by=""))
    told(store, changes, deploy)
    (row,) = everything(store, changes)
    assert (row.state, row.by) == ("succeeded", "mei-lin")


def test_two_senders_with_the_same_number_mean_two_changes(store: Store, changes: Changes, deploy: Change):
    told(store, changes, deploy)
    told(store, changes, deploy, by=Forge("key_2"))
    assert sorted(each.key for each in everything(store, changes)) == ["key_1", "key_2"]


def test_two_messages_about_one_change_may_come_in_one_request(
    store: Store, changes: Changes, deploy: Change
):
    done = replace(deploy, state="succeeded", at=deploy.at + timedelta(seconds=1))
    first, second = told(store, changes, done, deploy)
    assert first == second
    assert first.state == "succeeded"


def test_a_clock_that_is_ahead_does_not_put_a_change_into_the_future(
    store: Store, changes: Changes, deploy: Change, clock: FrozenClock
):
    told(store, changes, replace(deploy, at=clock.now() + timedelta(days=400)))
    (row,) = everything(store, changes)
    assert (row.at, row.started_at) == (clock.now(), clock.now())


def test_changes_of_a_service_since_a_moment(store: Store, changes: Changes, deploy: Change):
    hour = timedelta(hours=1)
    told(
        store,
        changes,
        replace(deploy, dedup_key="old", at=deploy.at - 30 * hour),
        replace(deploy, dedup_key="first", at=deploy.at - 2 * hour),
        replace(deploy, dedup_key="second", at=deploy.at - hour),
        replace(deploy, dedup_key="other", service="billing"),
        replace(deploy, dedup_key="nobody's", service=""),
    )
    with store.read() as conn:
        day = deploy.at - 24 * hour
        assert [each.dedup_key for each in changes.since(conn, day, "shop")] == ["second", "first"]
        assert {each.dedup_key for each in changes.since(conn, day)} == {
            "first",
            "second",
            "other",
            "nobody's",
        }
        around = changes.around(conn, day, deploy.at - hour, "shop", {"shop", "other"})
        assert [each.dedup_key for each in around] == ["second", "first"]
        around = changes.around(conn, day, deploy.at, "shop", {"shop", "billing"})
        assert [each.dedup_key for each in around] == ["nobody's", "second", "first"]
        around = changes.around(conn, day, deploy.at, "shop", {"shop"})
        assert {each.dedup_key for each in around} == {"nobody's", "other", "second", "first"}


def test_pages_of_the_list_leave_nothing_out(store: Store, changes: Changes, deploy: Change):
    told(store, changes, *(replace(deploy, dedup_key=str(each)) for each in range(25)))
    seen: list[str] = []
    after: str | None = None
    with store.read() as conn:
        while page := changes.listed(conn, limit=10, after=after):
            seen += [each.dedup_key for each in page]
            after = page[-1].id
        assert changes.get(conn, page[-1].id if page else after or "") is not None
        assert changes.get(conn, "chg_none") is None
    assert sorted(seen, key=int) == [str(each) for each in range(25)]


def test_after_ninety_days_a_change_is_forgotten(
    store: Store, changes: Changes, deploy: Change, clock: FrozenClock
):
    told(store, changes, deploy)
    clock.tick((KEPT - timedelta(minutes=10)).total_seconds())
    changes.tick()
    assert len(everything(store, changes)) == 1
    clock.tick(60)
    changes.tick()
    assert len(everything(store, changes)) == 1, "tidied once an hour"
    clock.tick(3600)
    changes.tick()
    assert everything(store, changes) == []


def test_two_processes_told_at_once_agree_on_the_end(store: Store, changes: Changes, deploy: Change):
    done = replace(deploy, state="succeeded", at=deploy.at + timedelta(minutes=1))
    barrier = threading.Barrier(8)

    def tell(what: Change) -> None:
        barrier.wait()
        told(store, changes, what)

    threads = [threading.Thread(target=tell, args=(done if each % 2 else deploy,)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (row,) = everything(store, changes)
    assert (row.state, row.started_at) == ("succeeded", deploy.at)


def test_an_end_without_a_key_in_common_ends_the_newest_start_of_its_series(
    store: Store, changes: Changes, deploy: Change
):
    minute = timedelta(minutes=1)
    first = replace(deploy, dedup_key="evt-1", series="srv-1")
    second = replace(deploy, dedup_key="evt-2", series="srv-1", at=deploy.at + minute, by="")
    end = replace(
        deploy, dedup_key="evt-3", series="srv-1", at=deploy.at + 2 * minute, state="succeeded", version=""
    )
    other = replace(deploy, dedup_key="evt-4", series="srv-2")
    for order in itertools.permutations((first, second, end, other)):
        forge = Forge("key_" + "".join(each.dedup_key for each in order))
        for each in (*order, *order):
            told(store, changes, each, by=forge)
        rows = sorted(
            (each.state, each.started_at, each.at, each.series)
            for each in everything(store, changes)
            if each.key == forge.key
        )
        ended = [each for each in rows if each[0] == "succeeded"]
        assert len(ended) == 1, [each.dedup_key for each in order]
        assert len(rows) == 3, "a start that had no end stays beside it"
        assert ended[0][1] in (first.at, second.at)
    with_both = told(store, changes, first, second, end, by=Forge("key_whole"))[2]
    assert with_both.started_at == second.at
    assert with_both.version == "1.2.3", "what the end did not say"


def test_another_sender_ends_nothing_of_a_series(store: Store, changes: Changes, deploy: Change):
    told(store, changes, replace(deploy, dedup_key="evt-1", series="srv-1"))
    end = replace(
        deploy, dedup_key="evt-2", series="srv-1", state="succeeded", at=deploy.at + timedelta(minutes=1)
    )
    told(store, changes, end, by=Forge("key_2"))
    assert sorted(each.state for each in everything(store, changes)) == ["started", "succeeded"]
