"""Which texts need a translation, and which translations are wrong?

Texts are read from the source as a parser sees it: `N_("…")`, `_("…")` and `translate(language, "…")` in Python,
`_("…")` in templates. A text that is computed cannot be found, so it is a finding by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from tocsin.ground.i18n.texts import catalog_path, languages, placeholders

PACKAGE = Path(__file__).parents[2]
_FIRST = {"N_": 0, "_": 0, "translate": 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One marked text and the file that says it, from the package's folder."""

    text: str
    file: str


def marked(package: Path = PACKAGE) -> list[Text]:
    """Every marked text of the package."""
    found: list[Text] = []
    for path in sorted(package.rglob("*.py")):
        found += [Text(text=text, file=str(path.relative_to(package))) for text in _in_python(path)]
    for path in sorted(package.rglob("*.html")):
        found += [Text(text=text, file=str(path.relative_to(package))) for text in _in_template(path)]
    return found


def problems(package: Path = PACKAGE) -> list[str]:
    """What is wrong with the catalogs, one line each; nothing when all is said in every language."""
    texts = marked(package)
    wanted = {each.text: each.file for each in texts}
    found: list[str] = []
    for language in languages():
        if language == "en":
            continue
        messages = {message.id: message for message in _read(language) if message.id}
        found += [
            f"{language}: no translation of {text!r} ({wanted[text]})"
            for text in wanted
            if text not in messages
        ]
        for text, message in messages.items():
            if text not in wanted:
                found.append(f"{language}: no longer used: {text!r}")
            elif not message.string:
                found.append(f"{language}: not translated: {text!r} ({wanted[text]})")
            elif message.fuzzy:
                found.append(f"{language}: fuzzy: {text!r}")
            elif extra := placeholders(str(message.string)) ^ placeholders(str(text)):
                found.append(f"{language}: {', '.join(sorted(extra))} on one side only: {text!r}")
    return found


def extract(package: Path = PACKAGE) -> list[str]:
    """Brings each catalog up to date: new texts come in empty, unused ones go. Says what is left to translate."""
    files: dict[str, list[str]] = {}
    for each in marked(package):
        files.setdefault(each.text, []).append(each.file)
    left: list[str] = []
    for language in languages():
        if language == "en":
            continue
        old = {message.id: message for message in _read(language) if message.id}
        new = Catalog(locale=language, project="Tocsin", charset="utf-8", header_comment="# Texts of Tocsin.")
        for text in sorted(files):
            kept = old.get(text)
            string = str(kept.string) if kept and kept.string else ""
            new.add(text, string, locations=[(file, 0) for file in sorted(set(files[text]))])
            if not string:
                left.append(f"{language}: {text!r}")
        path = catalog_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            _write(file, new)
    return left


def _write(file: object, catalog: Catalog) -> None:
    # No header: its dates would change the file with every extraction.
    write_po(file, catalog, width=0, omit_header=True, include_lineno=False)  # pyright: ignore[reportArgumentType]


def _read(language: str) -> list[Message]:
    path = catalog_path(language)
    if not path.exists():
        return []
    with path.open("rb") as file:
        return list(read_po(file, locale=language))


def _in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = (
            function.id
            if isinstance(function, ast.Name)
            else function.attr
            if isinstance(function, ast.Attribute)
            else ""
        )
        position = _FIRST.get(name)
        if position is None or len(node.args) <= position:
            continue
        argument = node.args[position]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _in_template(path: Path) -> Iterator[str]:
    for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            argument = call.args[0]
            if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
                yield argument.value
