"""Which words of a command name what it does? Options and their values set aside, and the table asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tocsin.act.guard.rules import RULES, Rule
from tocsin.act.guard.rules.looking import LOOKING
from tocsin.act.guard.rules.options import ALIASES, OPTIONS_WITH_VALUE, PLAIN_OPTIONS
from tocsin.act.guard.rules.streaming import STREAMING
from tocsin.act.guard.verdict import Level

_UNKNOWN_DEPTH = 4  # words that `...` may stand for


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command; `fixed` is False where a part of it is only known at run time."""

    text: str
    fixed: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What the table says of a command."""

    level: Level
    does: str
    safer: str = ""
    known: bool = True


def canonical(words: Sequence[Word]) -> list[Word]:
    """The same command under the name that the table has: no path, no backslash, no alias."""
    program = words[0].text.rsplit("/", 1)[-1]
    return [Word(each) for each in ALIASES.get(program, (program,))] + list(words[1:])


@dataclass(frozen=True, slots=True)
class Parts:
    """A command taken apart: words that are no options, options, and whether an unknown option makes it unsure."""

    words: tuple[str, ...]
    options: tuple[str, ...]
    unsure_after: int  # positions in `words` from here on may be the value of an option that nobody knows


def parts(words: Sequence[Word]) -> Parts:
    plain: list[str] = []
    options: list[str] = []
    unsure_after = len(words) + 1
    path = ""
    skip = False
    only_words = False
    for word in words:
        text = word.text
        if skip:
            skip = False
        elif only_words or not text.startswith("-") or text == "-":
            plain.append(text)
            deeper = f"{path} {text}".strip()
            path = deeper if len(plain) == 1 or deeper in OPTIONS_WITH_VALUE else path
        elif text == "--":
            options.append(text)
            only_words = True
        else:
            options.append(text)
            name, equals, _ = text.partition("=")
            if not equals and text in OPTIONS_WITH_VALUE.get(path, frozenset()):
                skip = True
            elif not equals and name not in PLAIN_OPTIONS:
                unsure_after = min(unsure_after, len(plain))
    return Parts(tuple(plain), tuple(options), unsure_after)


def has_flag(options: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether an option is there, also with a value (`--rmi=all`) or in a cluster of letters (`-fv`)."""
    names = tuple(wanted)
    for option in options:
        name = option.partition("=")[0]
        if name in names:
            return True
        letters = name[1:] if not name.startswith("--") and name[1:].isalpha() else ""
        if any(len(each) == 2 and each[1] in letters for each in names):
            return True
    return False


def _covers(pattern: Sequence[str], words: Sequence[str]) -> int:
    """How many words a pattern takes from the front, 0 if it does not fit."""
    if "..." in pattern:
        at = pattern.index("...")
        head, tail = pattern[:at], pattern[at + 1 :]
        taken = _covers(head, words)
        if taken == 0:
            return 0
        for extra in range(_UNKNOWN_DEPTH + 1):
            more = _covers(tail, words[taken + extra :])
            if more:
                return taken + extra + more
        return 0
    if len(words) < len(pattern):
        return 0
    fits = all(fnmatchcase(word, each) for word, each in zip(words, pattern, strict=False))
    return len(pattern) if fits else 0


_ORDER: dict[Level, int] = {"read": 0, "change": 1, "destroy": 2}
_SPLIT: tuple[tuple[Rule, tuple[str, ...]], ...] = tuple((rule, tuple(rule.words.split())) for rule in RULES)


def _by_program() -> dict[str, list[tuple[Rule, tuple[str, ...]]]]:
    table: dict[str, list[tuple[Rule, tuple[str, ...]]]] = {}
    for rule, pattern in _SPLIT:
        table.setdefault(pattern[0], []).append((rule, pattern))
    return table


_TABLE = _by_program()
_OPEN = [each for name, rules in _TABLE.items() if "*" in name for each in rules]

NAMED = frozenset(name for name in _TABLE if "*" not in name) | LOOKING | frozenset(ALIASES)
"""Programs that the table names."""


def look_up(words: Sequence[Word]) -> Told:
    """What the table says of a command in its canonical form."""
    told = parts(words)
    if not told.words:
        return Told("change", "is not a command that is known", known=False)
    best: tuple[int, ...] | None = None
    found: Rule | None = None
    taken = 0
    for rule, pattern in [*_TABLE.get(told.words[0], ()), *_OPEN]:
        covered = _covers(pattern, told.words)
        if not covered or (rule.flags and not has_flag(told.options, rule.flags)):
            continue
        precise = sum(1 for each in pattern if each not in ("*", "..."))
        rank = (precise, bool(rule.flags), len(pattern[0]), pattern.count("*"), _ORDER[rule.level])
        if best is None or rank > best:
            best, found, taken = rank, rule, covered
    if found is None:
        if told.words[0] in LOOKING:
            return Told("read", "only looks")
        if len(told.words) == 1 and told.options in (("--version",), ("--help",)):
            return Told("read", "tells about itself")
        return Told("change", "is not known", known=False)
    # An option nobody knows may swallow the next word, so `tool --x status delete` must not pass for a look.
    if found.level == "read" and taken > 1 and told.unsure_after < taken:
        return Told("change", "may do something else, since an option before it is not known", known=False)
    return Told(found.level, found.does, found.safer)


def streams(words: Sequence[Word]) -> bool:
    """Whether the command never ends by itself."""
    told = parts(words)
    for names, needs, unless in STREAMING:
        if not _covers(names.split(), told.words):
            continue
        if (not needs or has_flag(told.options, needs)) and not (unless and has_flag(told.options, unless)):
            return True
    return False
