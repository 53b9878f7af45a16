"""How often somebody was disturbed, and when a message last reached them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.act.notify import Message
from tocsin.act.notify.store import Delivery, add
from tocsin.ground.store import Store, metadata
from tocsin.learn.analytics import Disturbed, disturbed, last_reached

TAIPEI = ZoneInfo("Asia/Taipei")
NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
EVENING = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
"""Half past ten in the evening, in Taipei."""


@pytest.fixture
def sent(store: Store) -> Sent:
    metadata.create_all(store.engine)
    return Sent(store)


class Sent:
    """Messages that were taken, as delivery writes them down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = 0

    def __call__(
        self,
        at: datetime | None,
        person: str = "mei",
        page: str = "",
        kind: str = "page",
        channel: str = "mail",
        incident: str | None = "INC-2026-0001",
    ) -> None:
        self._count += 1
        id_ = f"dlv_{self._count:04}"
        due = at or EVENING
        new = Delivery(
            id=id_, kind=kind, incident=incident, cause="esc_1", person=person, target=None, channel=channel,
            address="x", message=Message(kind=kind, subject="x", lines=()), page=page or id_, round=1, step=1,
            steps=1, due_at=due, state="sent" if at else "failed", attempt=1, next_at=due, switch_at=None,
            claimed_by=None, claimed_at=None, sent_at=at, error=None, key=id_,
        )  # fmt: skip
        self._store.write(lambda conn: add(conn, new))

    def figures(self, zone: ZoneInfo = TAIPEI) -> dict[str, Disturbed]:
        with self._store.read() as conn:
            return disturbed(conn, *NOVEMBER, lambda _: zone)


def test_a_page_counts_once_by_however_many_channels_it_came(sent: Sent):
    sent(EVENING, page="p1")
    sent(EVENING + timedelta(minutes=5), page="p1", channel="sms")
    sent(EVENING + timedelta(hours=3), page="p2")
    assert sent.figures() == {"mei": Disturbed(pages=2, night_pages=2, nights=1, hours=2, incidents=1)}


def test_what_never_left_or_is_no_page_disturbed_nobody(sent: Sent):
    sent(None)
    sent(EVENING, kind="test")
    sent(EVENING, kind="notice")
    sent(EVENING, person="channel:ops")
    assert sent.figures() == {}


@pytest.mark.parametrize(
    ("local", "is_night"),
    [("2026-11-20T21:59", False), ("2026-11-20T22:00", True), ("2026-11-21T05:59", True), ("2026-11-21T06:00", False)],
)  # fmt: skip
def test_a_night_is_from_ten_to_six_by_the_clock_of_the_person(sent: Sent, local: str, is_night: bool):
    sent(datetime.fromisoformat(local).replace(tzinfo=TAIPEI).astimezone(UTC))
    assert sent.figures()["mei"].nights == is_night
    assert sent.figures(ZoneInfo("America/New_York"))["mei"].nights == 0


def test_before_and_after_midnight_is_one_night(sent: Sent):
    sent(EVENING)
    sent(EVENING + timedelta(hours=4))
    sent(EVENING + timedelta(hours=24))
    assert sent.figures()["mei"].nights == 2


def test_a_month_is_from_its_first_moment_to_before_the_next(sent: Sent):
    for at in (NOVEMBER[0] - timedelta(seconds=1), NOVEMBER[0], NOVEMBER[1]):
        sent(at)
    assert sent.figures()["mei"].pages == 1


def test_the_last_message_that_was_taken_says_that_somebody_is_reached(sent: Sent, store: Store):
    sent(EVENING - timedelta(days=9))
    sent(EVENING, kind="test")
    sent(None)
    sent(None, person="jun")
    with store.read() as conn:
        assert last_reached(conn, ("mei", "jun", "ada")) == {"mei": EVENING}
