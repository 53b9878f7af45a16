"""Which runbooks have to be looked over, by whom, until when, and what is said of one that is offered."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from past_runs import Past

from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.ground.timeline import told
from tocsin.respond.runbooks import preconditions_store as checks
from tocsin.respond.runbooks import review
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.preconditions_store import Check
from tocsin.respond.runbooks.review import Due

WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = """---
service: shop
{front}
---
# Shop is down

## Diagnosis

```bash
uptime
```

## Resolution

### Option 1: restart

```bash
supervisorctl restart shop
```
"""


class Shelf:
    """A library whose files have a date, and the rows about it."""

    def __init__(self, folder: Path, store: Store, clock: FrozenClock) -> None:
        self.folder = folder
        self.store = store
        self.past = Past(store)
        catalogue = CatalogueSection(services={"shop": Service(title="Shop", team="sales")})
        self.clock = clock
        self.library = Library(lambda: catalogue, folder, clock)

    def write(
        self, path: str = "shop.md", front: str = "", *, text: str = PAGE, dated: datetime = WRITTEN
    ) -> None:
        file = self.folder / "runbooks" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("{front}", front))
        os.utime(file, (dated.timestamp(), dated.timestamp()))
        self.clock.tick(1)

    def queue(self, now: datetime) -> list[Due]:
        return self.past.ask(lambda conn: review.queue(conn, self.library, now))

    def due(self, now: datetime) -> Due:
        [due] = self.queue(now)
        one = self.past.ask(lambda conn: review.due_of(conn, self.library, self.library.get(due.path), now))
        assert one == due  # asked alone, it says the same
        return due

    def review(self, at: datetime, path: str = "shop.md") -> None:
        document = self.library.get(path)
        self.store.write(lambda conn: review.record(conn, document, at, by="person:mei", note="still true"))

    def staleness(self, now: datetime, path: str = "shop.md") -> str:
        document = self.library.get(path)
        said: str = self.past.ask(lambda conn: review.staleness(conn, self.library, document, now))
        every: dict[str, str] = self.past.ask(lambda conn: review.all_staleness(conn, self.library, now))
        assert every.get(path, "") == said  # for the whole library, it is the same
        return said


@pytest.fixture
def shelf(tmp_path: Path, store: Store, clock: FrozenClock) -> Shelf:
    return Shelf(tmp_path, store, clock)


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, 0, tzinfo=UTC)


def test_what_was_never_reviewed_is_due_a_month_after_its_date(shelf: Shelf):
    shelf.write()

    before, after = shelf.due(on(11, 20)), shelf.due(on(12, 2))

    assert before == Due(
        path="shop.md",
        title="Shop is down",
        owner="sales",
        why="never reviewed, and dated 2026-11-01",
        due_at=WRITTEN + timedelta(days=30),
        overdue=False,
    )
    assert after.overdue


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("", 30),
        ("weekly", 7),
        ("Monthly", 30),
        ("quarterly", 91),
        ("yearly", 365),
        ("2w", 14),
        ("now and then", 30),
    ],
)
def test_a_document_says_itself_how_often(shelf: Shelf, said: str, days: int):
    shelf.write(front=f"review: {said}")

    assert shelf.due(on(11, 2)).due_at == WRITTEN + timedelta(days=days)


def test_a_review_counts_from_when_it_was_made(shelf: Shelf):
    shelf.write()
    shelf.review(on(11, 10))
    shelf.review(on(11, 20))

    due = shelf.due(on(11, 21))

    assert (due.due_at, due.why) == (on(11, 20) + timedelta(days=30), "last reviewed on 2026-11-20")


def test_the_date_in_the_document_counts_as_a_review(shelf: Shelf):
    shelf.write(front="reviewed: 2026-11-15")
    assert shelf.due(on(11, 20)).why == "last reviewed on 2026-11-15"

    shelf.write(front="reviewed: 2027-01-01")  # lies ahead: nobody has looked then
    assert shelf.due(on(11, 20)).why == "never reviewed, and dated 2026-11-01"


def test_what_was_used_is_looked_over_within_a_week(shelf: Shelf):
    shelf.write()
    shelf.review(on(11, 10))
    shelf.past.run(shelf.library.get("shop.md"), on(11, 12), "diagnosis-1", state="failed")

    due = shelf.due(on(11, 13))
    assert (due.why, due.due_at) == ("used on 2026-11-12", on(11, 12) + review.AFTER_USE)

    shelf.review(on(11, 14))
    assert shelf.due(on(11, 15)).why == "last reviewed on 2026-11-14"


def test_after_an_incident_that_used_it_there_are_three_days(shelf: Shelf):
    shelf.write()
    shelf.past.run(shelf.library.get("shop.md"), on(11, 12), incident="INC-2026-0007", took_s=3_600)

    due = shelf.due(on(11, 13))

    assert (due.why, due.due_at) == ("used in INC-2026-0007", on(11, 12) + timedelta(hours=1, days=3))


def test_runs_that_saw_every_step_work_are_a_review(shelf: Shelf):
    shelf.write()
    document = shelf.library.get("shop.md")
    first, second = [step.id for step in document.steps()]
    shelf.past.run(document, on(11, 12), first)
    assert shelf.due(on(11, 13)).why == "used on 2026-11-12"

    shelf.past.run(document, on(11, 14), second)
    due = shelf.due(on(11, 15))
    # As old as the older of the two proofs: the first step was not looked at again.
    assert due.why == "used on 2026-11-14"

    shelf.past.run(document, on(11, 16), first, second)
    assert shelf.due(on(11, 17)).why == "last reviewed on 2026-11-16"


@pytest.mark.parametrize(
    ("changed", "due"),
    [((11, 10), datetime(2027, 1, 1, tzinfo=UTC)), ((8, 1), datetime(2026, 10, 1, tzinfo=UTC))],
)
def test_when_the_system_changed_everything_is_due_by_the_end_of_the_quarter(
    shelf: Shelf, changed: tuple[int, int], due: datetime
):
    shelf.write(front="review: yearly", dated=datetime(2026, 7, 1, tzinfo=UTC))
    shelf.store.write(lambda conn: review.call(conn, on(*changed), by="mei", why="a new database"))

    found = shelf.due(on(11, 20))
    assert found.due_at == due
    assert found.why == f"the system changed on {on(*changed):%Y-%m-%d}: a new database"

    shelf.review(on(11, 20))
    assert shelf.due(on(11, 20)).why == "last reviewed on 2026-11-20"


def test_the_most_urgent_comes_first(shelf: Shelf):
    shelf.write("a.md", front="review: quarterly")
    shelf.write("b.md", front="review: weekly")
    shelf.write("c.md")
    shelf.write("policy.md", text="# Severity policy\n\nWords.\n")

    queue = shelf.queue(on(11, 20))

    assert [due.path for due in queue][:2] == ["b.md", "c.md"]
    assert sorted(due.path for due in queue) == ["a.md", "b.md", "c.md", "policy.md"]


def test_of_what_is_fresh_nothing_is_said(shelf: Shelf):
    shelf.write()

    assert shelf.staleness(on(11, 20)) == ""


def test_what_is_overdue_edited_or_broken_is_said_where_it_is_offered(shelf: Shelf):
    shelf.write(dated=WRITTEN - timedelta(days=5))
    shelf.past.run(shelf.library.get("shop.md"), on(11, 3))
    shelf.write(text=PAGE + "\nOne line more.\n")
    assert shelf.staleness(on(11, 4)) == "it was changed since it last worked"

    def look(conn: Any) -> None:
        missing = {"path": "shop.md", "ok": False, "said": "", "at": on(11, 4)}
        needed = [("tool", "supervisorctl"), ("host", "db.internal"), ("link", "https://wiki.example.com/x")]
        checks.keep(
            conn,
            "shop.md",
            needed,
            [Check(kind=kind, subject=subject, **missing) for kind, subject in needed],
        )

    shelf.store.write(look)
    said = shelf.staleness(on(12, 20))

    assert said.split("; ") == [
        "it is known to be broken",
        "the name db.internal does not resolve",
        "and 1 more",
        "since 2026-11-10 its review is overdue",
        "it was changed since it last worked",
        "dead links: 1",
    ]
    assert told(said, "zh_Hant").split("; ") == [
        "已知它目前無法使用",
        "主機名稱 db.internal 無法解析",
        "另有 1 項",
        "自 2026-11-10 起逾期未審閱",
        "上次成功之後內容改過",
        "失效的連結：1",
    ]


SEVERAL = """# Queues

## Queue is full

### Symptoms

Jobs wait.

### Resolution

```bash
uptime
```

## Queue is stuck

### Symptoms

Nothing moves.

### Resolution

```bash
{what}
```
"""


def test_of_several_runbooks_in_a_file_only_the_one_that_changed_is_said_to_have_changed(shelf: Shelf):
    shelf.write("queues.md", text=SEVERAL.replace("{what}", "df -h"))
    full, stuck = shelf.library.all()
    before = shelf.library.text("queues.md")
    for each in (full, stuck):
        shelf.past.run(each, on(11, 3), text=before)

    shelf.write("queues.md", text=SEVERAL.replace("{what}", "df -h /"))

    assert shelf.library.get(full.path).hash != full.hash
    assert shelf.staleness(on(11, 4), full.path) == ""
    assert shelf.staleness(on(11, 4), stuck.path) == "it was changed since it last worked"


def test_the_reviews_of_a_runbook_can_be_read_again(shelf: Shelf):
    shelf.write()
    shelf.review(on(11, 10))
    shelf.review(on(11, 12))

    reviews = shelf.past.ask(lambda conn: review.of_path(conn, "shop.md"))

    assert [each.reviewed_at for each in reviews] == [on(11, 12), on(11, 10)]
    assert (reviews[0].by, reviews[0].note, reviews[0].hash) == (
        "person:mei",
        "still true",
        shelf.library.get("shop.md").hash,
    )
