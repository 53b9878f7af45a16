"""What would this Redis command do? An unknown one is *change*, or *destroy* where its name says that it deletes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.act.guard.rules.redis_commands import COMMANDS, Command
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten

_LONGEST = 50_000
_MOST_WORDS = 3
_BY_WORDS: dict[str, Command] = {each.words: each for each in COMMANDS}
_STREAMING = frozenset({"MONITOR", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})


def command_level(words: Sequence[str]) -> tuple[Level, str, str]:
    """Level, why, and the safer way of one command given as words."""
    if not words:
        return "change", "an interactive session may do anything", "give the command as arguments"
    upper = [each.upper() for each in words]
    if "$" in words[0] or ("$" in "".join(words[1:2]) and _is_container(upper[0])):
        return "destroy", "what it does is only known at run time", "write the command out"
    for length in range(min(_MOST_WORDS, len(words)), 0, -1):
        found = _BY_WORDS.get(" ".join(upper[:length]))
        if found is None:
            continue
        if found.words.startswith("SORT") and "STORE" not in upper:
            return "read", f"{found.words} without STORE only looks", ""
        return found.level, f"{found.words} {found.does}", found.safer
    if destroys(words[0]) or (len(words) > 1 and _is_container(upper[0]) and destroys(words[1])):
        return "destroy", f"{upper[0]} says by its name that it deletes", "look at what it names first"
    return "change", f"{shorten(upper[0], 60)} is not known", ""


def _is_container(name: str) -> bool:
    """Whether the word is one of those that take a subcommand, as CONFIG does."""
    return any(each.startswith(f"{name} ") for each in _BY_WORDS)


@dataclass(frozen=True, slots=True)
class Line:
    """One command of a block, as written and as words."""

    text: str
    words: tuple[str, ...]


def commands_in(text: str) -> Iterator[Line]:
    """The commands of a block, one a line; quotes hold a word together, `#` begins a comment, a prompt is set aside.

    Whoever sends them uses the same reading. Raises ValueError for a quote without end.
    """
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = tuple(shlex.split(line))
        yield Line(line, words[1:] if len(words) > 1 and words[0].endswith(">") else words)


def redis_level(text: str) -> Verdict:
    """The verdict on a `redis` block."""
    if len(text) > _LONGEST:
        return _unread(text, f"it is longer than {_LONGEST} characters")
    reasons: list[Reason] = []
    flows = False
    try:
        for line in commands_in(text):
            level, why, safer = command_level(line.words)
            flows = flows or is_streaming(line.words)
            reasons.append(Reason(part=shorten(line.text), level=level, why=why, safer=safer))
    except ValueError:
        return _unread(text, "a quote is not closed")
    return Verdict.of(reasons, streams=flows)


def is_streaming(words: Sequence[str]) -> bool:
    """Whether a command never ends by itself."""
    return bool(words) and words[0].upper() in _STREAMING


def _unread(text: str, why: str) -> Verdict:
    reason = Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")
    return Verdict.of([reason], parsed=False)
