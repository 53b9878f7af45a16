"""What is wrong with the condition, and what would be right? The runtime's complaints, said to a person."""

from __future__ import annotations

import difflib
import re
import unicodedata

from tocsin.ground.kernel.conditions.environment import Environment
from tocsin.ground.kernel.conditions.reading import Mention, offset_of, place_of
from tocsin.ground.kernel.errors import Invalid


class BadCondition(Invalid, ValueError):
    """A condition that cannot be compiled: `line` and `column` count from 1, `caret` shows the place."""

    def __init__(self, message: str, text: str, line: int, column: int, *, fix: str = "") -> None:
        source = text.split("\n")[line - 1] if text and line <= text.count("\n") + 1 else ""
        self.reason = message
        self.line = line
        self.column = column
        self.caret = f"{source}\n{_pad(source[: column - 1])}^"
        super().__init__(f"column {column}: {message}\n{self.caret}", fix=fix)


_LONGEST_REASON = 200
_STATUS = re.compile(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$")


def reason_of(message: str) -> str:
    """Why it has no value, from what the runtime says."""
    plain = _STATUS.sub("", message.split("\n")[0]).strip()
    if plain.startswith("Key not found in map"):
        return f"there is no {plain.rpartition(':')[2].strip()}"
    if plain.startswith("Index error"):
        return "the list is shorter than that"
    if plain.startswith("No matching overloads found"):
        return f"the values do not fit together: {readable_overload(plain.rpartition(' : ')[2])}"
    if plain.startswith("Applying SELECT"):
        return "a field is asked of something that has no fields"
    return plain[:_LONGEST_REASON] or "it could not be evaluated"


_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '(.*)'")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_SLIPS = {"and": "&&", "or": "||", "is": "==", "=": "==", "<>": "!="}
_FUNCTIONS = (
    "contains", "startsWith", "endsWith", "matches", "size", "has", "lowerAscii", "upperAscii", "trim", "split",
    "replace", "exists", "all", "filter", "map", "exists_one", "int", "double", "string", "timestamp", "duration",
    "getHours", "getDayOfWeek", "getMinutes", "join", "substring", "indexOf",
)  # fmt: skip


def explained(message: str, text: str, environment: Environment, mentions: list[Mention]) -> BadCondition:
    """The first complaint of the compiler, with the place in the text and the cure."""
    found = _ERROR.search(message)
    if not found:
        plain = _STATUS.sub("", message.split("\n")[0])
        if "recursion limit" in plain:
            plain = "the condition is nested too deeply"
        return BadCondition(plain, text, 1, 1, fix="split it into several conditions")
    line, column, reason = int(found[1]), int(found[2]), found[3]
    if undeclared := _UNDECLARED.search(reason):
        return _unknown(undeclared[1], text, line, column, environment, mentions)
    if overload := _OVERLOAD.search(reason):
        readable = readable_overload(f"{overload[1]}{overload[2]}")
        message = f"the values do not fit together: {readable}"
        return BadCondition(message, text, line, column, fix="compare like with like")
    offset = offset_of(text, line, column)
    reason = reason.removeprefix("Syntax error: ").partition(" expecting")[0]
    reason = reason.replace("token recognition error at: ", "unexpected ").strip()
    if "<EOF>" in reason and offset >= len(text.rstrip()):
        share = text.rstrip().endswith("%")
        fix = "write a share as a number: 0.5 for 50 %" if share else "finish it or close the bracket"
        return BadCondition("the condition ends too early", text, line, column, fix=fix)
    return BadCondition(f"cannot be read here: {reason}", text, line, column, fix=_slip(text, offset))


def _slip(text: str, offset: int) -> str:
    """The habit of another language, if it is one."""
    if re.search(r"\bnot\s+$", text[:offset]):
        return "write ! for not"
    rest = text[offset:]
    for wrong, right in _SLIPS.items():
        if rest.startswith(wrong) and (not wrong.isalpha() or not rest[len(wrong) :][:1].isalnum()):
            return f"write {right} for {wrong}"
    return "the language is CEL, https://cel.dev"


def _unknown(
    name: str, text: str, line: int, column: int, environment: Environment, mentions: list[Mention]
) -> BadCondition:
    """A name or a function that is not declared. The compiler points at the last dot: the start is said instead."""
    offset = offset_of(text, line, column)
    inside = [each for each in mentions if each.start <= offset]
    mention = inside[-1] if inside else None
    if mention is None or (mention.called and mention.parts[-1] == name):
        close = difflib.get_close_matches(name, _FUNCTIONS, n=1, cutoff=0.6)
        fix = f"did you mean {close[0]}()?" if close else "the functions are those of CEL, https://cel.dev"
        return BadCondition(f"there is no function {name}()", text, line, column, fix=fix)
    line, column = place_of(text, mention.start)
    root = mention.parts[0]
    known = [variable.name for variable in environment.variables]
    family = [each for each in known if each.startswith(f"{root}.")]
    wanted = ".".join(mention.parts[:2]) if family else root
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    roots = dict.fromkeys(each.split(".")[0] for each in known)
    fix = f"did you mean {close[0]}?" if close else f"there are {', '.join(family or roots)}"
    if root == "m" and family and not close:
        fix += "; further ones are declared under `measures:`"
    return BadCondition(f"there is no {wanted}", text, line, column, fix=fix)


def readable_overload(signature: str) -> str:
    """`_>_(string, int64)` → `string > int`."""
    name, _, arguments = signature.partition("(")
    kinds = [
        kind.strip().removesuffix("64").removesuffix("_type") for kind in arguments.rstrip(")").split(",")
    ]
    sign = name.strip("_")
    if name.startswith("_") and len(kinds) == 2:
        return f"{kinds[0]} {sign} {kinds[1]}"
    return f"{sign}({', '.join(kinds)})"


def _pad(before: str) -> str:
    """Blanks as wide as the text before the caret; a Chinese character takes two columns."""
    return "".join("\u3000" if unicodedata.east_asian_width(letter) in "WF" else " " for letter in before)
