"""Which values does a block want, and where do they go? Placeholders become inputs that never turn into text.

`<NAME>` in bash becomes `"${NAME}"`, or `${NAME}` inside double quotes; its place decides, so the block is parsed
with something harmless in its stead. In single quotes and in a quoted here-document no value can arrive: such a
block cannot run as it is. In SQL every placeholder becomes a bound parameter, `:NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from tree_sitter import Node

from tocsin.act.guard.names import names
from tocsin.act.guard.shell import parse, walk

_ANGLE = re.compile(r"[<‹＜]([A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*(?:[ ./-][\w\u4e00-\u9fff]+){0,5})[>›＞]")
_ANGLE_IN_SQL = re.compile(r"<([A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff]*(?:[.-][\w\u4e00-\u9fff]+){0,5})>")
_YOURS = r"(?<![\w.$<{-])(your-[a-z0-9]+(?:[-.][a-z0-9]+){0,8})(?![\w>-])"
_EXAMPLE = r"(?<![\w.$<{@-])((?:[a-z0-9-]{1,40}\.){0,4}example\.(?:com|org|net))(?![\w-]|\.[a-z])"
_FILLED_IN = re.compile(r"\{\{-?\s{0,4}[.$]?([A-Za-z_][\w.]{0,60})\s{0,4}-?\}\}")
"""`{{ name }}` outside of quotes; inside of them it may be meant for the program."""

_SPOKEN = re.compile(f"{_YOURS}|{_EXAMPLE}", re.IGNORECASE)
"""What authors write instead of a value of their reader: `your-bucket`, `api.example.com`."""

_DOLLAR = re.compile(r"\$\{([A-Za-z_]\w*)\}|\$([A-Z_][A-Z0-9_]*)\b(?!\$)")
_TAGS = names(
    """
    a b body br code dd div dl dt em form h1 h2 h3 head html i img input li link meta nav ol p pre script
    span strong style table tbody td th thead title tr u ul video xml soap
    """
)
_SHELL_OWN = names(
    """
    HOME PATH USER LOGNAME PWD OLDPWD SHELL HOSTNAME HOSTTYPE OSTYPE TERM LANG LC_ALL TMPDIR TMP EDITOR
    PAGER UID EUID PPID RANDOM SECONDS LINENO IFS OPTARG OPTIND REPLY PIPESTATUS FUNCNAME BASH BASH_SOURCE
    BASH_VERSION BASHPID COLUMNS LINES EPOCHSECONDS SUDO_USER DIRSTACK GROUPS MACHTYPE SHLVL _
    """
)
_ASSIGNING = frozenset({"read", "mapfile", "readarray", "getopts", "printf"})


@dataclass(slots=True)
class Filled:
    """The text as it will run and the inputs it names; `stuck` holds placeholders that no value can reach."""

    text: str
    inputs: list[str] = field(default_factory=list[str])
    defaults: dict[str, str] = field(default_factory=dict[str, str])
    stuck: list[str] = field(default_factory=list[str])


def input_name(told: str) -> str:
    """`your-token` → `YOUR_TOKEN`; a name in Chinese gets a stable one made of its code points."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", told).strip("_").upper()
    others = [each for each in told if not each.isascii()]
    if others:
        name = f"{name or 'INPUT'}_" + "_".join(f"{ord(each):X}" for each in others[:4])
    return f"_{name}" if name[0].isdigit() else name


def _is_tag(told: str, text: str) -> bool:
    return told in _TAGS or f"</{told}>" in text


def fill_shell(text: str) -> Filled:
    """Placeholders of a bash block in their places, and the variables that no line of it sets."""
    found = [each for each in _ANGLE.finditer(text) if not _is_tag(each.group(1), text)]
    found.extend(_SPOKEN.finditer(text))
    found.extend(_FILLED_IN.finditer(text))
    filled = Filled(text)
    if found:
        _fill_named(filled, text, sorted(found, key=lambda each: each.start()))
    root = parse(filled.text)
    if root is None or root.has_error:
        return filled
    known = _assigned(root) | _SHELL_OWN
    for name, default in _expanded(root):
        if name in known or name[0].isdigit():
            continue
        if name not in filled.inputs:
            filled.inputs.append(name)
        if default is not None:
            filled.defaults.setdefault(name, default)
    return filled


def _fill_named(filled: Filled, text: str, found: list[re.Match[str]]) -> None:
    masked = list(text)
    for match in found:
        masked[match.start() : match.end()] = "p" * (match.end() - match.start())
    stand_in = "".join(masked)
    root = parse(stand_in)
    if root is None:
        return
    pieces: list[str] = []
    last = 0
    for match in found:
        told = next(each for each in match.groups() if each)
        example = match.re is _SPOKEN and match.group(2) is not None
        at = len(stand_in[: match.start()].encode("utf-8", "replace"))
        place = _place(root, at)
        pieces.append(text[last : match.start()])
        last = match.end()
        name = input_name(told)
        if place == "comment":
            pieces.append(match.group())
            continue
        if (place == "single" and example) or (place != "bare" and match.re is _FILLED_IN):
            pieces.append(match.group())
            continue
        if place == "single":
            # Small words in angle brackets inside quotes are markup or patterns, not placeholders.
            if told.upper() == told or "-" in told:
                filled.stuck.append(told)
            pieces.append(match.group())
            continue
        pieces.append(f"${{{name}}}" if place == "double" else f'"${{{name}}}"')
        if example:
            filled.defaults.setdefault(name, told)
        if name not in filled.inputs:
            filled.inputs.append(name)
    filled.text = "".join(pieces) + text[last:]


def _place(root: Node, at: int) -> str:
    """Where a byte of the block stands: bare | double | single | comment."""
    node = root.descendant_for_byte_range(at, at + 1)
    while node is not None:
        match node.type:
            case "comment":
                return "comment"
            case "raw_string" | "ansi_c_string":
                return "single"
            case "string" | "translated_string":
                return "double"
            case "heredoc_body":
                start = node.parent.child_by_field_name("start") if node.parent else None
                marks = [
                    each
                    for each in (node.parent.children if node.parent else [])
                    if each.type == "heredoc_start"
                ]
                mark = start or (marks[0] if marks else None)
                quoted = mark is not None and (mark.text or b"")[:1] in (b"'", b'"', b"\\")
                return "single" if quoted else "double"
            case _:
                node = node.parent
    return "bare"


def _expanded(root: Node) -> Iterator[tuple[str, str | None]]:
    """Names of variables that the text asks for, with the default of `${NAME:-default}`."""
    for node in walk(root):
        if node.type not in ("simple_expansion", "expansion"):
            continue
        name = next((each for each in node.children if each.type == "variable_name"), None)
        if name is None:
            continue
        source = _source(node)
        found = re.match(r"\$\{\w+:?-([^$`{}]{0,200})\}$", source)
        yield _source(name), found.group(1).strip("'\"") if found else None


def _assigned(root: Node) -> set[str]:
    """Names that the block sets itself, at whatever place."""
    names: set[str] = set()
    for node in walk(root):
        if node.type == "variable_assignment":
            name = node.child_by_field_name("name")
            if name is not None:
                names.add(_source(name).partition("[")[0])
        elif node.type in ("for_statement", "c_style_for_statement", "select_statement"):
            name = node.child_by_field_name("variable")
            if name is not None:
                names.add(_source(name))
        elif node.type == "command":
            program = node.child_by_field_name("name")
            if program is not None and _source(program) in _ASSIGNING:
                names.update(_source(each) for each in node.children_by_field_name("argument"))
    return names


def _source(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


_QUOTED = re.compile(r"'((?:[^'\\\n]|''|\\.)*)'")


def fill_sql(text: str) -> Filled:
    """Placeholders of a SQL block as bound parameters; one inside a longer quoted text cannot be bound."""
    filled = Filled(text)
    if "$$" in text:
        return filled

    def bind(told: str) -> str:
        name = input_name(told) if not re.fullmatch(r"[A-Za-z_]\w*", told) else told
        if name not in filled.inputs:
            filled.inputs.append(name)
        return f":{name}"

    def quoted(match: re.Match[str]) -> str:
        inside = match.group(1)
        whole = _ANGLE_IN_SQL.fullmatch(inside) or _DOLLAR.fullmatch(inside)
        if whole:
            return bind(next(each for each in whole.groups() if each))
        for part in (*_ANGLE_IN_SQL.finditer(inside), *_DOLLAR.finditer(inside)):
            filled.stuck.append(part.group())
        return match.group()

    def bare(piece: str) -> str:
        piece = _ANGLE_IN_SQL.sub(lambda found: bind(found.group(1)), piece)
        return _DOLLAR.sub(lambda found: bind(found.group(1) or found.group(2)), piece)

    pieces: list[str] = []
    last = 0
    for match in _QUOTED.finditer(text):
        pieces.append(bare(text[last : match.start()]))
        pieces.append(quoted(match))
        last = match.end()
    filled.text = "".join(pieces) + bare(text[last:])
    return filled


def fill_template(text: str) -> Filled:
    """Placeholders of a `http` or `action` block as `${NAME}`, to be set in as data when it runs."""
    filled = Filled(text)

    def put(match: re.Match[str]) -> str:
        if _is_tag(match.group(1), text):
            return match.group()
        name = input_name(match.group(1))
        if name not in filled.inputs:
            filled.inputs.append(name)
        return f"${{{name}}}"

    def speak(match: re.Match[str]) -> str:
        told = next(each for each in match.groups() if each)
        name = input_name(told)
        if name not in filled.inputs:
            filled.inputs.append(name)
        if match.group(2) is not None:
            filled.defaults.setdefault(name, told)
        return f"${{{name}}}"

    filled.text = _SPOKEN.sub(speak, _FILLED_IN.sub(put, _ANGLE.sub(put, text)))
    for match in _DOLLAR.finditer(filled.text):
        name = match.group(1) or match.group(2)
        if name not in filled.inputs:
            filled.inputs.append(name)
    filled.text = _DOLLAR.sub(lambda found: f"${{{found.group(1) or found.group(2)}}}", filled.text)
    return filled


_MARK = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_HIDDEN = re.compile(r"<([A-Za-z_]\w*)>")


def hide_marks(text: str) -> str:
    """`${NAME}` as `<NAME>`, which YAML takes for a word."""
    return _MARK.sub(r"<\1>", text)


def show_marks(value: Any) -> Any:
    """The marks again, in every text of what was read. Depth is bounded by the YAML reader."""
    if isinstance(value, str):
        return _HIDDEN.sub(r"${\1}", value)
    if isinstance(value, list):
        return [show_marks(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: show_marks(each) for key, each in cast("dict[str, Any]", value).items()}
    return value
