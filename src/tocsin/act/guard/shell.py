"""What would this shell text do? Parsed with the grammar of bash, and every command in it looked up.

Pipes, lists, loops, functions, substitutions and here-documents are walked alike: whatever stands anywhere in the
tree as a command counts, also one that might not be reached. Programs that run other programs (`sudo`, `xargs`,
`ssh host '…'`, `kubectl exec … --`) are looked through. An unknown command is *change*; text that does not
parse, and code put together, fetched or decoded at run time and then executed, is *destroy*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from tocsin.act.guard.names import names
from tocsin.act.guard.programs import JUDGES, Call, Looking
from tocsin.act.guard.rules.wrappers import CODE_IN_OPTIONS, REMOTE, TAKES_PROSE, WRAPPERS
from tocsin.act.guard.tree import (
    LONGEST,
    input_of,
    is_broken,
    is_monstrous,
    parse,
    source_of,
    walk,
    word_of,
    words_of,
)
from tocsin.act.guard.verdict import Reason, Verdict, shorten
from tocsin.act.guard.words import (
    ALWAYS_DESTROY,
    NAMED,
    Told,
    Word,
    canonical,
    look_up,
    named_by,
    rehearses,
    streams,
)
from tocsin.act.guard.wrapped import Inner, look_through
from tocsin.act.guard.written import assigned, files_written, redirected, runs_written

__all__ = ["KNOWN_PROGRAMS", "parse", "shell_level", "walk"]

_DEEPEST = 6  # shells within shells
_SENTENCES = names(
    "batch dir erase format help just net port script scrub task ver where wipe"
)  # begin such as well
KNOWN_PROGRAMS = (
    NAMED
    | frozenset(name for name in JUDGES if " " not in name)
    | frozenset(name for name in WRAPPERS if " " not in name)
) - _SENTENCES
"""Programs that the guard knows by name: an unlabelled block that begins with one of them is a command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Script:
    """What a text says of names: its functions, its aliases, the files that it writes; and how deep it stands."""

    depth: int
    functions: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    written: frozenset[str] = frozenset()

    @property
    def deeper(self) -> _Script:
        return replace(self, depth=self.depth - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """A command as it stands: its words, its text, what it reads."""

    words: Sequence[Word]
    part: str
    fed: Word | None = None
    piped: bool = False

    def reason(self, told: Told, program: str) -> Reason:
        sentence = told.does if told.known else f"{program} {told.does}"
        return Reason(part=self.part, level=told.level, why=sentence, safer=told.safer)


def shell_level(text: str) -> Verdict:
    """The verdict on a shell text, with a reason for each command in it."""
    return _text(text, _Script(depth=_DEEPEST))


def _text(text: str, outer: _Script) -> Verdict:
    if outer.depth <= 0:
        return _unread(text, "there are too many shells within shells")
    root = parse(text)
    if root is None:
        return _unread(text, f"it is longer than {LONGEST} characters, or hardly shell")
    if is_broken(root):
        return _unread(text, "it cannot be parsed as shell")
    if is_monstrous(root):
        return _unread(text, "its commands stand too deep within each other, or in too long a pipe")
    commands = {node.id: words_of(node) for node in walk(root) if node.type == "command"}
    script = replace(
        outer,
        functions=outer.functions | _functions(root),
        aliases={**outer.aliases, **_aliases(commands.values())},
        written=outer.written | files_written(root, commands.values()),
    )
    reasons: list[Reason] = []
    flows = False
    for node in walk(root):
        if node.type == "command":
            verdict = _command_node(node, commands[node.id], script)
            reasons.extend(verdict.findings)
            flows = flows or verdict.streams
        elif node.type == "file_redirect":
            reasons.extend(redirected(node))
        elif node.type == "variable_assignment":
            reasons.extend(_assignment(node, script))
    return Verdict.of(reasons, streams=flows)


def _functions(root: Node) -> frozenset[str]:
    """Functions of the text. One with the name of a program hides nothing: it may be gone where the name is used."""
    found = (each.child_by_field_name("name") for each in walk(root) if each.type == "function_definition")
    return frozenset(source_of(each) for each in found if each is not None) - KNOWN_PROGRAMS


def _aliases(commands: Iterable[Sequence[Word]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for words in commands:
        if words and words[0].text == "alias":
            told = (each.text.partition("=") for each in words[1:] if each.fixed)
            found.update(
                {name: value for name, equals, value in told if equals and name not in KNOWN_PROGRAMS}
            )
    return found


def _assignment(node: Node, script: _Script) -> Iterator[Reason]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is not None:
        yield from _variable(source_of(name), word_of(value) if value is not None else Word(""), script)


def _variable(name: str, value: Word, script: _Script) -> Iterator[Reason]:
    told = assigned(name, value)
    if isinstance(told, Reason):
        yield told
    elif told is not None and value.fixed:
        yield from (each for each in _text(told, script.deeper).findings if each.level == "destroy")


def _arguments(node: Node) -> int:
    return len(node.children_by_field_name("argument"))


def _command_node(node: Node, words: Sequence[Word], script: _Script) -> Verdict:
    if not words:
        return Verdict.of([])
    part = shorten(
        source_of(node) if len(words) == 1 + _arguments(node) else " ".join(each.text for each in words)
    )
    if words[0].fixed and words[0].text in script.functions:
        return Verdict.of([Reason(part=part, level="read", why="calls a function that is looked into above")])
    fed, piped = input_of(node)
    return _command(_Seen(words=words, part=part, fed=fed, piped=piped), script)


def _command(seen: _Seen, script: _Script) -> Verdict:
    if script.depth <= 0:
        return _unread(seen.part, "there are too many shells within shells")
    if not seen.words:
        return Verdict.of([Reason(part=seen.part, level="read", why="runs nothing")])
    if not seen.words[0].fixed:
        why = "the program is only known at run time"
        return Verdict.of([Reason(part=seen.part, level="destroy", why=why, safer="name the program")])
    if runs_written(seen.words, script.written):
        why = "runs what was fetched or written just before, unseen"
        return Verdict.of(
            [
                Reason(
                    part=seen.part,
                    level="destroy",
                    why=why,
                    safer="read the file first, then run it in a step of its own",
                )
            ]
        )
    stands_for = script.aliases.get(seen.words[0].text)
    if stands_for is not None:
        return _expanded(stands_for, seen, script)
    words = canonical(seen.words)
    inner = None if rehearses(words) else look_through(words)
    if inner is not None:
        return _inside(inner, words, seen, script)
    return Verdict.of(
        [*_told(words, seen, script), *_code_in_options(words, seen, script)], streams=streams(words)
    )


def _told(words: list[Word], seen: _Seen, script: _Script) -> list[Reason]:
    """The reasons of a command itself: by its judge, else by the table."""
    for name, rest in named_by(words, JUDGES):
        call = Call(
            arguments=tuple(rest),
            part=seen.part,
            fed=seen.fed,
            piped=seen.piped,
            guard=Looking(
                command=lambda inner: _command(_Seen(words=inner, part=seen.part), script.deeper),
                text=lambda text: _text(text, script.deeper),
            ),
        )
        judged = JUDGES[name](call)
        if judged is not None:
            return judged
    found = look_up(words)
    carried = _carried(words, found, script) if found.level == "change" else None
    return [carried or seen.reason(found, words[0].text)]


def _inside(inner: Inner, words: list[Word], seen: _Seen, script: _Script) -> Verdict:
    """The verdict on what a wrapper runs, and on what it does itself."""
    reasons = [*_code_in_options(words, seen, script)]
    for name, value in inner.variables:
        reasons.extend(_variable(name, value, script))
    reads_input = (
        inner.reads_code and not inner.words and not inner.texts and (seen.fed is not None or seen.piped)
    )
    if inner.told is not None and not reads_input:
        reasons.append(seen.reason(inner.told, words[0].text))
    flows = inner.streams
    texts = list(inner.texts)
    if reads_input and seen.fed is not None:
        texts.append(seen.fed)
    elif reads_input:
        why = "runs what is piped in, unseen"
        reasons.append(
            Reason(part=seen.part, level="destroy", why=why, safer="save it, read it, then run it")
        )
    for text in texts:
        if not text.fixed:
            why = "runs code that is only put together at run time"
            reasons.append(Reason(part=seen.part, level="destroy", why=why, safer="write the command out"))
        else:
            verdict = _text(text.text, script.deeper)
            reasons.extend(_with_input(verdict, text.text, seen))
            flows = flows or verdict.streams
    if inner.words:
        verdict = _command(
            _Seen(words=inner.words, part=seen.part, fed=seen.fed, piped=seen.piped or inner.feeds),
            script.deeper,
        )
        reasons.extend(verdict.findings)
        flows = flows or verdict.streams
    return Verdict.of(reasons, streams=flows)


_BARE_SHELL = re.compile(r"\s*(?:sudo\s+)?(?:/\w+){0,3}/?(?:ba|z|da|k|a)?sh(?:\s+-[a-zA-Z]+)*\s*-?\s*")


def _with_input(verdict: Verdict, text: str, seen: _Seen) -> tuple[Reason, ...]:
    """`… | ssh host bash`: what comes in is run at the other end."""
    if not (seen.piped or seen.fed is not None) or not _BARE_SHELL.fullmatch(text[:200]):
        return verdict.findings
    why = "runs at the other end what is fed into it"
    return (Reason(part=seen.part, level="destroy", why=why, safer="save it, read it, then run it"),)


def _expanded(value: str, seen: _Seen, script: _Script) -> Verdict:
    """The verdict on an alias: what it stands for, with the words behind it."""
    root = parse(value)
    commands = [] if root is None else [each for each in walk(root) if each.type == "command"]
    aliases = {name: told for name, told in script.aliases.items() if name != seen.words[0].text}
    known = replace(script.deeper, aliases=aliases)
    if len(commands) == 1:
        return _command(replace(seen, words=[*words_of(commands[0]), *seen.words[1:]]), known)
    return _text(value, known)


def _code_in_options(words: Sequence[Word], seen: _Seen, script: _Script) -> list[Reason]:
    """Options whose value a shell runs, as `tar --to-command`."""
    program = words[0].text
    options = CODE_IN_OPTIONS.get(program)
    if options is None:
        return []
    call = Call(
        arguments=tuple(words[1:]),
        part=seen.part,
        fed=None,
        piped=False,
        guard=Looking(command=lambda _: Verdict.of([]), text=lambda text: _text(text, script.deeper)),
    )
    found: list[Reason] = []
    for value in call.values(*options):
        code = _code_of(program, value.text)
        if code is not None:
            found.extend(call.code(Word(code, value.fixed)))
    return [each for each in found if each.level != "read"]


_SSH_RUNS = re.compile(
    r"(?:ProxyCommand|LocalCommand|KnownHostsCommand|RemoteCommand)\s*[= ]\s*(.+)", re.IGNORECASE
)
_SHELL_ESCAPE = re.compile(r":?\s*(?:%|\d+,\$)?!\s*(.+)|shell\s+(.+)|exec=(.+)")


def _code_of(program: str, value: str) -> str | None:
    """The part of an option's value that a shell runs."""
    value = value[:LONGEST]
    if program in ("ssh", "scp", "sftp") and not value.startswith("/"):
        found = _SSH_RUNS.match(value)
        return found[1] if found else None
    escape = _SHELL_ESCAPE.match(value)
    if escape:
        return escape[1] or escape[2] or escape[3]
    return None if program in ("vim", "vi", "nvim", "gdb", "expect", "screen") or "=" in value[:12] else value


def _carried(words: Sequence[Word], found: Told, script: _Script) -> Reason | None:
    """What a program is handed that would destroy if it ran it: `fleet run 'rm -rf /x'`."""
    if words[0].text in TAKES_PROSE:
        return None
    may_run = not found.known or words[0].text in REMOTE
    for at, word in enumerate(words[1:30], start=1):
        text = word.text
        if may_run and not ALWAYS_DESTROY.isdisjoint((text, text.partition("=")[2])):
            why = f"may run what it is handed: {text}"
            return Reason(part=shorten(" ".join(each.text for each in words)), level="destroy", why=why)
        if " " not in text or len(text) > 2_000:
            continue
        for told in (text, text.partition("=")[2], *_QUOTED.findall(text)[:5]):
            first = told.split(maxsplit=1)[:1]
            if not first or first[0].rsplit("/", 1)[-1] not in KNOWN_PROGRAMS:
                continue
            verdict = _text(told, script.deeper)
            if verdict.parsed and verdict.level == "destroy":
                why = "may run what it is handed, and that destroys"
                return Reason(
                    part=shorten(words[at].text), level="destroy", why=why, safer="ask about that command"
                )
    return None


_QUOTED = re.compile(r"[\"']([^\"']{2,2000})[\"']")


def _unread(text: str, why: str) -> Verdict:
    reason = Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")
    return Verdict.of([reason], parsed=False)
