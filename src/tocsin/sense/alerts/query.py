"""What does a reader look for? One line of matchers and words: `severity="critical" service=~"shop.*" disk`.

Matchers are those of Prometheus and amtool, with spaces or commas between them; everything else is a word that the
alert has to say somewhere. All of them have to hold. A slip is told with its cure, so that nobody has to look it up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.matchers import Matcher, parse_matcher

_BETWEEN = " \t\r\n,{}"
_OPERATORS = ("=~", "!~", "!=", "=")
_LONGEST, _MOST = 2_000, 20
_FIELD = "q"

_LONG = timeline.reason(N_("That is more than {n} characters."))
_MANY = timeline.reason(N_("That is more than {n} conditions."))
_LESS = N_("Look for less at once.")
_OPEN = timeline.reason(N_("A quote is opened and not closed: {text}"))
_CLOSE = N_('Put a " at its end.')
_NAMELESS = timeline.reason(N_("No label stands before {operator}."))
_NAME_IT = N_('Write the label first: severity="critical".')
_EMPTY = timeline.reason(N_("Nothing stands after {name}{operator}."))
_QUOTE_IT = timeline.reason(N_('Write {name}{operator}"…"; "" means that the label is not there.'))
_DOUBLE = timeline.reason(N_("{operator} is no comparison."))
_ONE_OF = N_("The comparisons are =, !=, =~ and !~.")
_PATTERN = timeline.reason(N_("{text} is no regular expression that can be read."))
_RE2 = N_("Close its brackets, and write \\ before a character that is meant as it stands.")
_ODD = timeline.reason(N_("No label can be called {name}."))


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What has to hold of an alert, all of it."""

    matchers: tuple[Matcher, ...] = ()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.matchers or self.words)


def parse_query(text: str) -> Wanted:
    """Reads a line. Raises Invalid on the field `q`, in words that can be told in the reader's language."""
    if len(text) > _LONGEST:
        raise Invalid(_LONG(n=_LONGEST), field=_FIELD, fix=_LESS)
    matchers: list[Matcher] = []
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in _BETWEEN:
            at += 1
            continue
        name, at = _name(text, at)
        after = at + len(text[at:]) - len(text[at:].lstrip())
        operator = next((each for each in _OPERATORS if text.startswith(each, after)), "")
        if not operator:
            if text.startswith("~", after):
                raise Invalid(_DOUBLE(operator="~"), field=_FIELD, fix=_ONE_OF)
            words.append(name)
        else:
            value, at = _value(text, after + len(operator), name, operator)
            matchers.append(_matcher(name, operator, value))
        if len(matchers) + len(words) > _MOST:
            raise Invalid(_MANY(n=_MOST), field=_FIELD, fix=_LESS)
    return Wanted(matchers=tuple(matchers), words=tuple(word for word in words if word))


def written(matchers: tuple[Matcher, ...]) -> str:
    """The line that `parse_query` reads as these matchers."""
    return " ".join(
        f"{_quoted_name(each.name)}{each.operator}{json.dumps(each.value, ensure_ascii=False)}"
        for each in matchers
    )


def _name(text: str, at: int) -> tuple[str, int]:
    if text[at] == '"':
        return _quoted(text, at)
    end = at
    while end < len(text) and text[end] not in _BETWEEN and text[end] not in '=!~"':
        end += 1
    if end < len(text) and text[end] == "!" and text[end + 1 : end + 2] not in ("=", "~"):
        end += 1  # a word may end in an exclamation mark
    if end == at:
        operator = next((each for each in _OPERATORS if text.startswith(each, at)), text[at])
        raise Invalid(_NAMELESS(operator=operator), field=_FIELD, fix=_NAME_IT)
    return text[at:end], end


def _value(text: str, at: int, name: str, operator: str) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] == '"':
        return _quoted(text, at)
    if text[at : at + 1] in ("=", "~", "!"):
        raise Invalid(_DOUBLE(operator=operator + text[at]), field=_FIELD, fix=_ONE_OF)
    end = at
    while end < len(text) and text[end] not in _BETWEEN:
        end += 1
    if end == at:
        problem = _EMPTY(name=name, operator=operator)
        raise Invalid(problem, field=_FIELD, fix=_QUOTE_IT(name=name, operator=operator))
    return text[at:end], end


def _quoted(text: str, at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise Invalid(_OPEN(text=text[at : at + 40]), field=_FIELD, fix=_CLOSE)
    inner = text[at : end + 1]
    try:
        return str(json.loads(inner)), end + 1
    except ValueError:
        return inner[1:-1], end + 1


def _matcher(name: str, operator: str, value: str) -> Matcher:
    if '"' in name or "\\" in name or not name.isprintable():
        raise Invalid(_ODD(name=name), field=_FIELD, fix=_NAME_IT)
    matcher = Matcher(name=name, operator=operator, value=value)
    if operator in ("=~", "!~"):
        try:
            parse_matcher(f"{_quoted_name(name)}{operator}{json.dumps(value)}")
        except Invalid as error:
            raise Invalid(_PATTERN(text=value), field=_FIELD, fix=_RE2) from error
    return matcher


def _quoted_name(name: str) -> str:
    plain = name and not any(each in _BETWEEN or each in '=!~"' for each in name)
    return name if plain else json.dumps(name, ensure_ascii=False)
