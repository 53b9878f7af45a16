"""Which files does a text write, and which of its variables start programs?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tree_sitter import Node

from tocsin.act.guard.names import names
from tocsin.act.guard.programs.call import HARMLESS_TARGETS, written
from tocsin.act.guard.tree import prints_nothing, source_of, walk, word_of
from tocsin.act.guard.verdict import Reason, shorten
from tocsin.act.guard.words import Word

_WRITING = (">", ">>", ">|", "&>", "&>>", "<>")
_EMPTYING = (">", ">|", "&>")
_FETCHES = names(
    "curl wget aria2c scp rsync sftp tee base64 openssl gpg xxd cp mv aws gsutil gcloud az http fetch"
)
_LOADS_CODE = names(
    "LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES BASH_ENV PROMPT_COMMAND PYTHONSTARTUP PERL5OPT PERL5DB RUBYOPT"
)
_COMMANDS = names(
    """
    PAGER MANPAGER GIT_PAGER EDITOR VISUAL GIT_EDITOR GIT_SSH GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_SEQUENCE_EDITOR
    GIT_PROXY_COMMAND KUBE_EDITOR KUBECTL_EXTERNAL_DIFF BROWSER LESSOPEN RSYNC_RSH SSH_ASKPASS SUDO_ASKPASS
    PSQL_EDITOR SYSTEMD_PAGER SYSTEMD_EDITOR AWS_PAGER
    """
)
_REQUIRES = re.compile(r"(?:^|\s)(?:-r|--require|--import|--loader)\b")


def redirected(node: Node) -> Iterator[Reason]:
    """What a redirection writes. One behind nothing empties the file."""
    signs = {each.type for each in node.children}
    if signs.isdisjoint(_WRITING):
        return
    target = node.child_by_field_name("destination")
    if target is None or target.type == "process_substitution" or target.type == "number":
        return
    word = word_of(target)
    level, why, safer = written(word)
    if level == "read":
        return
    statement = node.parent
    body = statement.named_children[0] if statement is not None and statement.named_children else None
    if statement is not None and statement.type != "redirected_statement":
        body = statement  # it stands within a here-document, behind a command that prints it
    elif body is not None and body.type.endswith("_redirect"):
        body = None
    nothing = prints_nothing(body) and not any(
        each.type == "heredoc_redirect" for each in (statement or node).children
    )
    part = shorten(source_of(node))
    if word.text.startswith(("/dev/tcp/", "/dev/udp/")) and nothing:
        yield Reason(part=part, level="read", why="asks whether a port answers")
    elif nothing and level == "change" and not signs.isdisjoint(_EMPTYING):
        yield Reason(
            part=part, level="destroy", why="empties the file", safer="cp FILE FILE.old first, or logrotate"
        )
    else:
        yield Reason(part=part, level=level, why=why, safer=safer)


def assigned(name: str, value: Word) -> Reason | str | None:
    """What setting a variable does: a reason, a text that some program will run, or nothing."""
    part = shorten(f"{name}={value.text}")
    if name in _LOADS_CODE:
        return Reason(
            part=part, level="destroy", why="makes programs load other code", safer=f"leave {name} out"
        )
    if name == "NODE_OPTIONS" and _REQUIRES.search(value.text):
        return Reason(
            part=part, level="destroy", why="makes programs load other code", safer=f"leave {name} out"
        )
    if name in _COMMANDS and value.text:
        return value.text
    return None


def files_written(root: Node, commands: Iterable[Sequence[Word]]) -> frozenset[str]:
    """The files that a text writes or fetches, as they would be named to run them."""
    found = {_named(each) for words in commands for each in _fetched(words)}
    for node in walk(root):
        if node.type == "file_redirect" and not {each.type for each in node.children}.isdisjoint(_WRITING):
            target = node.child_by_field_name("destination")
            if target is not None:
                found.add(_named(word_of(target).text))
    return frozenset(found) - {_named(each) for each in HARMLESS_TARGETS} - {""}


_NAMES_OUTPUT = re.compile(r"-[a-zA-Z]{0,10}[oOP]|--output(?:-document)?")


def _fetched(words: Sequence[Word]) -> Iterator[str]:
    texts = [each.text for each in words]
    while texts and texts[0] in ("sudo", "command", "nohup", "env"):
        texts.pop(0)
    if not texts or texts[0].rsplit("/", 1)[-1] not in _FETCHES:
        return
    by_address = texts[0].endswith("wget") or any(
        re.fullmatch(r"-[a-zA-Z]{0,10}O[a-zA-Z]{0,10}|--remote-name(?:-all)?", each) for each in texts
    )
    for at, text in enumerate(texts[1:], start=1):
        if "://" in text and by_address:
            yield text.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
        elif _NAMES_OUTPUT.fullmatch(texts[at - 1]):
            yield text
        elif text.startswith(("-o", "-O", "--output=", "--output-document=")) and len(text) > 2:
            yield text.partition("=")[2] or text[2:]
    if (
        texts[0].rsplit("/", 1)[-1] in ("tee", "scp", "rsync", "sftp", "aws", "gsutil", "gcloud", "az")
        and len(texts) > 1
    ):
        yield texts[-1]


def _named(path: str) -> str:
    return path.removeprefix("./").rstrip("/")


def runs_written(words: Sequence[Word], known: frozenset[str]) -> bool:
    """Whether a command runs one of these files, itself or by an interpreter."""
    first = words[0].text
    if "/" in first and _named(first) in known:
        return True
    if first.rsplit("/", 1)[-1] not in _RUNNERS:
        return False
    files = [each.text for each in words[1:] if not each.text.startswith("-")]
    return bool(files) and _named(files[0]) in known


_RUNNERS = names(
    ". source sh bash zsh dash ash ksh fish python python2 python3 perl ruby node php deno bun lua java Rscript psql"
)
