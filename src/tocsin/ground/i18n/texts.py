"""What is this text in that language? Catalogs, and the one way to put values into a sentence.

A placeholder is a flat name, `{person}`: looked up once, no attributes, no format specifications, and what was put
in is never looked at again, so that a value that came from an alert stays a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"
_NAMES = {"en": "English", "zh_Hant": "繁體中文"}
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}", re.ASCII)
_MISSING = "–"
_Text = TypeVar("_Text", bound=str)


def N_(text: _Text) -> _Text:  # noqa: N802 - the name that gettext gave to a mark
    """Marks a text for the catalogs and returns it unchanged."""
    return text


def languages() -> Mapping[str, str]:
    """The languages Tocsin speaks, each with its own name for itself."""
    return MappingProxyType(_NAMES)


def translate(language: str, text: str, /, **values: object) -> str:
    """`text` in `language` with its `{names}` filled in.

    A text that the catalog lacks, or a language nobody knows, is said in English: a page without a translation is
    better than no page. A value that is missing is told as a dash.
    """
    said = _catalog(language).get(text, text) if language != "en" else text
    if "{" not in said:
        return said
    return _PLACEHOLDER.sub(lambda match: _shown(values.get(match.group(1))), said)


def placeholders(text: str) -> frozenset[str]:
    """The names a text wants filled in."""
    return frozenset(_PLACEHOLDER.findall(text))


def choose(wanted: str | None, accepted: str = "", fallback: str = "en") -> str:
    """Which language to answer in: the one chosen, else the first the browser accepts, else the installation's.

    `accepted` is an Accept-Language header (RFC 9110, 12.5.4). Any Chinese is answered in Traditional Chinese.
    """
    if wanted in _NAMES:
        return wanted
    weighted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted[:512].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        weighted.append((-weight, position, tag.lower()))
    for _, _, tag in sorted(weighted):
        for language in _NAMES:
            if tag.partition("-")[0] == language.partition("_")[0].lower():
                return language
    return fallback if fallback in _NAMES else "en"


def catalog_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "tocsin.po"


@cache
def _catalog(language: str) -> Mapping[str, str]:
    path = catalog_path(language) if language in _NAMES else None
    if path is None or not path.exists():
        return {}
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    return {
        message.id: message.string
        for message in read
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


def _shown(value: object) -> str:
    return _MISSING if value is None or value == "" else str(value)
