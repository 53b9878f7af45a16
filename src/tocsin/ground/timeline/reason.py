"""Why did it happen, in the reader's language? Reasons that Tocsin itself gives, known again in the story.

The story keeps a reason as plain English, whoever gave it. Told in another language, one of ours is found again: as a
whole text of the catalog, as a declared text whose values stand in it, or behind the title of what it is about
(`Restart the service: did not end in time`). What a person wrote is in no catalog and stays as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tocsin.ground.i18n import Sentence, translate

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}", re.ASCII)
_LONGEST = 400
_declared: dict[str, Reason] = {}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with values in it, at module level: `HELD = reason(N_("stayed well for {n} rounds"))`, `HELD(n=3)`."""

    text: str

    def __call__(self, **values: object) -> str:
        return translate("en", self.text, **values)


def reason(text: str) -> Reason:
    """Makes a text with `{values}`, marked with N_, known as a reason."""
    return _declared.setdefault(text, Reason(text))


def told(why: str, language: str) -> str:
    """The reason in `language`, as far as it is one of ours; a sentence remembers what it was made of."""
    if isinstance(why, Sentence):
        return why.said(language)
    if language == "en" or len(why) > _LONGEST or "{" in why:
        return why
    known = translate(language, why)
    if known != why:
        return known
    for each in _declared.values():
        if found := _pattern(each.text).fullmatch(why):
            return translate(language, each.text, **found.groupdict())
    for separator in ("; ", ": "):
        first, between, rest = why.partition(separator)
        if between:
            return f"{first if separator == ': ' else told(first, language)}{between}{told(rest, language)}"
    return why


@cache
def _pattern(text: str) -> re.Pattern[str]:
    # Of a text of ours, escaped between its placeholders: no pattern ever comes from outside.
    parts = _PLACEHOLDER.split(text)
    return re.compile(
        "".join(f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)),
        re.DOTALL,
    )
