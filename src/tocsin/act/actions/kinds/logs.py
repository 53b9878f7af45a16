"""What do the logs complain about? Errors by kind, from a file, a command, or any action that prints lines.

    logs.errors: {file: /var/log/shop/api.log}
    logs.errors: {action: {docker.logs: {service: api, since: 15m}}}
    logs.compare: {before: {file: api.log.1}, after: {file: api.log}}

Lines that differ in times, numbers, ids, addresses and quoted parts only are one kind. A source has the level of what
it runs: a command that changes something makes the whole *change*.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from tocsin.act.actions import command
from tocsin.act.actions.action import Call, CannotRun, Result, tail_of
from tocsin.act.actions.log_lines import Histogram, compare, histogram
from tocsin.act.actions.printed import with_reason
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, tell, toolboxes, verdict_on
from tocsin.act.guard import Level, highest, shell_level
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Settings

_PIECE = 65_536


class Source(Settings):
    """Where lines come from: one of a file, a command for the shell, or an action by name with its arguments."""

    file: Word | None = Field(default=None, description="A file on the machine where the step runs.")
    last: int = Field(default=50_000, ge=1, le=5_000_000, description="Of a file: so many lines, the last.")
    command: str | None = Field(
        default=None, max_length=10_000, description="A command; values come as $NAME."
    )
    action: dict[str, dict[str, Any]] | None = Field(
        default=None, description="An action that prints lines: {docker.logs: {service: api}}."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.file, self.command, self.action)) != 1:
            raise ValueError("give one of file, command, action")
        if self.action is not None and len(self.action) != 1:
            raise ValueError("an action is a map of one name")
        if self.action is not None and next(iter(self.action)).startswith("logs."):
            raise ValueError("logs do not read logs")
        return self

    @property
    def strength(self) -> Level:
        """The level of what is run to get the lines."""
        if self.command is not None:
            return shell_level(self.command).level
        if self.action is not None:
            [(name, given)] = self.action.items()
            return verdict_on(name, given).level
        return "read"

    @property
    def whence(self) -> str:
        if self.action is not None:
            return next(iter(self.action))
        return self.file or "a command"


class Errors(Source, Verb):
    """Counts the lines that complain, by kind, the most frequent first; and those that hold given texts, by name.

    The first row is the whole: `lines`, `errors`, `patterns`; then one a kind.
    """

    title = N_("Errors by kind")
    level = "read"
    verbatim: ClassVar = frozenset({"command"})
    examples = (
        {"file": "/var/log/shop/api.log"},
        {"command": "journalctl -u shop --since -1h", "patterns": {"timeouts": "timed out"}},
        {"action": {"docker.logs": {"service": "api", "since": "15m"}}, "most": 20},
    )

    patterns: dict[str, str] = Field(default_factory=dict, description="Texts to count, by name.")
    limit: int = Field(default=50, ge=1, le=1_000, description="So many kinds at most.")
    most: int | None = Field(default=None, ge=0, description="More errors than this are not well.")

    def level_of(self) -> Level:
        return self.strength

    def plan(self) -> str:
        return f"Counts by kind what {self.whence} complains about."


class Compare(Verb):
    """Which kinds of error are new, gone, or at least twice as frequent or seldom: before against after.

    With the spans of both, counts are lines a minute.
    """

    title = N_("Errors before and after")
    level = "read"
    verbatim: ClassVar = frozenset({"command"})
    examples = (
        {"before": {"file": "/var/log/shop/api.log.1"}, "after": {"file": "/var/log/shop/api.log"}},
        {
            "before": {"command": "journalctl -u shop --since -2h --until -1h"},
            "after": {"command": "journalctl -u shop --since -10m"},
            "before_span": "1h",
            "after_span": "10m",
        },
    )

    before: Source
    after: Source
    before_span: Duration | None = Field(default=None, description="How long a time the lines before cover.")
    after_span: Duration | None = Field(default=None, description="How long a time the lines after cover.")

    def level_of(self) -> Level:
        return highest((self.before.strength, self.after.strength))

    def plan(self) -> str:
        return f"Compares what {self.before.whence} complained about with what {self.after.whence} does."


class Logs(Toolbox):
    title = N_("Logs")
    verbs: ClassVar = (Errors, Compare)

    def act(self, verb: Verb, call: Call) -> Result:
        match verb:
            case Errors():
                found = self._read(verb, call, "lines", verb.patterns)
                return found if isinstance(found, Result) else _told(verb, found, call)
            case Compare():
                before = self._read(verb.before, call, "before")
                if isinstance(before, Result):
                    return before
                after = self._read(verb.after, call, "after")
                if isinstance(after, Result):
                    return after
                differences = compare(
                    before, after, before_s=_seconds(verb.before_span), after_s=_seconds(verb.after_span)
                )
                return tell(call, (asdict(each) for each in differences))
            case _:
                raise CannotRun(f"there is no verb {type(verb).named()}")

    def _read(
        self, source: Source, call: Call, name: str, patterns: Mapping[str, str] | None = None
    ) -> Histogram | Result:
        """What the source complains about, or how it failed."""
        folder = call.folder / name
        folder.mkdir()
        inner = replace(call, folder=folder)
        if source.action is not None:
            [(action, given)] = source.action.items()
            toolbox = toolboxes()[action.partition(".")[0]]
            result = toolbox(self.outbound).run(replace(inner, action=action, arguments=given))
        elif source.command is not None:
            result = command.run(replace(inner, text=source.command, language="bash"))
        else:
            text = shlex.join(("tail", "-n", str(source.last), "--", source.file or ""))
            result = command.run(replace(inner, text=f"exec {text}", language="sh"))
        if not result.well:
            call.err.write_text(tail_of(inner.err), encoding="utf-8")
            return with_reason(inner, result)
        return histogram(chain(_lines(inner.out), _lines(inner.err)), patterns)


def _told(verb: Errors, found: Histogram, call: Call) -> Result:
    whole = {"lines": found.lines, "errors": found.errors, "patterns": dict(found.patterns)}
    kinds = (
        {"kind": name, "count": kind.count, "first": kind.first, "last": kind.last}
        for name, kind in islice(found.kinds.items(), verb.limit)
    )
    too_many = verb.most is not None and found.errors > verb.most
    why = f"{found.errors} errors, more than {verb.most}" if too_many else ""
    return tell(call, chain([whole], kinds), well=not too_many, why=why)


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span else None


def _lines(path: Path) -> Iterator[str]:
    """Lines in pieces that fit into memory, however long they are."""
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            while line := file.readline(_PIECE):
                yield line
