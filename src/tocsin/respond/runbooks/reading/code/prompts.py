"""Which lines of a console block are commands, and which are what they printed?"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PROMPT = re.compile(r"^\s{0,8}(?:[\w.@:~/()-]{1,60}\s?|\[[^\]\n]{1,60}\])?[$❯➜]\s+(?=\S)|^%\s(?=\S)")
_ROOT_PROMPT = re.compile(
    r"^\s{0,8}(?:[\w.-]{1,40}@[\w.-]{1,60}[\w.:~/\s-]{0,60}|\[[\w.-]{1,40}@[^\]\n]{1,60}\])#\s+(?=\S)"
)
_SQL_PROMPT = re.compile(r"^\s{0,8}(?:[\w-]{1,40}[=\-'(\"][#>]|mysql>|sqlite>|MariaDB \[[^\]\n]{0,60}\]>)\s?")
_REDIS_PROMPT = re.compile(r"^\s{0,8}(?:redis\s)?[\w.-]{0,60}:?\d{2,5}(?:\[\d{1,2}\])?>\s(?=\S)")
_SQL_MORE = re.compile(r"^\s{0,8}(?:[\w-]{1,40}[\-'(\"][#>]|\s*->|\s*\.\.\.>)\s?")
_MORE = re.compile(r"^\s{0,8}>\s?")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w{1,40})\1")


@dataclass(frozen=True, slots=True)
class Console:
    commands: str
    output: str
    prompted: bool


def split(text: str) -> Console:
    """Commands without their prompts, and the output between them. Without any prompt all lines are commands."""
    lines = text.split("\n")
    if not any(_prompt(line) for line in lines):
        return Console(text, "", False)
    commands: list[str] = []
    output: list[str] = []
    open_until = ""  # mark of an open here-document
    goes_on = False
    for line in lines:
        if open_until:
            commands.append(line)
            open_until = "" if line.strip() == open_until else open_until
            continue
        prompt = _prompt(line)
        if prompt is not None:
            command = line[prompt:]
        elif goes_on:
            command = _MORE.sub("", line, count=1)
        else:
            output.append(line)
            continue
        commands.append(command)
        goes_on = command.rstrip().endswith("\\")
        mark = _HEREDOC.search(command)
        open_until = mark.group(2) if mark else ""
    return Console("\n".join(commands), "\n".join(output).strip("\n"), True)


def split_sql(text: str) -> Console:
    """Statements without the prompts of their client. A statement goes on until its semicolon."""
    lines = text.split("\n")
    if not any(_SQL_PROMPT.match(line) for line in lines):
        return Console(text, "", False)
    statements: list[str] = []
    output: list[str] = []
    open_statement = False
    for line in lines:
        found = _SQL_PROMPT.match(line) or (_SQL_MORE.match(line) if open_statement else None)
        if found is None and not open_statement:
            output.append(line)
            continue
        statement = line[found.end() :] if found else line
        statements.append(statement)
        open_statement = bool(statement.strip()) and not statement.rstrip().endswith((";", "\\G", "\\g"))
        open_statement = open_statement and not statement.lstrip().startswith("\\")
    return Console("\n".join(statements), "\n".join(output).strip("\n"), True)


def split_redis(text: str) -> Console:
    """Commands of redis without the prompt of its client."""
    lines = text.split("\n")
    prompted = [found for line in lines if (found := _REDIS_PROMPT.match(line))]
    if not prompted:
        return Console(text, "", False)
    commands = [line[found.end() :] for line in lines if (found := _REDIS_PROMPT.match(line))]
    output = [line for line in lines if not _REDIS_PROMPT.match(line)]
    return Console("\n".join(commands), "\n".join(output).strip("\n"), True)


def _prompt(line: str) -> int | None:
    """Where the command begins behind a prompt."""
    found = _PROMPT.match(line) or _ROOT_PROMPT.match(line)
    return found.end() if found else None
