"""What do programs run that are given code: shells, eval, source, su, at?"""

from __future__ import annotations

import re

from tocsin.act.guard.programs.call import BUILT, BUILT_SAFER, UNSEEN, UNSEEN_SAFER, Call, Judge
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word

_SHELLS_C = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")
_SHELLS_S = re.compile(r"-[a-zA-Z]*s[a-zA-Z]*")
_INPUT = re.compile(r"/dev/stdin|/dev/fd/\d+|/proc/\w+/fd/\d+|-")


def is_input(word: Word) -> bool:
    """Whether a file is what comes in, and no file."""
    return _INPUT.fullmatch(word.text) is not None


def unseen(call: Call) -> list[Reason]:
    """The reasons of a program that runs its input."""
    if call.fed is not None:
        if not call.fed.fixed:
            return [call.reason("destroy", BUILT, "quote the mark of the here-document: <<'EOF'")]
        return call.code(call.fed)
    if call.piped:
        return [call.reason("destroy", UNSEEN, UNSEEN_SAFER)]
    return [call.reason("change", "opens a session that may do anything", "give the command with -c")]


def _shell(call: Call) -> list[Reason]:
    arguments = call.arguments
    from_input = False
    for at, word in enumerate(arguments):
        if _SHELLS_C.fullmatch(word.text) and at + 1 < len(arguments):
            return call.code(arguments[at + 1])
        if word.text in ("--version", "--help"):
            return [call.reason("read", "only looks")]
        if word.text == "--" or _SHELLS_S.fullmatch(word.text):
            from_input = from_input or word.text != "--"
            continue
        if from_input:
            break
        if not word.text.startswith(("-", "+")) or is_input(word):
            return run_file(call, word)
    return unseen(call)


def run_file(call: Call, word: Word) -> list[Reason]:
    """The reasons of a program that runs a file."""
    if not word.fixed:
        return [call.reason("destroy", "runs a program that is only known at run time", "name the file")]
    if is_input(word):
        known = call.fed is not None or call.piped
        return unseen(call) if known else [call.reason("destroy", UNSEEN, UNSEEN_SAFER)]
    return [call.reason("change", "runs a file that is not looked into")]


def _power_shell(call: Call) -> list[Reason]:
    """PowerShell: its commands are read as far as they look like those of a shell."""
    options = {each.text.lower(): at for at, each in enumerate(call.arguments)}
    if any(name.startswith(("-enc", "-e")) and not name.startswith("-ex") for name in options):
        return [call.reason("destroy", BUILT, BUILT_SAFER)]
    at = next((options[name] for name in ("-command", "-c") if name in options), None)
    if at is not None:
        rest = call.arguments[at + 1 :]
        return call.code(Word(" ".join(each.text for each in rest), all(each.fixed for each in rest)))
    return run_file(call, call.plain[0]) if call.plain else unseen(call)


def _eval(call: Call) -> list[Reason]:
    if call.arguments and all(each.fixed for each in call.arguments):
        return call.code(Word(" ".join(call.texts)))
    return [call.reason("destroy", BUILT, "write the command out")]


def _trap(call: Call) -> list[Reason]:
    if not call.arguments or call.texts[0] in ("-", "-l", "-p", ""):
        return [call.reason("read", "shows or clears a trap")]
    return call.code(call.arguments[0])


def _su(call: Call) -> list[Reason]:
    codes = call.values("-c", "--command", flags="lmp")
    if codes:
        return [reason for each in codes for reason in call.code(each)]
    if "--" in call.texts:
        return list(call.guard.command(call.arguments[call.texts.index("--") + 1 :]).findings)
    return unseen(call)


def _source(call: Call) -> list[Reason]:
    if not call.arguments:
        return [call.reason("read", "does nothing")]
    return run_file(call, call.arguments[0])


def _at(call: Call) -> list[Reason] | None:
    """`at` and `batch` run their input later."""
    if any(each in ("-l", "-c", "-V") for each in call.texts):
        return [call.reason("read", "lists jobs")]
    if any(each in ("-r", "-d") for each in call.texts):
        return [call.reason("destroy", "removes jobs that wait", "at -l lists them")]
    return unseen(call) if call.fed is not None or call.piped else None


def _alias(call: Call) -> list[Reason]:
    """An alias is judged by what it stands for."""
    given = [Word(each.text.partition("=")[2], each.fixed) for each in call.arguments if "=" in each.text]
    if not given:
        return [call.reason("read", "lists aliases")]
    if not all(each.fixed for each in given):
        return [call.reason("destroy", BUILT, BUILT_SAFER)]
    return [reason for each in given for reason in call.code(each)]


JUDGES: dict[str, Judge] = {
    **dict.fromkeys(("sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "mksh", "csh", "tcsh"), _shell),
    **dict.fromkeys(("pwsh", "powershell"), _power_shell),
    "eval": _eval,
    "trap": _trap,
    "su": _su,
    "runuser": _su,
    "source": _source,
    ".": _source,
    "at": _at,
    "batch": _at,
    "alias": _alias,
}
