"""What does a signal mean for the alert that stands? Pure rules: late, repeated and shuffled messages end alike.

Order is judged by the sender's own clock alone (`sender_start`, `sender_end`), never by mixing it with ours: a sender
whose clock runs ten minutes late still resolves what it opened. Who names no times is taken in order of arrival.
When in doubt an alert fires: a page too many is a nuisance, a page too few an outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from tocsin.sense.alerts.alert import State
from tocsin.sense.alerts.signal import Sender, Signal

Result = Literal["fired", "updated", "duplicate", "resolved", "unknown", "late", "refused"]
"""fired: a new episode · updated: text or times changed · duplicate: nothing new · resolved: over now ·
unknown: over, but never seen firing · late: about an episode that has passed · refused: not the sender's to resolve."""

FAR = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What must be known of an alert to settle the next signal; held in memory for every alert that fires.

    A struct, as are the verdicts: each signal makes one of each, and a struct is made much faster than a dataclass.
    `sender_start` is the newest start that a message named, `sender_end` the newest end, both by the sender's clock.
    """

    id: str
    key: str
    state: State
    episode: int
    starts_at: datetime
    ends_at: datetime | None
    expires_at: datetime | None
    sender_start: datetime | None
    sender_end: datetime | None
    content: int


class Settled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The verdict: what stands now, and whether that is to be written (`text`: with the text), and told (`event`)."""

    result: Result
    standing: Standing
    changed: bool = False
    event: Literal["fired", "resolved"] | None = None
    text: bool = False


def content_of(
    annotations: Mapping[str, str], value: float | None, url: str, labels: Mapping[str, str] | None
) -> int:
    """A number that differs when the text of the alert does; labels count where they are not the identity.

    For one process: Python salts its hashes.
    """
    return hash(
        (
            frozenset(annotations.items()),
            value,
            url,
            frozenset(labels.items()) if labels is not None else None,
        )
    )


def _content(signal: Signal) -> int:
    labels = signal.labels if signal.dedup_key is not None else None
    return content_of(signal.annotations, signal.value, signal.url, labels)


def time_flags(signal: Signal, now: datetime) -> tuple[str, ...]:
    """Which of the signal's times could not be believed."""
    flags: tuple[str, ...] = ()
    if signal.starts_at is not None and believed(signal.starts_at, now) is None:
        flags = ("starts_at not believed",)
    if signal.ends_at is not None and believed(signal.ends_at, now) is None:
        flags += ("ends_at not believed",)
    return flags


def believed(moment: datetime | None, now: datetime) -> datetime | None:
    """A time that a working clock may show: after the year 2000, at most a day ahead of ours."""
    if moment is None or moment > now + FAR or moment < EARLIEST:
        return None
    return moment


def settle(
    known: Standing | None,
    signal: Signal,
    sender: Sender,
    *,
    alert_id: str,
    now: datetime,
    timeout: timedelta,
) -> Settled:
    """The verdict on one signal. `alert_id` names the alert if it is new; `now` is when the message was received."""
    if signal.is_over(now):
        return _end(known, signal, sender, alert_id, now)
    return _fire(known, signal, sender, alert_id, now, timeout)


def _fire(
    known: Standing | None, signal: Signal, sender: Sender, alert_id: str, now: datetime, timeout: timedelta
) -> Settled:
    start = believed(signal.starts_at, now)
    expires_at = (
        min(signal.ends_at, now + FAR) if signal.ends_at else (now + timeout if signal.fades else None)
    )
    if known is not None and known.state == "firing":
        return _repeat(known, signal, sender, start, expires_at)
    if known is not None and _belongs_to_the_past(known, signal, sender, start, timeout):
        return Settled(result="late", standing=known)
    same_clock = known is not None and known.key == sender.key
    standing = Standing(
        id=alert_id,
        key=sender.key,
        state="firing",
        episode=known.episode + 1 if known else 1,
        starts_at=min(start or now, now),
        ends_at=None,
        expires_at=expires_at,
        sender_start=_newest(start, known.sender_start if known and same_clock else None),
        sender_end=known.sender_end if known and same_clock else None,
        content=_content(signal),
    )
    return Settled(result="fired", standing=standing, changed=True, event="fired", text=True)


def _repeat(
    known: Standing, signal: Signal, sender: Sender, start: datetime | None, expires_at: datetime | None
) -> Settled:
    """It fires already. Another sender keeps it alive, but its text stays with who opened it."""
    expires_at = _newest(expires_at, known.expires_at) if known.expires_at is not None else None
    touched = known if expires_at == known.expires_at else replace(known, expires_at=expires_at)
    older = start is not None and known.sender_start is not None and start < known.sender_start
    if known.key != sender.key or older:
        return Settled(result="duplicate", standing=touched)
    content = _content(signal)
    sender_start = _newest(start, known.sender_start)
    if content == known.content and sender_start == known.sender_start:
        return Settled(result="duplicate", standing=touched)
    standing = replace(touched, content=content, sender_start=sender_start)
    return Settled(result="updated", standing=standing, changed=True, text=True)


def _belongs_to_the_past(
    known: Standing, signal: Signal, sender: Sender, start: datetime | None, timeout: timedelta
) -> bool:
    """Does this firing signal tell of an episode whose end we know?

    Not when it promises to hold for longer than a message sent before that end could: of two Prometheus servers that
    share an alert, one may have resolved it while for the other it goes on.
    """
    if known.key != sender.key or start is None or known.sender_end is None or start > known.sender_end:
        return False
    return signal.ends_at is None or signal.ends_at <= known.sender_end + timeout


def _end(known: Standing | None, signal: Signal, sender: Sender, alert_id: str, now: datetime) -> Settled:
    start, end = believed(signal.starts_at, now), believed(signal.ends_at, now)
    if start is not None and end is not None:
        end = max(start, end)
    if known is None:
        ends_at = min(end or now, now)
        standing = Standing(
            id=alert_id,
            key=sender.key,
            state="resolved",
            episode=0,
            starts_at=min(start or ends_at, ends_at),
            ends_at=ends_at,
            expires_at=None,
            sender_start=start,
            sender_end=end,
            content=_content(signal),
        )
        return Settled(result="unknown", standing=standing, changed=True, text=True)
    if known.key != sender.key:
        return Settled(result="refused", standing=known)
    if known.state == "resolved":
        return _end_again(known, signal, start, end, now)
    if end is not None and known.sender_start is not None and end < known.sender_start:
        # The end of an earlier episode, overtaken by the start of this one: now we know when this one began.
        starts_at = max(known.starts_at, min(known.sender_start, now))
        sender_end = _newest(end, known.sender_end)
        if (starts_at, sender_end) == (known.starts_at, known.sender_end):
            return Settled(result="late", standing=known)
        standing = replace(known, starts_at=starts_at, sender_end=sender_end)
        return Settled(result="late", standing=standing, changed=True)
    standing, text = _over(known, signal, start, end, now)
    over = replace(standing, state="resolved")
    return Settled(result="resolved", standing=over, changed=True, event="resolved", text=text)


def _end_again(
    known: Standing, signal: Signal, start: datetime | None, end: datetime | None, now: datetime
) -> Settled:
    """It is over already: perhaps a whole later episode came and went, or the true end of one that had run out."""
    if end is None or (known.sender_end is not None and end <= known.sender_end):
        return Settled(result="duplicate", standing=known)
    if known.sender_start is not None and end < known.sender_start:
        return Settled(result="late", standing=known)
    standing, text = _over(known, signal, start, end, now)
    return Settled(result="updated", standing=standing, changed=True, text=text)


def _over(
    known: Standing, signal: Signal, start: datetime | None, end: datetime | None, now: datetime
) -> tuple[Standing, bool]:
    """What stands after this end, and whether its text is news: it may be the first word about its episode."""
    starts_at, content = known.starts_at, known.content
    if start is not None and (known.sender_start is None or start >= known.sender_start):
        starts_at = min(start, now)
        if start != known.sender_start:
            content = _content(signal)
    standing = replace(
        known,
        starts_at=starts_at,
        ends_at=max(min(end or now, now), starts_at),
        sender_start=_newest(start, known.sender_start),
        sender_end=_newest(end, known.sender_end),
        content=content,
    )
    return standing, content != known.content


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
