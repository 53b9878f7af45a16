"""What do the answers say, taken together? The verdict, what is new in the logs, which cause it is, what to do next.

Texts of ours stand in English until they are told; `reality` holds what “is it real?” would have found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from tocsin.act.actions.log_lines import Difference, compare, histogram
from tocsin.respond.diagnosis.advice import advise
from tocsin.respond.diagnosis.case import BookCause, Case
from tocsin.respond.diagnosis.halves import Halves, part
from tocsin.respond.diagnosis.rank import Evidence, rank
from tocsin.respond.diagnosis.store import Part

_MOST_CAUSES, _MOST_KINDS = 10, 8


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeFound:
    """How far it reaches (`reach` one, many, all, none) and on which `side`: application, infrastructure, unknown."""

    verdict: str
    side: str
    reach: str
    outcome: str
    why: str
    advice: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeFound:
    """A change; `minutes_before` is counted to the beginning of the trouble, below zero for what came after it."""

    id: str
    kind: str
    title: str
    state: str
    at: str
    service: str
    version: str
    by: str
    minutes_before: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFound:
    """What one log complains about since it began and did not before, in lines a minute; `key` is the part.

    Of each turn those that changed most; `lines_before` and `lines_since` count all lines, also those that are well.
    """

    key: str
    title: str
    source: str
    new: tuple[Difference, ...]
    more: tuple[Difference, ...]
    gone: tuple[Difference, ...]
    lines_before: int
    lines_since: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseFound:
    """A known cause with what speaks for it; `score` 0 where nothing does, which proves nothing."""

    name: str
    runbook: str
    title: str
    line: int
    fix: str
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What was found; `error` says why it came to nothing, empty where all went well."""

    scope: ScopeFound | None = None
    changes: tuple[ChangeFound, ...] = ()
    logs: tuple[LogFound, ...] = ()
    causes: tuple[CauseFound, ...] = ()
    advice: tuple[str, ...] = ()
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Findings:
        return msgspec.convert(dict(data or {}), cls)


def read(case: Case, parts: Sequence[Part], causes: Sequence[BookCause]) -> Findings:
    """Reads the answers of a diagnosis that is over."""
    by_kind = {each.kind: each for each in parts if each.state == "answered"}
    scope = by_kind.get("scope")
    changes = by_kind.get("changes")
    found_scope = msgspec.convert(scope.facts, ScopeFound) if scope and scope.facts else None
    found_changes = (
        tuple(msgspec.convert(each, ChangeFound) for each in changes.facts["changes"])
        if changes and changes.facts
        else ()
    )
    halves = {each.key: part(each.text, case.since) for each in parts if each.kind in ("target", "runbook")}
    logs = tuple(_log(each, known) for each in parts if (known := halves.get(each.key)) is not None)
    ranked = rank(causes, [_evidence(each, halves.get(each.key)) for each in parts if each.text])
    return Findings(
        scope=found_scope,
        changes=found_changes,
        logs=logs,
        causes=tuple(
            CauseFound(
                name=each.cause.name,
                runbook=each.cause.runbook,
                title=each.cause.title,
                line=each.cause.line,
                fix=each.cause.fix,
                score=each.score,
                why=each.why,
            )
            for each in ranked[:_MOST_CAUSES]
        ),
        advice=advise(
            found_scope.side if found_scope else "unknown",
            [(each.title, each.minutes_before, each.state) for each in found_changes],
            [(each.source or each.title, [one.sample for one in each.new]) for each in logs],
            [(each.cause.name, each.cause.fix) for each in ranked if each.score > 0],
        ),
    )


def _log(part: Part, halves: Halves) -> LogFound:
    before, since = histogram(halves.before.splitlines()), histogram(halves.since.splitlines())
    found = compare(before, since, before_s=halves.before_s, after_s=halves.since_s)

    def of(turn: str) -> tuple[Difference, ...]:
        return tuple(each for each in found if each.turn == turn)[:_MOST_KINDS]

    return LogFound(
        key=part.key,
        title=part.title,
        source=part.source,
        new=of("new"),
        more=of("more"),
        gone=of("gone"),
        lines_before=before.lines,
        lines_since=since.lines,
    )


def _evidence(part: Part, halves: Halves | None) -> Evidence:
    source = part.source or part.title
    if halves is None:
        return Evidence(source=source, text=part.text)
    return Evidence(source=source, text=halves.since, before=halves.before)
