"""Which alerts do these matchers mean? Matchers made ready to be asked many times, and many of them asked at once.

A regular expression remembers what it said of a value, since labels have few values and many alerts share them. Of many
sets of matchers only those are asked whose first equality fits: ten thousand alerts against a thousand silences
cost as much as ten thousand lookups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.matchers import Matcher, matches

T = TypeVar("T")
MATCHERS_MOST = 50
_LONGEST = 1_024
_REMEMBERED = 10_000
_OPERATORS = ("=", "!=", "=~", "!~")
_NOTHING: Mapping[str, str] = {}


class Selector:
    """All matchers have to hold. Without any, every alert is meant."""

    __slots__ = ("_tests", "matchers")

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        self.matchers = tuple(matchers)
        self._tests = [(each.name, _test(each)) for each in self.matchers]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(test(labels.get(name, "")) for name, test in self._tests)

    @property
    def everything(self) -> bool:
        """Whether even an alert without labels is meant: then nothing that stands here chooses."""
        return self.matches(_NOTHING)


@lru_cache(maxsize=2_048)
def selector_of(matchers: tuple[Matcher, ...]) -> Selector:
    """The matchers made ready, once."""
    return Selector(matchers)


class Choice(Generic[T]):
    """Many sets of matchers, each with what it stands for."""

    def __init__(self, entries: Iterable[tuple[tuple[Matcher, ...], T]]) -> None:
        self._keyed: dict[tuple[str, str], list[tuple[int, Selector, T]]] = {}
        self._others: list[tuple[int, Selector, T]] = []
        for place, (matchers, meant) in enumerate(entries):
            entry = (place, selector_of(matchers), meant)
            key = next(((each.name, each.value) for each in matchers if _selects(each)), None)
            (self._others if key is None else self._keyed.setdefault(key, [])).append(entry)

    def __bool__(self) -> bool:
        return bool(self._keyed or self._others)

    def of(self, labels: Mapping[str, str]) -> list[T]:
        """What the matchers that fit these labels stand for, in the order given."""
        found = [entry for entry in self._others if entry[1].matches(labels)]
        if self._keyed:
            for item in labels.items():
                found += [entry for entry in self._keyed.get(item, ()) if entry[1].matches(labels)]
        found.sort(key=lambda entry: entry[0])
        return [meant for _, _, meant in found]


def checked(matchers: Iterable[Matcher], field: str = "matchers") -> tuple[Matcher, ...]:
    """The matchers, if there are some and each can be asked. Raises Invalid."""
    given = tuple(dict.fromkeys(matchers))
    if not given:
        raise Invalid("at least one matcher is needed", field=field, fix='Such as alertname="DiskFull".')
    if len(given) > MATCHERS_MOST:
        raise Invalid(f"more than {MATCHERS_MOST} matchers", field=field, fix="Leave some out.")
    for each in given:
        if each.operator not in _OPERATORS:
            raise Invalid(f"there is no operator {each.operator!r}", field=field, fix="One of = != =~ !~.")
        if not each.name or not (each.name.isprintable() and storable(each.value)):
            raise Invalid("a matcher needs a readable name and value", field=field)
        if max(len(each.name), len(each.value)) > _LONGEST:
            raise Invalid(f"a matcher has more than {_LONGEST} characters", field=field)
        matches(each, _NOTHING)  # a pattern that RE2 cannot read says so now
    return given


def storable(text: str) -> bool:
    """Whether both databases can keep it: no NUL, no half of a character."""
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)


def written(matcher: Matcher) -> str:
    """As Prometheus and amtool write it: `severity=~"warn.*"`."""
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{matcher.name}{matcher.operator}"{value}"'


def as_json(matchers: Iterable[Matcher]) -> list[dict[str, str]]:
    """As rows keep them."""
    return [{"name": each.name, "operator": each.operator, "value": each.value} for each in matchers]


def from_json(kept: Iterable[Mapping[str, str]]) -> tuple[Matcher, ...]:
    """What `as_json` wrote."""
    return tuple(Matcher(name=each["name"], operator=each["operator"], value=each["value"]) for each in kept)


_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_ESCAPED = _SPECIAL | frozenset("-/")
_PIECE = re.compile(r"\\?.", re.DOTALL)
_ATOM = r"(?:[^\\.+*?()|\[\]{}^$]|\.|\\[-.+*?()|\[\]{}^$/\\]|\[[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\])"
_SIMPLE = re.compile(rf"(?:{_ATOM}[*+?]?)*", re.ASCII)


def _quick(pattern: str) -> Callable[[str], bool] | None:
    """The pattern without an engine for it, where it is words with `|` between them; or by Python's own engine, forty
    times as quick as RE2 behind CEL, where it has no groups and at most one `*` or `+`: so it cannot blow up."""
    words = _words(pattern)
    if words is not None:
        return words.__contains__
    if not _SIMPLE.fullmatch(pattern):
        return None
    bare = re.sub(r"\\.|\[[^]]*\]", "", pattern)
    if bare.count("*") + bare.count("+") > 1 or bare.count("?") > 2:
        return None
    try:
        ready = re.compile(pattern, re.DOTALL)
    except re.error:
        return None
    return lambda value: ready.fullmatch(value) is not None


def _words(pattern: str) -> frozenset[str] | None:
    """All that it fits, where it is nothing but words with `|` between them."""
    words = [""]
    for piece in _PIECE.findall(pattern):
        if piece == "|":
            words.append("")
        elif len(piece) == 2 and piece[1] in _ESCAPED:
            words[-1] += piece[1]
        elif len(piece) == 2 or piece in _SPECIAL:
            return None
        else:
            words[-1] += piece
    return frozenset(words)


def _selects(matcher: Matcher) -> bool:
    return matcher.operator == "=" and matcher.value != ""


def _test(matcher: Matcher) -> Callable[[str], bool]:
    wanted = matcher.value
    if matcher.operator == "=":
        return wanted.__eq__
    if matcher.operator == "!=":
        return wanted.__ne__
    wants = matcher.operator == "=~"
    if quick := _quick(wanted):
        return lambda value: quick(value) == wants
    said: dict[str, bool] = {}

    def fits(value: str) -> bool:
        known = said.get(value)
        if known is None:
            if len(said) >= _REMEMBERED:
                said.clear()
            known = said[value] = matches(matcher, {matcher.name: value})
        return known

    return fits
