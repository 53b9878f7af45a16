"""What is a heartbeat, and what does one ping change? The record, and the rules as functions over it.

A ping says that a job began, ended well, failed, or merely has something to note. Only an end moves the time at which
the next one is due; a failure and an end after a failure change whether there is trouble.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row

from tocsin.sense.heartbeats.schedule import Schedule

State = Literal["new", "up", "started", "late", "down", "paused"]
"""new: never heard · up · started: a run is under way · late: due, within its grace · down · paused: not watched."""
Trouble = Literal["", "missing", "failed", "overrun"]
"""missing: no sign of life in time · failed: it said so · overrun: begun, and not ended in time."""
Kind = Literal["success", "start", "fail", "log"]

CONFIGURED = "config"
"""The owner of a heartbeat that stands in the configuration."""
BY_HAND = ""
"""The owner of one that was made through the API."""
RUNS_MOST = 20
EXCUSES_MOST = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """One report of a job. `rid` pairs a start with its end; `body` is the cleaned end of its output."""

    kind: Kind
    at: datetime
    rid: str = ""
    exit_status: int | None = None
    body: str = ""
    method: str = "POST"
    agent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinged:
    """A report as it was kept: the `n`th of its heartbeat. `duration` is the time since the start that it ends."""

    n: int
    ping: Ping
    duration: timedelta | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Pinged:
        return cls(
            n=row.n,
            ping=Ping(
                kind=row.kind,
                at=row.at,
                rid=row.rid,
                exit_status=row.exit_status,
                body=row.body,
                method=row.method,
                agent=row.agent,
            ),
            duration=None if row.duration_s is None else timedelta(seconds=row.duration_s),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """One job that has to report. Its `uuid` is what it pings: whoever knows it can speak for the job.

    `key` is the intake key by which it was made, empty for those of the configuration (`configured`) and of the API.
    `due_at` is when the next end is due, `grace` how long after that it is missed; `max_runtime` how long a start may
    be without its end. `running` holds when each run under way began, by its rid. `check_at` is when somebody has to
    look, `excused` how often that was put off because we could not hear. `version` counts what its alert has to say,
    `told` is the version that the ledger knows.
    """

    id: str
    uuid: str
    owner: str
    slug: str
    name: str
    service: str
    schedule: Schedule
    grace: timedelta
    max_runtime: timedelta
    severity: str
    labels: Mapping[str, str]
    watched: bool
    paused: bool
    created_at: datetime
    pings: int
    last_ping: datetime | None
    last_kind: str
    last_duration: timedelta | None
    exit_status: int | None
    output: str
    running: Mapping[str, datetime]
    due_at: datetime | None
    check_at: datetime | None
    excused: int
    trouble: Trouble
    since: datetime | None
    version: int
    told: int

    @property
    def key(self) -> str:
        return "" if self.configured else self.owner

    @property
    def configured(self) -> bool:
        return self.owner == CONFIGURED

    @property
    def period(self) -> timedelta | None:
        return self.schedule.period

    def state(self, now: datetime) -> State:
        if self.paused:
            return "paused"
        if self.trouble:
            return "down"
        if self.running:
            return "started"
        if self.due_at is None:
            return "new"
        return "late" if self.due_at <= now else "up"

    @classmethod
    def from_row(cls, row: Row[Any]) -> Heartbeat:
        return cls(
            id=row.id,
            uuid=row.uuid,
            owner=row.owner,
            slug=row.slug,
            name=row.name,
            service=row.service,
            schedule=Schedule(
                period=None if row.period_s is None else timedelta(seconds=row.period_s),
                cron=row.cron,
                zone=row.zone,
            ),
            grace=timedelta(seconds=row.grace_s),
            max_runtime=timedelta(seconds=row.max_runtime_s),
            severity=row.severity,
            labels=row.labels,
            watched=row.watched,
            paused=row.paused,
            created_at=row.created_at,
            pings=row.pings,
            last_ping=row.last_ping,
            last_kind=row.last_kind,
            last_duration=None if row.last_duration_s is None else timedelta(seconds=row.last_duration_s),
            exit_status=row.exit_status,
            output=row.output,
            running={rid: datetime.fromisoformat(at) for rid, at in row.running.items()},
            due_at=row.due_at,
            check_at=row.check_at,
            excused=row.excused,
            trouble=row.trouble,
            since=row.since,
            version=row.version,
            told=row.told,
        )


def heard(beat: Heartbeat, ping: Ping, *, ended: bool) -> Heartbeat:
    """The heartbeat after this report. `ended`: the end of the same run came before, so its start is only noted."""
    beat = replace(beat, pings=beat.pings + 1)
    if ping.kind == "log" or (ping.kind == "start" and ended):
        return beat
    if ping.kind == "start":
        running = {**{rid: at for rid, at in beat.running.items() if rid != ping.rid}, ping.rid: ping.at}
        newest = sorted(running.items(), key=lambda each: each[1])[-RUNS_MOST:]
        return watched_from(replace(beat, running=dict(newest)))
    began = beat.running.get(ping.rid)
    # An end that names no run ends them all, and so does a failure: what is left of them was never told apart.
    others = {rid: at for rid, at in beat.running.items() if rid != ping.rid}
    after = replace(
        beat,
        paused=False,
        last_ping=ping.at,
        last_kind=ping.kind,
        last_duration=ping.at - began if began is not None and ping.at >= began else None,
        exit_status=ping.exit_status,
        output=ping.body,
        running=others if ping.rid and ping.kind == "success" else {},
        due_at=beat.schedule.next(ping.at),
        excused=0,
    )
    return in_trouble(after, "failed" if ping.kind == "fail" else "", ping.at)


def in_trouble(beat: Heartbeat, trouble: Trouble, at: datetime) -> Heartbeat:
    """With this trouble, or with none. A failure after a failure has news, too: its output."""
    news = trouble != beat.trouble or trouble == "failed"
    since = None if not trouble else at if trouble != beat.trouble else beat.since
    return watched_from(
        replace(beat, trouble=trouble, since=since, version=beat.version + 1 if news else beat.version)
    )


def watched_from(beat: Heartbeat) -> Heartbeat:
    """With the moment at which somebody has to look whether it is missed; none while that would change nothing."""
    ends = [at + beat.max_runtime for at in beat.running.values()]
    if beat.due_at is not None:
        ends.append(beat.due_at + beat.grace)
    idle = beat.paused or not beat.watched or beat.trouble != ""
    return replace(beat, check_at=None if idle or not ends else min(ends))


def looked_at(beat: Heartbeat, now: datetime, deaf_until: datetime) -> Heartbeat:
    """The heartbeat after somebody looked, at its `check_at` or later: in trouble, or excused.

    Until `deaf_until` we could not hear (we were not running, or stood still). What was due before that may have been
    reported, so it is waited for once more, from then on; a few times, so that a machine that stalls often still pages.
    """
    overrun = [at for at in beat.running.values() if at + beat.max_runtime <= now]
    if overrun:
        trouble, expected, patience = "overrun", min(overrun), beat.max_runtime
    elif beat.due_at is not None and beat.due_at + beat.grace <= now:
        trouble, expected, patience = "missing", beat.due_at, beat.grace
    else:
        return watched_from(beat)
    if expected < deaf_until and now < deaf_until + patience and beat.excused < EXCUSES_MOST:
        return replace(beat, check_at=deaf_until + patience, excused=beat.excused + 1)
    return in_trouble(beat, trouble, now)


def configured_as(beat: Heartbeat, wanted: Heartbeat, now: datetime) -> Heartbeat:
    """With what the configuration says of it now; what it has reported stays.

    A schedule that has changed, or that nobody watched for a while, does not make it late after the event.
    """
    same = beat.watched and beat.schedule == wanted.schedule
    due_at = beat.due_at
    if beat.last_ping is not None and not same:
        due_at = wanted.schedule.next(beat.last_ping if beat.watched else now)
        if due_at + wanted.grace <= now:
            due_at = wanted.schedule.next(now)
    return watched_from(
        replace(
            beat,
            name=wanted.name,
            service=wanted.service,
            schedule=wanted.schedule,
            grace=wanted.grace,
            max_runtime=wanted.max_runtime,
            severity=wanted.severity,
            labels=wanted.labels,
            watched=True,
            running=beat.running if beat.watched else {},
            due_at=due_at,
        )
    )


def left_alone(beat: Heartbeat, now: datetime) -> Heartbeat:
    """No longer watched: it left the configuration. Its address stays its own, should it come back."""
    return in_trouble(replace(beat, watched=False), "", now)
