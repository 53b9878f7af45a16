"""What does a program run that its arguments name? `sudo -u app sh -c '…'` is looked through, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tocsin.act.guard.rules.wrappers import WRAPPERS, Wrapper
from tocsin.act.guard.words import Told, Word, named_by

_SSH_TUNNELS = frozenset({"-N", "-W", "-O", "-G", "-Q", "-V", "-fN", "-NL", "-NfL", "-fNL", "-nNT"})
_ALONE = {
    "read": "prints what it was given, or does nothing",
    "change": "opens a session that may do anything",
    "destroy": "does something that is not looked into",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    """What a wrapper runs: words of a command, texts for a shell; and what it does itself."""

    words: tuple[Word, ...] = ()
    texts: tuple[Word, ...] = ()
    told: Told | None = None
    variables: tuple[tuple[str, Word], ...] = ()
    feeds: bool = False  # it hands its command further words, as xargs does
    reads_code: bool = False  # without a command it runs its input
    streams: bool = False


def look_through(words: Sequence[Word]) -> Inner | None:
    """What the command runs, None where it is no wrapper."""
    program = words[0].text
    if program == "env":
        return _env(words[1:])
    for name, rest in named_by(words, WRAPPERS):
        return _inner(name, WRAPPERS[name], rest)
    return None


def _inner(name: str, wrapper: Wrapper, rest: list[Word]) -> Inner:
    only_tells = _only_tells(name, rest)
    if only_tells is not None:
        return Inner(told=Told("read", only_tells))
    code = tuple(_code(wrapper, rest))
    words, variables = _command_in(name, wrapper, rest)
    if code:
        return Inner(texts=code, told=_itself(wrapper, rest), variables=variables)
    if not words:
        told = Told(wrapper.alone, _ALONE[wrapper.alone], _safer(wrapper.alone))
        if name in ("ssh", "autossh") and _tunnels(rest):
            told = Told("read", "opens a tunnel")
        elif told.level == "read":
            told = _itself(wrapper, rest) or told
        return Inner(told=told, variables=variables, reads_code=name in _READ_CODE)
    if wrapper.text:
        if name == "parallel":
            words = _without_list(words)
        return Inner(
            texts=(Word(" ".join(each.text for each in words), all(each.fixed for each in words)),),
            told=_itself(wrapper, rest),
            streams=name == "watch",
        )
    if name == "xargs":
        mark = _replaced(rest)
        words = tuple(Word(each.text, each.fixed and not (mark and mark in each.text)) for each in words)
    return Inner(words=words, told=_itself(wrapper, rest), variables=variables, feeds=name == "xargs")


_READ_CODE = frozenset(
    {"ssh", "parallel", "sudo", "doas", "rsh", "tsh ssh", "busybox", "nsenter", "chroot", "unshare"}
)
"""Wrappers that run their input, where they get no command: `ssh host < script`, `sudo -s`."""


def _safer(level: str) -> str:
    return "add the command" if level == "change" else ""


def _itself(wrapper: Wrapper, rest: Sequence[Word]) -> Told | None:
    if wrapper.own != "read":
        return Told(wrapper.own, "starts something new to run it in")
    return Told("change", "writes a file") if any(each.text in wrapper.writes for each in rest) else None


def _only_tells(name: str, rest: Sequence[Word]) -> str | None:
    first = rest[0].text if rest else ""
    if name == "command" and first in ("-v", "-V"):
        return "tells whether a program is there"
    if name == "sudo" and first in ("-l", "--list", "-v", "-k", "-K", "-V"):
        return "tells what sudo permits"
    if name == "screen" and first in ("-ls", "-list", "-v"):
        return "lists sessions"
    if len(rest) == 1 and first in ("--version", "--help"):
        return "tells about itself"
    return None


def _tunnels(rest: Sequence[Word]) -> bool:
    return any(each.text in _SSH_TUNNELS for each in rest)


def _takes_next(option: str, valued: Collection[str]) -> bool:
    """Whether an option's value is the next word, also for the last of several letters (`-iu name`)."""
    if option in valued:
        return True
    if option.startswith("--") or len(option) < 3:
        return False
    for at, letter in enumerate(option[1:], start=1):
        if f"-{letter}" in valued:
            return at == len(option) - 1
        if not letter.isalpha():
            return False
    return False


def _code(wrapper: Wrapper, rest: Sequence[Word]) -> list[Word]:
    """The values of the options that a shell runs."""
    found: list[Word] = []
    for at, word in enumerate(rest):
        name, equals, value = word.text.partition("=")
        if name in wrapper.code and equals:
            found.append(Word(value, word.fixed))
        elif word.text in wrapper.code:
            found.extend(rest[at + 1 : at + 2])
    return found


def _command_in(
    name: str, wrapper: Wrapper, rest: Sequence[Word]
) -> tuple[tuple[Word, ...], tuple[tuple[str, Word], ...]]:
    """What is left after the wrapper's own options, arguments and variables."""
    variables: list[tuple[str, Word]] = []
    at = 0
    skip = wrapper.skip
    has_dashes = wrapper.dashed and any(each.text == "--" for each in rest)
    entry: list[Word] = []
    while at < len(rest):
        text = rest[at].text
        told, equals, value = text.partition("=")
        if text == "--":
            at += 1
            if has_dashes or skip == 0:
                break
        elif text.startswith("-") and len(text) > 1:
            if told == "--entrypoint":
                entry = [Word(value, rest[at].fixed)] if equals else list(rest[at + 1 : at + 2])
                at += 0 if equals else 1
                at += 1
            else:
                at += 2 if _takes_next(text, wrapper.valued) else 1
        elif has_dashes:
            at += 1
        elif equals and told.isidentifier() and skip == 0 and name != "xargs":
            variables.append((told, Word(value, rest[at].fixed)))
            at += 1
        elif skip > 0:
            skip -= 1
            at += 1
        else:
            break
    return (*entry, *rest[at:]), tuple(variables)


def _without_list(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`parallel rm {} ::: a b` → `rm {}`, whose names are known only at run time."""
    end = next((at for at, each in enumerate(words) if each.text.startswith(":::")), len(words))
    return tuple(Word(each.text.replace("{}", "name"), each.fixed) for each in words[:end])


def _replaced(options: Sequence[Word]) -> str:
    """The mark that xargs replaces (`-I{}`), "" when it only appends."""
    for at, word in enumerate(options):
        if word.text == "-I" and at + 1 < len(options):
            return options[at + 1].text
        if word.text.startswith("-I"):
            return word.text[2:]
        if word.text.startswith(("-i", "--replace")):
            return "{}"
    return "{}" if any("{}" in each.text for each in options) else ""


def _env(arguments: Sequence[Word]) -> Inner:
    """`env -i A=1 command`; `env -S 'command with words'`; alone it lists."""
    variables: list[tuple[str, Word]] = []
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        name, equals, value = text.partition("=")
        if text in ("-S", "--split-string"):
            return Inner(texts=tuple(arguments[at + 1 : at + 2]), variables=tuple(variables))
        if text.startswith("-S") or name == "--split-string":
            told = value if equals and name == "--split-string" else text[2:]
            return Inner(texts=(Word(told, arguments[at].fixed),), variables=tuple(variables))
        if text in ("-u", "-C", "--unset", "--chdir"):
            at += 2
        elif text.startswith("-"):
            at += 1
        elif equals:
            variables.append((name, Word(value, arguments[at].fixed)))
            at += 1
        else:
            break
    rest = tuple(arguments[at:])
    told = None if rest else Told("read", "lists the environment")
    return Inner(words=rest, told=told, variables=tuple(variables))
