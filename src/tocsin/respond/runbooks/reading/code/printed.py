"""Where do the commands end and what they printed begin, in a shell block without prompts?

Only what stands below the last command is taken for output, and only where some line of it looks like output: a
table, a rule, JSON, a date. A program that nobody knows is a command and not output.
"""

from __future__ import annotations

import re

from tocsin.act.guard.names import names
from tocsin.act.guard.shell import KNOWN_PROGRAMS, parse

_KEYWORDS = names(
    """
    if then else elif fi for while until do done case esac in function { } ( ) ! [ [[ time select
    """
)
WORDS_TOO = names(
    """
    at date file less look more size test time type w wait which who yes read
    """
)
"""Programs whose names begin sentences as well: not enough to take a line of a strange block for a command."""

_ASSIGNS = re.compile(r"^[A-Za-z_]\w{0,80}\+?=")
_OUTPUT = re.compile(
    r"""^(?:\s+\S.*                     # indented
        |.*\S\s{3,}\S.*                 # columns
        |\s*[-=+|*]{3,}[-=+|*\s]*       # a rule
        |\(\d{1,9}\s+rows?\)
        |\s*[{}\[\]"].*                 # JSON
        |\d{4}-\d\d-\d\d.*
        |[A-Z][\w ./-]{0,40}:(?:\s.*)?  # Status: active
        )$""",
    re.VERBOSE,
)
_ARGUED = re.compile(r"\s(?:-{1,2}[A-Za-z]|/|\$|\d|\.)|[|$]")
_LONGEST = 20_000


def split(text: str) -> tuple[str, str]:
    """The commands, and what they printed; that is empty where no line looks like it."""
    if len(text) > _LONGEST or "<<" in text:
        return text, ""
    lines = text.split("\n")
    begun = [at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    commands_at = [at for at in begun if begins_command(lines[at])]
    if not commands_at or commands_at[0] != begun[0]:
        return text, ""
    last = commands_at[-1]
    while last + 1 < len(lines) and lines[last + 1].lstrip().startswith("#"):
        last += 1
    while last + 1 < len(lines) and lines[last].rstrip().endswith(("\\", "|", "&&", "||")):
        last += 1
    below = [line for line in lines[last + 1 :] if line.strip()]
    if not any(_OUTPUT.match(line[:500]) for line in below):
        return text, ""
    commands = "\n".join(lines[: last + 1])
    root = parse(commands)
    if root is None or root.has_error:
        return text, ""
    return commands, "\n".join(lines[last + 1 :]).strip("\n")


def unhashed(text: str) -> tuple[str, str]:
    """Commands and output of a block in which `# ` is the prompt of root, as the rest of it shows; else nothing.

    `# kill -TERM 1827` is such a line, `# kill the process` is a comment: an argument has to look like one.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    prompted = [line[2:] for line in lines if line.startswith("# ")]
    if not prompted or not all(begins_command(line) and _ARGUED.search(line) for line in prompted):
        return "", ""
    others = [line for line in lines if not line.startswith("# ")]
    if any(begins_command(line) for line in others):
        return "", ""
    commands = "\n".join(prompted)
    root = parse(commands)
    return ("", "") if root is None or root.has_error else (commands, "\n".join(others))


def begins_command(line: str) -> bool:
    """Whether a line begins like a command: a program that is known, a path, a keyword, an assignment."""
    words = line.split()
    if not words:
        return False
    first = words[0]
    if first.startswith(("./", "/", "~/", "$(", "${")) or _ASSIGNS.match(first) or first in _KEYWORDS:
        return True
    return first.rsplit("/", 1)[-1] in KNOWN_PROGRAMS and first not in WORDS_TOO
