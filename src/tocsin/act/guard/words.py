"""Which words of a command name what it does? Options and their values set aside, and the table asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tocsin.act.guard.rules import RULES, Rule
from tocsin.act.guard.rules.looking import LOOKING
from tocsin.act.guard.rules.options import ALIASES, OPTIONS_WITH_VALUE, PLAIN_OPTIONS
from tocsin.act.guard.rules.rehearsals import REHEARSALS
from tocsin.act.guard.rules.speaking import ONLY_DESTROYING, SPEAKING
from tocsin.act.guard.rules.streaming import STREAMING
from tocsin.act.guard.verbs import CHANGING, DESTROYING, NOUNS_TOO, destroys, parts_of, reads
from tocsin.act.guard.verdict import Level

_UNKNOWN_DEPTH = 4  # words that `...` may stand for
_SPOKEN = 6  # so many words of a command may say what it does
_SAFER = "look at what it names first, and keep a copy"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command; `fixed` is False where a part of it is only known at run time."""

    text: str
    fixed: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What the table says of a command; `known` is False where it has nothing to say but the level of the unknown."""

    level: Level
    does: str
    safer: str = ""
    known: bool = True
    rule: Rule | None = None


REHEARSED = Told("read", "only shows what it would do")


def rehearses(words: Sequence[Word]) -> bool:
    """Whether the command only shows what it would do, by one of its options."""
    return _rehearses(parts(words))


def canonical(words: Sequence[Word]) -> list[Word]:
    """The same command under the name that the table has: no path, no ending of Windows, no alias."""
    program = words[0].text.rsplit("/", 1)[-1].removesuffix(".exe")
    return [Word(each) for each in ALIASES.get(program, (program,))] + list(words[1:])


@dataclass(frozen=True, slots=True)
class Parts:
    """A command taken apart: words that are no options, where they stand, and the options."""

    words: tuple[str, ...]
    at: tuple[int, ...]
    options: tuple[str, ...]
    values: tuple[str, ...]  # of options
    unsure_after: int  # positions in `words` from here on may be the value of an option that nobody knows
    built: frozenset[int]  # positions in `words` of those only known at run time


def parts(words: Sequence[Word]) -> Parts:
    plain: list[str] = []
    at: list[int] = []
    options: list[str] = []
    values: list[str] = []
    unsure_after = len(words) + 1
    built: set[int] = set()
    path = ""
    skip = False
    only_words = False
    for position, word in enumerate(words):
        text = word.text
        if skip:
            skip = False
            values.append(text)
        elif only_words or not text.startswith("-") or text == "-":
            if not word.fixed:
                built.add(len(plain))
            plain.append(text)
            at.append(position)
            deeper = f"{path} {text}".strip()
            path = deeper if len(plain) == 1 or deeper in OPTIONS_WITH_VALUE else path
        elif text == "--":
            options.append(text)
            only_words = True
        else:
            options.append(text)
            valued = OPTIONS_WITH_VALUE.get(path, frozenset())
            if text in valued:
                skip = True
            elif not (_holds_its_value(text, valued) or text in PLAIN_OPTIONS):
                unsure_after = min(unsure_after, len(plain))
    return Parts(tuple(plain), tuple(at), tuple(options), tuple(values), unsure_after, frozenset(built))


def _holds_its_value(option: str, valued: frozenset[str]) -> bool:
    """Whether an option cannot take the next word: `--name=value`, `-p2222`, `-uroot`."""
    if "=" in option:
        return True
    return (
        not option.startswith("--") and len(option) > 2 and (option[:2] in valued or not option[1:].isalpha())
    )


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
    if pattern[-1:] == ("$",):
        head = pattern[:-1]
        return len(head) if len(words) == len(head) and _covers(head, words) else 0
    if len(words) < len(pattern):
        return 0
    fits = all(fnmatchcase(word, each) for word, each in zip(words, pattern, strict=False))
    return len(pattern) if fits else 0


def _begins(pattern: Sequence[str], words: Sequence[str]) -> bool:
    """Whether a pattern can be about these words at all: the quick question before the exact one."""
    return bool(words) and (pattern[0] == words[0] or "*" in pattern[0])


_ORDER: dict[Level, int] = {"read": 0, "change": 1, "destroy": 2}
_SPLIT: tuple[tuple[Rule, tuple[str, ...]], ...] = tuple((rule, tuple(rule.words.split())) for rule in RULES)


_Rules = list[tuple[Rule, tuple[str, ...]]]


def _by_program() -> dict[str, dict[str, _Rules]]:
    """The rules of each program by its second word; "" holds those in which it may be anything or is missing."""
    table: dict[str, dict[str, _Rules]] = {}
    for rule, pattern in _SPLIT:
        program, *more = pattern
        second = more[0] if more and not set(more[0]) & set("*.$[?") else ""
        table.setdefault(program, {}).setdefault(second, []).append((rule, pattern))
    return table


_TABLE = _by_program()
_OPEN = [
    (name.partition("*")[0], each)
    for name, rules in _TABLE.items()
    if "*" in name
    for several in rules.values()
    for each in several
]
"""The rules of programs of which only a part of the name is given, with how that name begins."""

_WITH_SUBCOMMANDS = frozenset(pattern[0] for _, pattern in _SPLIT if len(pattern) > 1)
_STATEMENTS = frozenset(name for name in _TABLE if name.isupper())

NAMED = (frozenset(name for name in _TABLE if "*" not in name) - _STATEMENTS) | LOOKING | frozenset(ALIASES)
"""Programs that the table names."""

ALWAYS_DESTROY = (
    frozenset(
        rule.words for rule in RULES if rule.level == "destroy" and not rule.flags and " " not in rule.words
    )
    - _STATEMENTS
)
"""Programs that destroy whatever their arguments are."""


def look_up(words: Sequence[Word]) -> Told:
    """What the table says of a command in its canonical form."""
    told = parts(words)
    if not told.words:
        return Told("change", "is not a command that is known", known=False)
    program = told.words[0]
    if _rehearses(told):
        return REHEARSED
    found, taken = _best(told)
    if found is None:
        return _without_rule(program, told)
    if found.level != "destroy":
        general = not found.flags and all(each in ("*", "...") for each in found.words.split()[1:])
        if general and program in _WITH_SUBCOMMANDS and 1 in told.built:
            return Told("destroy", "what it does is only known at run time", "write the command out")
        if general and found.level == "change" and program in SPEAKING:
            return _by_its_words(told)
        spoken = _spoken(told) if general and found.level == "change" else None
        if spoken is not None and (program in _WITH_SUBCOMMANDS or program in ONLY_DESTROYING):
            return Told("destroy", f"says that it deletes: {spoken}", _SAFER)
        behind = told.words[taken] if taken < min(len(told.words), told.unsure_after) else ""
        if behind in DESTROYING and program in _WITH_SUBCOMMANDS:
            return Told("destroy", f"says that it deletes: {behind}", _SAFER)
    # An option nobody knows may swallow the next word, so `tool --x status delete` must not pass for a look.
    if found.level == "read" and taken > 1 and told.unsure_after < taken:
        return Told("change", "may do something else, since an option before it is not known", known=False)
    return Told(found.level, found.does, found.safer, rule=found)


def _best(told: Parts) -> tuple[Rule | None, int]:
    best: tuple[int, ...] | None = None
    found: Rule | None = None
    taken = 0
    for rule, pattern in _candidates(told.words):
        covered = _covers(pattern, told.words)
        if not covered or (rule.flags and not has_flag(told.options, rule.flags)):
            continue
        precise = sum(1 for each in pattern if each not in ("*", "..."))
        rank = (precise, bool(rule.flags), len(pattern[0]), pattern.count("*"), _ORDER[rule.level])
        if best is None or rank > best:
            best, found, taken = rank, rule, covered
    return found, taken


def _candidates(words: Sequence[str]) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    """The rules that can be about these words at all: of hundreds for one program only a few."""
    rules = _TABLE.get(words[0], {})
    if len(words) > 1 and words[1]:
        yield from rules.get(words[1], ())
    yield from rules.get("", ())
    yield from (each for begin, each in _OPEN if words[0].startswith(begin))


def _rehearses(told: Parts) -> bool:
    """Whether the command only shows what it would do."""
    if not told.options:
        return False
    for pattern, flags in REHEARSALS:
        if not _begins(pattern, told.words) or not _covers(pattern, told.words):
            continue
        asked = [each for each in told.options if has_flag([each], flags)]
        if asked and not any(each.endswith(("=none", "=false")) for each in asked):
            return True
    return False


def _without_rule(program: str, told: Parts) -> Told:
    if program in LOOKING:
        return Told("read", "only looks")
    if len(told.words) == 1 and told.options in (("--version",), ("--help",), ("-V",)):
        return Told("read", "tells about itself")
    if program in SPEAKING:
        return _by_its_words(told)
    spoken = _spoken(told)
    if spoken is not None or destroys(program):
        return Told("destroy", f"is not known, and says that it deletes: {spoken or program}", _SAFER)
    return Told("change", "is not known", known=False)


def _spoken(told: Parts) -> str | None:
    """The word or option that says that something goes for good."""
    for word in (*told.words[1 : _SPOKEN + 1], *told.values[:_SPOKEN]):
        if word.rpartition(".")[2] in DESTROYING or (_is_name(word) and destroys(word)):
            return word
    for option in told.options[:20]:
        if option.startswith("--") and parts_of(option)[:1] and parts_of(option)[0] in _GONE_BY_OPTION:
            return option.partition("=")[0]
    return None


_GONE_BY_OPTION = frozenset({"delete", "destroy", "drop", "erase", "purge", "remove", "truncate", "wipe"})


def _is_name(word: str) -> bool:
    """`delete-user` and `db:drop` are names of what to do; `old/remove.txt` and a sentence are not."""
    return len(word) <= 60 and not set(word) & set("/. =@\"'$<>{}\\") and not word.isupper()


def _by_its_words(told: Parts) -> Told:
    """A program of which is known that its words say what it does: `tool backups list`."""
    if len(told.words) == 1:
        asks = all(each in _ASKING_OPTIONS for each in told.options)
        if asks:
            return Told("read", "tells about itself")
    for at, word in enumerate(told.words[1 : _SPOKEN + 1], start=1):
        if _is_name(word) and destroys(word):
            return Told("destroy", f"says that it deletes: {word}", _SAFER)
        if reads(word):
            return _asked(told, at)
        if word in CHANGING and not (word in NOUNS_TOO and reads("".join(told.words[at + 1 : at + 2]))):
            break
    spoken = _spoken(told)
    if spoken is not None:
        return Told("destroy", f"says that it deletes: {spoken}", _SAFER)
    return Told("change", "changes something, or its words say nothing")


_ASKING_OPTIONS = frozenset({"-h", "--help", "-v", "-V", "--version", "-s", "--status", "-l", "--list"})


def _asked(told: Parts, at: int) -> Told:
    behind = told.words[at + 1] if len(told.words) > at + 1 < told.unsure_after else ""
    if behind in DESTROYING:
        return Told("destroy", f"says that it deletes: {behind}", _SAFER)
    if behind in CHANGING:
        return Told("change", f"changes something: {behind}")
    if told.unsure_after <= at:
        return Told("change", "may do something else, since an option before it is not known", known=False)
    return Told("read", f"only looks: {told.words[at]}")


def named_by(words: Sequence[Word], table: Iterable[str]) -> Iterator[tuple[str, list[Word]]]:
    """The names of a table that a command begins with, longest first, and the words behind each."""
    told = parts(words)
    for length in (4, 3, 2, 1):
        if length <= len(told.words) and (name := " ".join(told.words[:length])) in table:
            yield name, list(words[told.at[length - 1] + 1 :])


def streams(words: Sequence[Word]) -> bool:
    """Whether the command never ends by itself."""
    told = parts(words)
    for names, needs, unless in STREAMING:
        pattern = names.split()
        if not _begins(pattern, told.words) or not _covers(pattern, told.words):
            continue
        if (not needs or has_flag(told.options, needs)) and not (unless and has_flag(told.options, unless)):
            return True
    return False
