"""What would this shell text do? Parsed with the grammar of bash, and every command in it looked up.

Pipes, lists, loops, functions, substitutions and here-documents are walked alike: whatever stands anywhere in the
tree as a command counts, also one that might not be reached. Programs that run other programs (`sudo`, `xargs`,
`ssh host '…'`, `kubectl exec … --`) are looked through. An unknown command is *change*; text that does not
parse, and code put together at run time and then executed, is *destroy*.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from tocsin.act.guard.programs import JUDGES, Call, Looking
from tocsin.act.guard.rules.wrappers import WRAPPERS, Wrapper
from tocsin.act.guard.verdict import Reason, Verdict, shorten
from tocsin.act.guard.words import NAMED, Word, canonical, look_up, streams

_BASH = Language(tree_sitter_bash.language())
_DEEPEST = 6  # shells within shells
_LONGEST = 50_000
_SHORT = 2_000
_PATIENCE_S = 0.3

_HARMLESS_TARGETS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"})
_TOLD_AT_RUN_TIME = frozenset(
    {
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
    }
)
KNOWN_PROGRAMS = NAMED | frozenset(JUDGES) | frozenset(name for name in WRAPPERS if " " not in name)
"""Programs that the guard knows by name: an unlabelled block that begins with one of them is a command."""

_LOADS_CODE = frozenset({"LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PROMPT_COMMAND", "PS4"})


@lru_cache(maxsize=256)
def parse(text: str) -> Node | None:
    """The tree of a shell text; `has_error` of its root tells whether all of it was understood.

    None where it is too long, or so broken that looking for a way to read it takes longer than any script does:
    the grammar tries ever more ways, and its cost grows with the square of the mistakes.
    """
    if len(text) > _LONGEST:
        return None
    source = text.encode("utf-8", "replace")
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


def shell_level(text: str) -> Verdict:
    """The verdict on a shell text, with a reason for each command in it."""
    return _text(text, _DEEPEST)


def _text(text: str, depth: int) -> Verdict:
    if depth <= 0:
        return _unread(text, "there are too many shells within shells")
    root = parse(text)
    if root is None:
        return _unread(text, f"it is longer than {_LONGEST} characters, or hardly shell")
    if root.has_error:
        return _unread(text, "it cannot be parsed as shell")
    functions = {_source(name) for node in walk(root) for name in [_function_name(node)] if name is not None}
    reasons: list[Reason] = []
    flows = False
    for node in walk(root):
        if node.type == "command":
            verdict = _command_node(node, functions, depth)
            reasons.extend(verdict.findings)
            flows = flows or verdict.streams
        elif node.type == "file_redirect":
            reasons.extend(_redirect(node))
        elif node.type == "variable_assignment":
            name = node.child_by_field_name("name")
            if name is not None and _source(name) in _LOADS_CODE:
                reasons.append(
                    Reason(part=shorten(_source(node)), level="destroy", why="makes programs load other code")
                )
    return Verdict.of(reasons, streams=flows)


def walk(root: Node) -> Iterator[Node]:
    """Every node of a tree, parents first, without recursion: trees of hostile text are deep."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _command_node(node: Node, functions: set[str], depth: int) -> Verdict:
    name = node.child_by_field_name("name")
    if name is None:
        return Verdict.of([])
    words = [_program(name), *(_word(each) for each in node.children_by_field_name("argument"))]
    part = shorten(_source(node))
    if words[0].fixed and words[0].text in functions:
        return Verdict.of([Reason(part=part, level="read", why="calls a function that is looked into above")])
    return _command(words, part, fed=_fed(node), piped=_behind_pipe(node), depth=depth)


def _command(words: Sequence[Word], part: str, *, fed: Word | None, piped: bool, depth: int) -> Verdict:
    if depth <= 0:
        return _unread(part, "there are too many shells within shells")
    if not words:
        return Verdict.of([Reason(part=part, level="read", why="runs nothing")])
    if not words[0].fixed:
        why = "the program is only known at run time"
        return Verdict.of([Reason(part=part, level="destroy", why=why, safer="name the program")])
    words = canonical(words)
    program = words[0].text

    if program == "env":
        rest = _after_env(words[1:])
        return _command(rest, part, fed=fed, piped=piped, depth=depth - 1)
    for length in (3, 2, 1):
        told = _wrapped(words, length)
        if told is not None:
            return _inside(told[0], told[1], words, part, fed=fed, piped=piped, depth=depth)

    judge = JUDGES.get(program)
    if judge is not None:
        call = Call(
            arguments=tuple(words[1:]),
            part=part,
            fed=fed,
            piped=piped,
            guard=Looking(
                command=lambda inner: _command(inner, part, fed=None, piped=False, depth=depth - 1),
                text=lambda text: _text(text, depth - 1),
            ),
        )
        judged = judge(call)
        if judged is not None:
            return Verdict.of(judged, streams=streams(words))
    found = look_up(words)
    sentence = found.does if found.known else f"{program} {found.does}"
    return Verdict.of(
        [Reason(part=part, level=found.level, why=sentence, safer=found.safer)], streams=streams(words)
    )


def _wrapped(words: Sequence[Word], length: int) -> tuple[Wrapper, list[Word]] | None:
    """The wrapper whose name is the first `length` plain words, and what follows them."""
    plain: list[str] = []
    before: list[str] = []
    for at, word in enumerate(words):
        if word.text.startswith("-") and plain:
            before.append(word.text)
            continue
        if before and plain and before[-1] in _GLOBAL_VALUED.get(plain[0], ()):
            before.append("")
            continue
        plain.append(word.text)
        if len(plain) == length:
            wrapper = WRAPPERS.get(" ".join(plain))
            return (wrapper, list(words[at + 1 :])) if wrapper is not None else None
    return None


_GLOBAL_VALUED: dict[str, frozenset[str]] = {
    "docker": frozenset({"-H", "--host", "--context", "-f", "--file", "-p", "--project-name", "--profile"}),
    "kubectl": frozenset({"-n", "--namespace", "--context", "--kubeconfig", "--cluster"}),
}


def _inside(
    wrapper: Wrapper,
    rest: list[Word],
    words: Sequence[Word],
    part: str,
    *,
    fed: Word | None,
    piped: bool,
    depth: int,
) -> Verdict:
    """The verdict on what a wrapper runs."""
    program = words[0].text
    inner = _own_options(wrapper, rest, program)
    if program == "command" and rest and rest[0].text in ("-v", "-V"):
        return Verdict.of([Reason(part=part, level="read", why="tells whether a program is there")])
    if program == "sudo" and rest and rest[0].text in ("-l", "--list", "-v", "-k"):
        return Verdict.of([Reason(part=part, level="read", why="tells what sudo permits")])
    if not inner:
        if program in ("xargs", "time", "exec"):
            return Verdict.of([Reason(part=part, level="read", why="prints its input, or does nothing")])
        return Verdict.of(
            [
                Reason(
                    part=part,
                    level="change",
                    why="opens a session that may do anything",
                    safer="add the command",
                )
            ]
        )
    if wrapper.text:
        if not all(each.fixed for each in inner):
            why = "runs code that is only put together at run time"
            return Verdict.of([Reason(part=part, level="destroy", why=why, safer="write the command out")])
        verdict = _text(" ".join(each.text for each in inner), depth - 1)
        return Verdict.of(verdict.findings, streams=verdict.streams or program == "watch")
    if program in ("xargs", "parallel"):
        mark = _replaced(rest)
        inner = [Word(each.text, each.fixed and not (mark and mark in each.text)) for each in inner]
    return _command(inner, part, fed=fed, piped=piped, depth=depth - 1)


def _own_options(wrapper: Wrapper, rest: Sequence[Word], program: str) -> list[Word]:
    """What is left after the wrapper's own options and arguments."""
    at = 0
    skip = wrapper.skip
    while at < len(rest):
        text = rest[at].text
        if text == "--":
            at += 1
            if skip == 0 or program == "kubectl":
                break
        elif text.startswith("-") and len(text) > 1:
            at += 2 if text in wrapper.valued else 1
        elif (program == "kubectl" and any(each.text == "--" for each in rest[at:])) or (
            program == "sudo" and "=" in text and text.partition("=")[0].isidentifier()
        ):
            at += 1
        elif skip > 0:
            skip -= 1
            at += 1
        elif program == "kubectl":
            at += 1
            break
        else:
            break
    return list(rest[at:])


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


def _after_env(arguments: Sequence[Word]) -> list[Word]:
    """`env -i A=1 command` → `command`."""
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        if text in ("-u", "-C", "--unset", "--chdir"):
            at += 2
        elif text.startswith("-") or "=" in text:
            at += 1
        else:
            break
    return list(arguments[at:])


def _redirect(node: Node) -> Iterator[Reason]:
    """Writing into a file is a change; into a device, the loss of what was on it."""
    if not any(each.type in (">", ">>", ">|", "&>", "&>>", "<>") for each in node.children):
        return
    target = node.child_by_field_name("destination")
    if target is None:
        return
    word = _word(target)
    if word.text in _HARMLESS_TARGETS or target.type == "process_substitution":
        return
    part = shorten(_source(node))
    if word.text.startswith("/dev/"):
        yield Reason(part=part, level="destroy", why="writes onto a device")
    else:
        yield Reason(part=part, level="change", why="writes a file")


def _behind_pipe(node: Node) -> bool:
    """Whether the command's input comes from a pipe."""
    below = node
    above = node.parent
    while above is not None:
        if above.type == "pipeline" and above.named_children and above.named_children[0] != below:
            return True
        if above.type in ("command_substitution", "process_substitution", "function_definition", "program"):
            return False
        below, above = above, above.parent
    return False


def _fed(node: Node) -> Word | None:
    """The here-document or here-string of a command."""
    above = node.parent
    holders = [node, above] if above is not None and above.type == "redirected_statement" else [node]
    for holder in holders:
        for each in holder.children:
            if each.type == "herestring_redirect":
                return _word(each.named_children[-1]) if each.named_children else Word("")
            if each.type == "heredoc_redirect":
                body = next((inner for inner in each.children if inner.type == "heredoc_body"), None)
                if body is None:
                    return Word("")
                fixed = not any(inner.type in _TOLD_AT_RUN_TIME for inner in walk(body))
                return Word(_source(body), fixed)
    return None


def _function_name(node: Node) -> Node | None:
    return node.child_by_field_name("name") if node.type == "function_definition" else None


def _program(node: Node) -> Word:
    """The first word of a command. `"$FOLDER/bin/check"` names its program, whatever the folder is, if it is quoted:
    a value cannot become further words there.
    """
    word = _word(node)
    quoted = len(node.children) == 1 and node.children[0].type == "string"
    base = word.text.rpartition("/")[2]
    if not word.fixed and quoted and "/" in word.text and base and not set(base) & set("$`{}()"):
        return Word(base)
    return word


def _word(node: Node) -> Word:
    """A word as the shell would see it: quotes taken away, expansions left as written and marked."""
    fixed = not any(each.type in _TOLD_AT_RUN_TIME for each in walk(node))
    return Word(_plain(node), fixed)


def _plain(node: Node) -> str:
    kind = node.type
    text = _source(node)
    if kind == "raw_string":
        return text[1:-1]
    if kind == "ansi_c_string":
        return text[2:-1]
    if kind == "string":
        return text[1:-1].replace('\\"', '"').replace("\\$", "$").replace("\\`", "`").replace("\\\\", "\\")
    if kind == "translated_string":
        return text[2:-1]
    if kind in ("concatenation", "command_name") and node.children:
        return "".join(_plain(each) for each in node.children)
    if kind == "word":
        return text.replace("\\\n", "").replace("\\", "")
    return text


def _source(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _unread(text: str, why: str) -> Verdict:
    reason = Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")
    return Verdict.of([reason], parsed=False)
