"""How is a service brought back? The advice with its reasons, the cause, and the ways that are not a roll back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import Body, Line, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.rollout import Advised, Cause, Judged, Makeshift, Version
from tocsin.respond.rollout.store import Verdict
from tocsin.respond.runbooks.store import Run

routes = Routes("repairs")


@dataclass(frozen=True, kw_only=True, slots=True)
class StrategyAnswer:
    """One way to bring it back. `seconds` is how long it takes, measured on this service so many `times`, or 0 where
    the table says it; `fits` whether it cures the cause; `why` speaks for it, `against` against it.
    """

    strategy: str
    fits: bool
    seconds: float
    times: int
    risk: str
    data_loss: bool
    why: list[str]
    against: list[str]

    @classmethod
    def of(cls, judged: Judged) -> StrategyAnswer:
        return cls(
            strategy=judged.name,
            fits=judged.fits,
            seconds=judged.seconds,
            times=judged.times,
            risk=judged.strategy.risk,
            data_loss=judged.data_loss,
            why=list(judged.why),
            against=list(judged.against),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionAnswer:
    """A simpler mode. `holds`: null where its condition could not be measured, and `why` names what is missing."""

    name: str
    title: str
    quality: int
    holds: bool | None
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What is `chosen`, then the `others` in their order; `meanwhile` may ease it until then. `back_to` is the version
    of a roll back, "" where there is none; `cause` is "" while nobody knows it.
    """

    service: str
    incident: str | None
    cause: str
    cause_why: str
    chosen: StrategyAnswer
    others: list[StrategyAnswer]
    meanwhile: str | None
    version: str
    back_to: str
    options: list[OptionAnswer]

    @classmethod
    def of(cls, advised: Advised) -> Advice:
        standing, advice = advised.standing, advised.advice
        return cls(
            service=advised.service,
            incident=advised.incident,
            cause=advised.cause,
            cause_why=advised.cause_why,
            chosen=StrategyAnswer.of(advice.chosen),
            others=[StrategyAnswer.of(each) for each in advice.others],
            meanwhile=advice.meanwhile.name if advice.meanwhile else None,
            version=standing.versions[0].version if standing.versions else "",
            back_to=standing.target.version if standing.target else "",
            options=[
                OptionAnswer(
                    name=each.option.name,
                    title=each.option.label,
                    quality=each.option.quality,
                    holds=each.holds,
                    why=each.why,
                )
                for each in advised.options
            ],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStarted:
    """The run that does it; `/runs/{run}` says how far it is."""

    run: str
    state: str

    @classmethod
    def of(cls, run: Run) -> RunStarted:
        return cls(run=run.id, state=run.state)


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionAnswer:
    """A version as it stood from `since` to `until` (null: it stands now). `standing`: confirmed, stable, unproven,
    troubled or refused; only the first two may be gone back to.
    """

    version: str
    title: str
    url: str
    deployed_by: str
    since: datetime
    until: datetime | None
    rolled_back: bool
    standing: str
    incidents: list[str]
    by: str
    why: str

    @classmethod
    def of(cls, version: Version) -> VersionAnswer:
        return cls(
            version=version.version,
            title=version.title,
            url=version.url,
            deployed_by=version.deployed_by,
            since=version.since,
            until=version.until,
            rolled_back=version.rolled_back,
            standing=version.standing,
            incidents=list(version.incidents),
            by=version.by,
            why=version.why,
        )


class NewCause(Body):
    cause: Annotated[Line, Field(min_length=1)]
    why: Prose = ""


class NewRepair(Body):
    """Give the incident, or a service where there is none."""

    strategy: Literal["restart", "scale"]
    incident: Line | None = None
    service: Line = ""
    reason: Prose = ""


class NewDegrade(Body):
    """`option` is the name of a degrade option of the service. Give the incident, or a service where there is none."""

    option: Annotated[Line, Field(min_length=1)]
    incident: Line | None = None
    service: Line = ""
    reason: Annotated[Prose, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Degraded:
    """The run that does it, and what stands until it is taken back."""

    run: str
    makeshift: Makeshift


class NewVerdict(Body):
    """Whether a version may be gone back to, in the judgement of a person; it counts more than the record."""

    version: Annotated[Line, Field(min_length=1)]
    stable: bool = True
    why: Prose = ""


@routes.get("/incidents/{number}/repair", permission=Permission.READ, summary="How to bring it back")
def advise_incident(
    request: Request,
    number: Name,
    cause: Annotated[Name | None, Query(description="Takes the place of what is known of the cause.")] = None,
) -> Advice:
    """Worked out from what is known now: the cause, the last deploys, the ways of the service, its measures."""
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        return Advice.of(context.repairs.advise(conn, incident=incident.id, cause=cause or ""))


@routes.get("/services/{service}/repair", permission=Permission.READ, summary="How to bring a service back")
def advise_service(
    request: Request,
    service: Name,
    cause: Annotated[Name | None, Query(description="What the cause is taken to be.")] = None,
) -> Advice:
    context = context_of(request)
    with context.store.read() as conn:
        return Advice.of(context.repairs.advise(conn, service=service, cause=cause or ""))


@routes.post("/incidents/{number}/cause", permission=Permission.RESPOND, summary="Say what the cause is")
def say_cause(request: Request, number: Name, body: NewCause) -> Cause:
    """One of the causes of the table of strategies. The newest word holds."""
    context = context_of(request)
    return context.repairs.say_cause(number, body.cause, identity_of(request).actor, body.why)


@routes.post("/repairs", permission=Permission.OPERATE, summary="Restart or scale a service")
def repair(request: Request, body: NewRepair) -> RunStarted:
    """By the way that the configuration names for the service. A roll back is started at `/rollbacks`."""
    run = context_of(request).repairs.carry_out(
        body.strategy,
        actor=identity_of(request).actor,
        reason=body.reason,
        incident=body.incident,
        service=body.service,
    )
    return RunStarted.of(run)


@routes.post("/degrade", permission=Permission.OPERATE, summary="Run a service in a simpler mode")
def degrade(request: Request, body: NewDegrade) -> Degraded:
    """People are reminded to take it back until that is done."""
    run, stands = context_of(request).repairs.degrade(
        body.option,
        reason=body.reason,
        actor=identity_of(request).actor,
        incident=body.incident,
        service=body.service,
    )
    return Degraded(run=run.id, makeshift=stands)


@routes.get("/services/{service}/versions", permission=Permission.READ, summary="Versions that were in place")
def list_versions(request: Request, service: Name) -> Page[VersionAnswer]:
    """Newest first, out of the deploys and roll backs of the last 90 days."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.repairs.placed.of(conn, service).versions
    return Page(items=[VersionAnswer.of(each) for each in found], next=None)


@routes.post("/services/{service}/versions", permission=Permission.OPERATE, summary="Judge a version")
def judge_version(request: Request, service: Name, body: NewVerdict) -> Verdict:
    """A version that is called stable may be gone back to; one that is not, never."""
    return context_of(request).repairs.placed.judge(
        service, body.version, stable=body.stable, why=body.why, actor=identity_of(request).actor
    )
