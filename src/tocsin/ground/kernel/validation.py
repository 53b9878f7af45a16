"""What is wrong with this setting, said to a person? The validator's errors, with their place and the cure.

The validator names a path that also holds its own inner steps (members of unions, keys of maps); what
counts is followed through the data. Which keys are known at a place is read from the JSON Schema, so a slip
of the finger is met with the key that was meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.settings import Problem
from tocsin.ground.kernel.yaml import Path, Tree

MOST = 100
"""Problems told at once: whoever has more of them reads the first ones anyway."""
_KEY_ERRORS = ("missing", "extra_forbidden", "union_tag_not_found")


def translate(error: ValidationError, tree: Tree, schema: Mapping[str, Any]) -> list[Problem]:
    """One problem for each place, the most telling one."""
    best: dict[Path, Problem] = {}
    for each in error.errors(include_url=False)[: MOST * 10]:
        if each["type"] == "too_short" and each["input"]:
            continue  # its entries were refused one by one
        path, at_key = _path(each, tree.data)
        message, fix = _told(each, path, tree.data, schema)
        place = tree.place(path, key=at_key)
        problem = Problem(
            path=path,
            message=message,
            fix=fix,
            file=place.file if place else "",
            line=place.line if place else 0,
            column=place.column if place else 0,
        )
        # Of a union every member complains; the one that looked into the value knows most.
        if path not in best or each["type"] == "value_error":
            best[path] = problem
    return list(best.values())[:MOST]


def _path(error: ErrorDetails, data: Any) -> tuple[Path, bool]:
    """The path through the data, and whether its last key is what is meant."""
    path: list[str | int] = []
    here: Any = data
    loc = error["loc"]
    for index, part in enumerate(loc):
        if isinstance(here, dict) and part in here:
            path.append(part)
            here = cast("dict[Any, Any]", here)[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(cast("list[Any]", here)):
            path.append(part)
            here = cast("list[Any]", here)[part]
        elif index == len(loc) - 1 and error["type"] == "missing":
            path.append(part)
    return tuple(path), error["type"] in _KEY_ERRORS or loc[-1:] == ("[key]",)


def _told(error: ErrorDetails, path: Path, data: Any, schema: Mapping[str, Any]) -> tuple[str, str]:
    """Message and cure."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    key = str(path[-1]) if path else ""
    if error["loc"][-1:] == ("[key]",):
        return f"{key!r} is no name here", "use small letters, digits, - and _, such as shop-api"
    match kind:
        case "extra_forbidden":
            fix = _nearest(key, known_keys(schema, path[:-1], data))
            if given is None and not fix.startswith(
                "did you mean"
            ):  # {name: one, two}: the comma ended the text
                fix = "if it belongs to the text before it, put that in quotes; " + fix
            return f"there is no key {key} here", fix
        case "missing" | "union_tag_not_found":
            wanted = key if kind == "missing" else "kind"
            described = _description(schema, path, data) if kind == "missing" else ""
            return f"{wanted} is missing", described or f"add {wanted}:"
        case "union_tag_invalid":
            tags = [each.strip(" '") for each in str(context.get("expected_tags", "")).split(",")]
            return f"there is no kind {context.get('tag')}", _nearest(str(context.get("tag")), tags)
        case "literal_error" | "enum":
            allowed = [
                each.strip(" '") for each in str(context.get("expected", "")).replace(" or ", ",").split(",")
            ]
            return f"{_short(given)} is not possible here", _nearest(
                str(given), [each for each in allowed if each]
            )
        case "value_error":
            return _own_words(context.get("error"), error["msg"])
        case "string_pattern_mismatch":
            return f"{_short(given)} is not written as it should be", f"its form is {context.get('pattern')}"
        case _:
            return _by_type(kind, given, error["msg"])


_WANTED = {
    "string": ("text is wanted here", "put it in quotes"),
    "int": ("a whole number is wanted here", "write it without quotes: 3"),
    "float": ("a number is wanted here", "write it without quotes: 0.5"),
    "bool": ("true or false is wanted here", "write true or false, without quotes"),
    "dict": ("a map of keys is wanted here", "write keys with a colon below it, indented"),
    "model": ("a map of keys is wanted here", "write keys with a colon below it, indented"),
    "list": ("a list is wanted here", "write [one, two], or a line with a dash for each"),
    "tuple": ("a list is wanted here", "write [one, two], or a line with a dash for each"),
}


def _by_type(kind: str, given: Any, message: str) -> tuple[str, str]:
    family, _, rest = kind.partition("_")
    if family in _WANTED and rest in ("type", "parsing", "from_float", "attributes_type", "unicode"):
        wanted, fix = _WANTED[family]
        if family == "string" and isinstance(given, dict | list):
            fix = "write one value, not a list or a map"
        return wanted, fix
    if kind in ("too_short", "string_too_short"):
        return "this is empty", "give at least one"
    plain = message.replace("Input should be", "this should be").replace("Value error, ", "")
    return plain[:1].lower() + plain[1:], ""


def _own_words(error: Any, message: str) -> tuple[str, str]:
    """What one of our own validators says; `what is wrong; what to do`."""
    if isinstance(error, TocsinError):
        return error.message, error.fix
    wrong, _, fix = message.removeprefix("Value error, ").partition("; ")
    return wrong, fix


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return (
        f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}" if names else "leave it out"
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# What the schema knows of a place ---------------------------------------------------------------------------------


def known_keys(schema: Mapping[str, Any], path: Sequence[str | int], data: Any) -> list[str]:
    """The keys that may stand in the map at `path`."""
    return sorted({key for node in _nodes(schema, path, data) for key in node.get("properties", {})})


def _description(schema: Mapping[str, Any], path: Path, data: Any) -> str:
    for node in _nodes(schema, path[:-1], data):
        described = node.get("properties", {}).get(path[-1], {}).get("description", "")
        if described:
            return f"add {path[-1]}: {described}"
    return ""


def _nodes(schema: Mapping[str, Any], path: Sequence[str | int], data: Any) -> list[Mapping[str, Any]]:
    """The sub-schemas that hold at `path`."""
    nodes = list(_expanded(schema, schema, data))
    here: Any = data
    for part in path:
        here = _step(here, part)
        below: list[Mapping[str, Any]] = []
        for node in nodes:
            for child in _children(node, part):
                below += _expanded(child, schema, here)
        nodes = below
    return nodes


def _step(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _children(node: Mapping[str, Any], part: str | int) -> Iterator[Mapping[str, Any]]:
    named = node.get("properties", {}).get(part)
    if named is not None:
        yield named
        return
    for keyword in ("items", "additionalProperties", "patternProperties"):
        child = node.get(keyword)
        if isinstance(child, dict):
            yield from child.values() if keyword == "patternProperties" else (cast("dict[str, Any]", child),)


def _expanded(node: Mapping[str, Any], root: Mapping[str, Any], data: Any) -> Iterator[Mapping[str, Any]]:
    """The node with references and alternatives followed; of kinds only the one that the data names."""
    if "$ref" in node:
        name = str(node["$ref"]).removeprefix("#/$defs/")
        yield from _expanded(root.get("$defs", {}).get(name, {}), root, data)
        return
    alternatives: list[Mapping[str, Any]] = [
        *node.get("anyOf", ()),
        *node.get("oneOf", ()),
        *node.get("allOf", ()),
    ]
    mapping = node.get("discriminator", {}).get("mapping", {})
    kind = cast("dict[str, Any]", data).get("kind") if isinstance(data, dict) else None
    if isinstance(kind, str) and kind in mapping:
        alternatives = [{"$ref": mapping[kind]}]
    if not alternatives:
        yield node
    for each in alternatives:
        yield from _expanded(each, root, data)
