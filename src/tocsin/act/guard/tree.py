"""What does the grammar of bash see in a text? Nodes as words, and what a command gets as its input."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from functools import lru_cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from tocsin.act.guard.ansi import unescaped
from tocsin.act.guard.words import Word

LONGEST = 50_000
DEEPEST = 150
"""So many nodes may stand within each other; no script of a person comes near."""
_WIDEST = 200  # commands of one pipe
_SHORT = 2_000
_PATIENCE_S = 0.3
_BASH = Language(tree_sitter_bash.language())
_TOLD_AT_RUN_TIME = frozenset(
    {
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
    }
)
_PATTERN = frozenset("*?[{")


_BRACE = re.compile(r"(\{[0-9]*(?:\.\.[0-9]*)?)([^\x00-\x7f])")


def _masked(found: re.Match[str]) -> str:
    """A letter in the place of a letter, as long in bytes.

    In a brace expansion the grammar asks the C library whether a character is a digit, and for one beyond its table
    (`{🔥`) that ends the process.
    """
    return found[1] + "x" * len(found[2].encode("utf-8", "replace"))


@lru_cache(maxsize=256)
def parse(text: str) -> Node | None:
    """The tree of a shell text; `has_error` of its root tells whether all of it was understood.

    None where it is too long, or so broken that looking for a way to read it takes longer than any script does:
    the grammar tries ever more ways, and its cost grows with the square of the mistakes.
    """
    if len(text) > LONGEST:
        return None
    source = _BRACE.sub(_masked, text).encode("utf-8", "replace")
    parser = Parser(_BASH)
    if len(source) <= _SHORT:
        return parser.parse(source).root_node
    give_up = time.monotonic() + _PATIENCE_S
    try:
        # The parser asks whether to go on only when it is given its source piece by piece.
        return parser.parse(
            lambda at, _: source[at : at + 65_536], progress_callback=lambda _, __: time.monotonic() > give_up
        ).root_node
    except ValueError:
        return None


def walk(root: Node) -> Iterator[Node]:
    """Every node of a tree, parents first, without recursion: trees of hostile text are deep."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def is_broken(root: Node) -> bool:
    """Whether bash would refuse the text, or read it otherwise: the grammar lets a redirection and `[ … ]` reach over
    the end of their line, bash does not.
    """
    return root.has_error or any(_reaches_over(node) for node in walk(root))


def _reaches_over(node: Node) -> bool:
    if node.type in ("file_redirect", "herestring_redirect"):
        parts = node.children
    elif node.type == "heredoc_redirect":
        parts = node.children[:2]
    elif node.type == "test_command" and node.children[0].type == "[":
        return b"\n" in _without_continuations(node.text or b"")
    else:
        return False
    source = node.text or b""
    gaps = (
        (one.end_byte - node.start_byte, other.start_byte - node.start_byte)
        for one, other in itertools.pairwise(parts)
    )
    return any(b"\n" in _without_continuations(source[begin:end]) for begin, end in gaps)


def _without_continuations(source: bytes) -> bytes:
    return source.replace(b"\\\n", b"")


def is_monstrous(root: Node) -> bool:
    """Whether nodes stand deeper within each other, or pipes are longer, than in any script of a person."""
    level = [root]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.children]
        if not level:
            return False
        if any(each.type == "pipeline" and each.child_count > 2 * _WIDEST for each in level):
            return True
    return True


def source_of(node: Node) -> str:
    """The text of a node as written."""
    return (node.text or b"").decode("utf-8", "replace")


def word_of(node: Node) -> Word:
    """A word as the shell would see it: quotes taken away, expansions left as written and marked."""
    if not node.child_count:
        return Word(_plain(node))
    fixed = not any(each.type in _TOLD_AT_RUN_TIME for each in walk(node))
    return Word(_plain(node), fixed)


def program_of(node: Node) -> Word:
    """The first word of a command. `"$FOLDER/bin/check"` names its program, whatever the folder is, if it is quoted:
    a value cannot become further words there. A pattern (`/bin/r?`) is only known at run time.
    """
    word = word_of(node)
    quoted = len(node.children) == 1 and node.children[0].type == "string"
    base = word.text.rpartition("/")[2]
    if not word.fixed and quoted and "/" in word.text and base and not set(base) & set("$`{}()"):
        return Word(base)
    bare = [each for each in walk(node) if each.type in ("word", "concatenation") and not each.children]
    pattern = any(_PATTERN & set(source_of(each)) for each in bare) and word.text not in ("[", "[[", "{}")
    return Word(word.text, word.fixed and not pattern)


def words_of(command: Node) -> list[Word]:
    """The words of a command; none where it only sets variables."""
    name = command.child_by_field_name("name")
    if name is None:
        return []
    told = [*command.children_by_field_name("argument"), *_behind_redirections(command)]
    return [program_of(name), *(word_of(each) for each in told)]


def _behind_redirections(command: Node) -> Iterator[Node]:
    """`kubectl 2>/dev/null delete pod x`: the grammar takes what stands behind a redirection for a part of it."""
    statement = _redirecting(command)
    for redirect in () if statement is None else statement.children:
        if redirect.type == "file_redirect":
            yield from redirect.children_by_field_name("destination")[1:]
        elif redirect.type == "heredoc_redirect":
            yield from redirect.children_by_field_name("argument")


def _redirecting(command: Node) -> Node | None:
    """The statement that redirects a command, alone or as the last of a pipe or list."""
    below, holder = command, command.parent
    while holder is not None and holder.type in ("pipeline", "list", "negated_command"):
        if holder.named_children[-1:] != [below]:
            return None
        below, holder = holder, holder.parent
    found = holder is not None and holder.type == "redirected_statement" and _body(holder) == below
    return holder if found else None


def _plain(node: Node) -> str:
    kind = node.type
    text = source_of(node)
    if kind == "raw_string":
        return text[1:-1]
    if kind == "ansi_c_string":
        return unescaped(text[2:-1])
    if kind == "string":
        return text[1:-1].replace('\\"', '"').replace("\\$", "$").replace("\\`", "`").replace("\\\\", "\\")
    if kind == "translated_string":
        return text[2:-1]
    if kind in ("concatenation", "command_name") and node.children:
        return "".join(_plain(each) for each in node.children)
    if kind == "word":
        return text.replace("\\\n", "").replace("\\", "")
    return text


# What a command reads


def input_of(command: Node) -> tuple[Word | None, bool]:
    """What a command reads where that can be seen, and whether it reads what cannot."""
    here = _own_input(command)
    if here is not None:
        return here
    below = command
    above = command.parent
    while above is not None:
        if above.type == "pipeline":
            commands = above.named_children
            if above.parent is not None and above.parent.type == "heredoc_redirect":
                commands = [_body(above.parent.parent), *commands]
            at = next((place for place, each in enumerate(commands) if each == below), 0)
            if at > 0:
                shown = _shown(commands[at - 1]) if below == command else None
                return shown, shown is None
        elif above.type == "redirected_statement" and below != command and _feeds(above):
            return None, True
        elif above.type in ("command_substitution", "process_substitution", "function_definition", "program"):
            break
        below, above = above, above.parent
    return None, False


def _own_input(command: Node) -> tuple[Word | None, bool] | None:
    """What the redirections of a command itself give it, None where it has none."""
    statement = _redirecting(command)
    holders = [command] if statement is None else [command, statement]
    for each in (child for one in holders for child in one.children):
        if each.type == "herestring_redirect":
            return (word_of(each.named_children[-1]) if each.named_children else Word("")), False
        if each.type == "heredoc_redirect":
            return _document(each), False
        if each.type == "file_redirect" and any(child.type == "<" for child in each.children):
            target = each.child_by_field_name("destination")
            built = target is not None and (
                target.type == "process_substitution" or source_of(target).startswith(("/dev/tcp", "/dev/fd"))
            )
            return None, built
    return None


def _document(redirect: Node) -> Word:
    body = next((each for each in redirect.children if each.type == "heredoc_body"), None)
    if body is None:
        return Word("")
    return Word(source_of(body), not any(each.type in _TOLD_AT_RUN_TIME for each in walk(body)))


def _feeds(statement: Node) -> bool:
    """Whether redirections give the whole statement an input that its commands may run."""
    return any(
        each.type in ("heredoc_redirect", "herestring_redirect")
        or (
            each.type == "file_redirect"
            and any(child.type == "<" for child in each.children)
            and any(child.type == "process_substitution" for child in each.children)
        )
        for each in statement.children
    )


def _body(statement: Node | None) -> Node | None:
    """What a redirected statement redirects."""
    if statement is None:
        return None
    first = statement.named_children[0] if statement.named_children else None
    return None if first is None or first.type.endswith("_redirect") else first


def _shown(command: Node | None) -> Word | None:
    """What a command prints, where that can be seen: `echo`, `printf` with fixed words, `cat` of a here-document."""
    if command is None or command.type != "command":
        return None
    words = words_of(command)
    if not words or not all(each.fixed for each in words):
        return None
    program, given = words[0].text, [each.text for each in words[1:]]
    if program == "echo":
        while given and given[0] in ("-n", "-e", "-E", "-ne", "-en"):
            given.pop(0)
        return Word(unescaped(" ".join(given)))
    if program == "printf" and given:
        pattern, rest = unescaped(given[0]), given[1:]
        if pattern.count("%") == pattern.count("%s"):
            for each in rest:
                pattern = pattern.replace("%s", each, 1)
            return Word(pattern)
    if program == "cat" and not given and command.parent is not None:
        redirect = next((each for each in command.parent.children if each.type == "heredoc_redirect"), None)
        return None if redirect is None else _document(redirect)
    return None


def prints_nothing(command: Node | None) -> bool:
    """Whether a command prints nothing, so that `>` behind it empties a file: `:`, `true`, `cat /dev/null`."""
    if command is None:
        return True
    if command.type != "command":
        return False
    texts = [each.text for each in words_of(command)]
    return texts in (
        [":"],
        ["true"],
        ["cat", "/dev/null"],
        ["echo", "-n"],
        ["echo", "-n", ""],
        ["printf", ""],
        ["echo"],
    )
