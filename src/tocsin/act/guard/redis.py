"""What would this Redis command do? An unknown one is *change*, or *destroy* where its name says that it deletes."""

from __future__ import annotations

import shlex

from tocsin.act.guard.rules.redis_commands import COMMANDS, Command
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten

_LONGEST = 50_000
_MOST_WORDS = 3
_BY_WORDS: dict[str, Command] = {each.words: each for each in COMMANDS}
_STREAMING = frozenset({"MONITOR", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})


def command_level(words: list[str]) -> tuple[Level, str, str]:
    """Level, why, and the safer way of one command given as words."""
    if not words:
        return "change", "an interactive session may do anything", "give the command as arguments"
    if len(words) > 1 and words[0].endswith(">"):
        words = words[1:]  # the prompt of redis-cli
    upper = [each.upper() for each in words]
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


def split_line(line: str) -> list[str]:
    """A line as words: quotes hold a word together. Raises ValueError for a quote without end."""
    return shlex.split(line)


def redis_level(text: str) -> Verdict:
    """The verdict on a `redis` block: one command a line, `#` begins a comment."""
    if len(text) > _LONGEST:
        return _unread(text, f"it is longer than {_LONGEST} characters")
    reasons: list[Reason] = []
    flows = False
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = split_line(line)
        except ValueError:
            return _unread(line, "a quote is not closed")
        level, why, safer = command_level(words)
        flows = flows or (bool(words) and words[0].upper() in _STREAMING)
        reasons.append(Reason(part=shorten(line), level=level, why=why, safer=safer))
    return Verdict.of(reasons, streams=flows)


def _unread(text: str, why: str) -> Verdict:
    reason = Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")
    return Verdict.of([reason], parsed=False)
