"""Which commands does a step run, word by word, and on which of its lines?

What runs other commands (`sudo`, `env`, `time`) is taken away in front of them; commands inside quotes for another
shell are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from tocsin.act.guard.names import names
from tocsin.act.guard.shell import parse

_LOOPS = frozenset({"while_statement", "for_statement", "c_style_for_statement", "select_statement"})
_WRAPPERS = names("sudo doas env time nohup exec command nice ionice stdbuf timeout")
_VALUED = {
    "sudo": names("-u -g -h -p -C -r -t -U -D"),
    "doas": names("-u -C"),
    "env": names("-u -C"),
    "nice": names("-n"),
    "ionice": names("-c -n -p"),
    "timeout": names("-s -k"),
    "time": names("-f -o"),
}
_FEEDS = frozenset({"heredoc_redirect", "herestring_redirect", "file_redirect"})


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its wrappers; `words[0]` is the program, without its folder."""

    words: tuple[str, ...]
    wrappers: tuple[str, ...]
    row: int  # line of the text, from 0
    looped: bool  # stands in a loop, or is its condition
    fed: bool  # gets its input from a pipe, a file or a here-document

    @property
    def program(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        return self.words[1:]

    def has(self, *options: str) -> bool:
        """Is one of these options there, also with a value or in a cluster of letters (`-it`)?"""
        for word in self.arguments:
            name = word.partition("=")[0]
            if name in options:
                return True
            letters = word[1:] if word[:1] == "-" and word[:2] != "--" and word[1:].isalpha() else ""
            if any(len(each) == 2 and each[1] in letters for each in options):
                return True
        return False

    def plain(self, valued: frozenset[str] = frozenset()) -> list[str]:
        """The arguments that are no options; the word after an option in `valued` is its value."""
        found: list[str] = []
        skip = False
        for word in self.arguments:
            if skip:
                skip = False
            elif word.startswith("-") and len(word) > 1:
                skip = word in valued
            else:
                found.append(word)
        return found


@lru_cache(maxsize=256)
def commands_in(text: str) -> tuple[Command, ...]:
    """Every command of a shell text, in its order; of a text that is too long, none."""
    root = parse(text)
    return () if root is None else tuple(_commands(root))


def _commands(root: Node) -> Iterator[Command]:
    waiting: list[tuple[Node, bool, bool]] = [(root, False, False)]
    while waiting:
        node, looped, fed = waiting.pop()
        if node.type == "command":
            command = _command(node, looped, fed or any(each.type in _FEEDS for each in node.children))
            if command is not None:
                yield command
        looped = looped or node.type in _LOOPS
        fed = fed or (node.type == "redirected_statement" and _is_fed(node))
        pipeline = node.type == "pipeline"
        inner = node.named_children
        waiting.extend(
            (each, looped, fed or (pipeline and at > 0)) for at, each in reversed(list(enumerate(inner)))
        )


def _is_fed(node: Node) -> bool:
    return any(
        each.type in ("heredoc_redirect", "herestring_redirect")
        or (each.type == "file_redirect" and any(mark.type == "<" for mark in each.children))
        for each in node.children
    )


def _command(node: Node, looped: bool, fed: bool) -> Command | None:
    words = [
        _plain(each)
        for each in node.named_children
        if each.type not in ("variable_assignment", *_FEEDS) and each.type != "comment"
    ]
    wrappers: list[str] = []
    while words and (name := words[0].rsplit("/", 1)[-1]) in _WRAPPERS:
        rest = _behind(name, words[1:])
        if not rest:
            break
        wrappers.append(" ".join(words[: len(words) - len(rest)]))
        words = rest
    if not words:
        return None
    words[0] = words[0].rsplit("/", 1)[-1] or words[0]
    return Command(tuple(words), tuple(wrappers), node.start_point[0], looped, fed)


def _behind(wrapper: str, words: list[str]) -> list[str]:
    """What a wrapper runs: the words behind its options and its own arguments."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if word.startswith("-"):
            at += 2 if word in _VALUED.get(wrapper, frozenset()) else 1
        elif wrapper in ("env", "sudo") and word.partition("=")[0].isidentifier() and "=" in word:
            at += 1
        else:
            break
    return words[at + 1 :] if wrapper == "timeout" else words[at:]


def _plain(node: Node) -> str:
    """A word as the shell sees it; expansions stay as written. Words are nested a few levels deep at most."""
    text = (node.text or b"").decode("utf-8", "replace")
    match node.type:
        case "raw_string":
            return text[1:-1]
        case "string":
            return text[1:-1]
        case "command_name" | "concatenation" if node.children:
            return "".join(_plain(each) for each in node.children)
        case _:
            return text
