"""What is this block to be taken for? By its language, else by what it holds; each answer with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.act.guard.shell import KNOWN_PROGRAMS, parse
from tocsin.respond.runbooks.document import FenceUse, Kind
from tocsin.respond.runbooks.reading.code import printed, prompts
from tocsin.respond.runbooks.reading.code.languages import (
    CONSOLES,
    KINDS,
    OTHER_SHELLS,
    OUTPUTS,
    OUTPUTS_ONLY,
    UNLABELLED,
    is_known,
    meant,
)

_TREE = re.compile(r"[\u2500-\u257f\u2190-\u21ff]")
_RESPONSE = re.compile(r"\s{0,8}HTTP/\d")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Told:
    """What the author is told of a block."""

    rule: str
    level: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a block is: `use` is None where it is a step or a check, as its section says."""

    kind: Kind
    why: str
    use: FenceUse | None = None
    told: Told | None = None


def take(language: str, text: str) -> Taken:
    """What a block of this language with this text is."""
    if KINDS.get(language) == "bash" and _is_tree(text):
        note = Told("no-shell", "note", f"this block says {language} and is a drawing", "```text")
        return Taken("reference", "a drawing, whatever its language says", "reference", note)
    if KINDS.get(language) == "http" and _RESPONSE.match(text):
        return Taken("reference", "it is an answer, not a request", "sample")
    if language in CONSOLES or language in UNLABELLED:
        client = _client(text)
        if client is not None:
            return Taken(client, "behind a prompt stands what is said to a database client")
    if language in CONSOLES and not _has_command(text):
        return Taken("reference", "no prompt and no command stands in it", "sample")
    if language in KINDS:
        return Taken(KINDS[language], f"its language is {language}")
    likely = meant(language)
    if likely is not None and (KINDS[likely] != "bash" or reads_as_shell(text)):
        message = f"{language} is no language; it reads as {likely}"
        note = Told("misspelt-language", "warning", message, f"```{likely}")
        return Taken(KINDS[likely], f"{language} is likely {likely}", None, note)
    if (language in UNLABELLED or not is_known(language)) and reads_as_shell(text):
        what = "this block has no language"
        if language not in UNLABELLED:
            what = f"the language {language} is not known"
        note = Told("no-language", "note", f"{what}, and it reads as shell", "```bash")
        return Taken("bash", "every line of it is a command", None, note)
    if language in OTHER_SHELLS:
        fix = "write the commands for bash, or leave it to a person as it is"
        note = Told("other-shell", "note", f"{language} is shown, not run", fix)
        return Taken("reference", f"{language} is shown, not run", "reference", note)
    if language in OUTPUTS_ONLY:
        return Taken("reference", "shows what some command prints", "sample")
    return Taken("reference", f"{language} is to read" if language else "text to read", "reference")


def is_output(language: str, text: str, *, near: bool, announced: bool) -> bool:
    """Whether a block below a command shows what it printed. `announced` by a line such as `Output:`, it may stand
    further away and have any language that is not run.
    """
    if _client(text) is not None or prompts.split(text).prompted:
        return False
    if language in KINDS and language not in CONSOLES:
        # Some give every block a language of commands, what these print included.
        return announced and not any(printed.begins_command(line) for line in text.split("\n"))
    if language in OUTPUTS_ONLY:
        return True
    if language in UNLABELLED and reads_as_shell(text):
        return False
    if announced:
        return language not in CONSOLES
    return near and language not in CONSOLES and (not language or language in OUTPUTS)


def runs(language: str, text: str) -> bool:
    """Whether a block is a command that prints something."""
    return KINDS.get(language) in ("bash", "sql", "http", "redis") or (
        not is_known(language) and (_client(text) is not None or reads_as_shell(text))
    )


def reads_as_shell(text: str) -> bool:
    """Whether the first line is a command that is known, and all of it parses, what was printed below left out."""
    if len(text) > _LONGEST:
        return False
    console = prompts.split(text)
    body = console.commands if console.prompted else printed.unhashed(text)[0] or printed.split(text)[0]
    lines = [line.split() for line in body.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if not lines or _TREE.search(body):
        return False
    first = lines[0][0].rsplit("/", 1)[-1]
    if first not in KNOWN_PROGRAMS or first in printed.WORDS_TOO:
        return False
    root = parse(body)
    return root is not None and not root.has_error


def _client(text: str) -> Kind | None:
    """The kind of a block in which every command stands behind the prompt of a database client."""
    if len(text) > _LONGEST or prompts.split(text).prompted:
        return None
    if prompts.split_sql(text).prompted:
        return "sql"
    return "redis" if prompts.split_redis(text).prompted else None


def _has_command(text: str) -> bool:
    """Whether a console shows a command: behind a prompt, by a program that is known, or as text that is shell."""
    if prompts.split(text).prompted or printed.unhashed(text)[0]:
        return True
    root = parse(text)
    if root is not None and not root.has_error:
        return True
    return any(printed.begins_command(line) for line in text.split("\n"))


def _is_tree(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) >= 2 and sum(1 for line in lines if _TREE.search(line)) * 2 > len(lines)
