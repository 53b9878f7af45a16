"""Which documents say the same in another language? Told by their names: `x.zh-Hant.md`, `x.zh.md`, `zh/x.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from tocsin.respond.runbooks.document import Document

_TAG = r"(?:en|zh|ja|ko|de|fr|es|pt|it|ru|pl|nl|tr|vi|id|th)(?:[-_](?:[A-Za-z]{2}|[A-Za-z]{4}))?"
_FOLDER = re.compile(_TAG, re.IGNORECASE)
_NAME = re.compile(rf"^(.{{1,200}}?)[._]({_TAG})$", re.IGNORECASE)
_HOLDERS = frozenset({"localized", "locales", "locale", "i18n", "l10n", "translations", "lang", "languages"})


def told_language(path: str) -> tuple[str, str]:
    """What the paths of all versions have in common, and the language that this one tells, "" for none."""
    pure = PurePosixPath(path)
    stem, language = pure.stem, ""
    if named := _NAME.match(stem):
        stem, language = named.group(1), named.group(2)
    folders: list[str] = []
    for part in pure.parent.parts:
        if _FOLDER.fullmatch(part):
            language = language or part
        elif part.casefold() not in _HOLDERS:
            folders.append(part)
    return "/".join([*folders, stem]).casefold(), language.casefold().replace("_", "-")


Versions = Mapping[str, Mapping[str, Document]]
"""Documents by what their paths have in common, then by language."""


def versions_of(documents: Mapping[str, Document]) -> Versions:
    found: dict[str, dict[str, Document]] = {}
    for path, document in sorted(documents.items()):
        key, language = told_language(path)
        found.setdefault(key, {}).setdefault(language, document)
    return found


def original_of(path: str, versions: Versions) -> Document | None:
    """What a document was translated from: the version without a language in its path, else the English one."""
    key, language = told_language(path)
    siblings = versions.get(key, {})
    if not language:
        return None
    if "" in siblings:
        return siblings[""]
    english = next((each for each in sorted(siblings) if each.startswith("en")), None)
    return siblings[english] if english is not None and not language.startswith("en") else None
