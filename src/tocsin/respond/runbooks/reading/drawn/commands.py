"""Which lines of a drawing are commands? `├─ docker restart api`, `Clear the cache: redis-cli FLUSHDB`.

In a drawing commands and sentences stand side by side without any mark, and many programs are named like English
words: what only may be a command is taken for words, which a person reads, and never for something to run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.act.guard.names import names
from tocsin.act.guard.shell import KNOWN_PROGRAMS, parse
from tocsin.respond.runbooks.reading.code.placeholders import fill_shell
from tocsin.respond.runbooks.reading.drawn.answers import answer_of, is_condition, split_arrow
from tocsin.respond.runbooks.reading.headings import plain

_LONGEST = 1_000

_WORDS_TOO = names(
    """
    age alias apply arch at atop awk bc bundle cal caddy celery certbot column command component consul continue core
    cut dash date declare diff dig dirs disown echo env envoy exec exit export expr factor file find finger flock flux
    fly fold forever free function fuser getent git go god haproxy halt hash head help history host httpd id init
    install jobs join kill killall last less let link ln locale locate logger look mail make man monit more mount mv
    nginx nice node nomad nohup od open paste patch php ping pip pm2 poweroff print printf python redis rename render
    renice rev route ruby screen sed seq service set shift shred shutdown size skill sleep snap sort source split
    stat strings stress su sum sv swapoff swapon sync tail tee test time timeout times top touch tr traefik trap
    traceroute tree true false truncate tshark type umount uniq unlink unset users vault w wait watch wc which who
    write yes
    """
)
"""Programs that are also words or the names of parts of a system: these need more than their name."""

_SENTENCE = names(
    """
    a an the this that these those all any each every some no not if when while until whether because so then
    is are was were be been has have had does do did will would should must may might can could
    your our their its his my it they we you i and or but for from with without about into onto via per
    sure again manually traffic available unavailable responding shows fails failed failing
    """
)
"""Words of a sentence. In quotes they say nothing."""

_ALONE = names("uptime df dmesg vmstat iostat lsblk lsof pstree")
_QUOTED = re.compile(r"'[^'\n]{0,400}'|\"[^\"\n]{0,400}\"")
_SHELL_SIGN = re.compile(
    r"(?:^|\s)(?:-{1,2}\w|[~.]{0,2}/\w|\$[\w{(])|://|\s[|&]{1,2}\s|\w=\S|\s>{1,2}\s?[\w/&]|;\s"
)
_INIT = re.compile(r"service\s+[\w@.-]{1,60}\s+(?:start|stop|restart|reload|status)$")
_TO = re.compile(r"(?:ping|ping6|dig|host|traceroute|nslookup)\s+[\w-]{1,60}(?:\.[\w-]{1,60}){1,8}$")
_NUMBERS = re.compile(r"(?:kill|killall|renice)(?:\s+\d{1,9}){1,8}$")
_MAKE = re.compile(r"make\s+[\w.-]{1,40}$")
_GIT = re.compile(
    r"git\s+(?:revert|checkout|pull|push|fetch|log|status|diff|reset|merge|show|stash|clone|tag)\b"
)
_WIDE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_ASSIGNED = re.compile(r"[A-Za-z_]\w{0,40}=\S{0,200}\s+")
_SUDO = re.compile(r"sudo\s+(?:-\S{1,20}\s+){0,4}")
_LABELLED = re.compile(r"([^:：`$\"']{1,60}?)\s*[:：]\s*(\S.{0,900})$")
_NOTE = re.compile(r"\s*(?:（([^（）]{0,200})）|(?<=\s)\(([^()]{0,200})\)|(?<=\s)(?:←|<-|//)\s?(.{0,200}))$")
_NUMBERED = re.compile(r"(?:\d{1,3}[.)、]|[(（]\d{1,3}[)）]|[①-⑳])\s*")
_SPAN = re.compile(r"`([^`]{2,500})`")
_SQL = re.compile(
    r"(?:SELECT\s.{1,400}\sFROM\s|SELECT\s+\w{1,60}\(|DELETE\s+FROM\s+\w|UPDATE\s+\S{1,80}\s+SET\s|INSERT\s+INTO\s+\w"
    r"|TRUNCATE\s+TABLE\s+\w|ALTER\s+(?:TABLE|SYSTEM|INDEX|ROLE)\s+\w|(?:DROP|CREATE)\s+(?:TABLE|INDEX|VIEW)\s+\w"
    r"|SHOW\s+(?:PROCESSLIST|FULL\s+PROCESSLIST|ENGINE)|KILL\s+\d|VACUUM(?:\s+\w|$))"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command with the words around it: `title` stands before it or behind it, `result` behind an arrow."""

    text: str
    language: str  # bash or sql
    title: str = ""
    result: str = ""


def command_of(text: str) -> Command | None:
    """The command that a line is or names."""
    line = _unnumbered(text[:_LONGEST].strip())
    split = split_arrow(line)
    if split is None:
        return None if is_condition(line) else _said(line)
    left, right = split
    found = _said(left)
    if found is not None:
        return Command(found.text, found.language, found.title, right)
    found = None if is_condition(left) or answer_of(left) else _said(right)
    return Command(found.text, found.language, found.title or plain(left)) if found else None


def _unnumbered(line: str) -> str:
    found = _NUMBERED.match(line)
    return line[found.end() :] if found else line


def _said(line: str) -> Command | None:
    bare = _bare(line)
    if bare is not None:
        return bare
    spans = _SPAN.findall(line)
    if len(spans) == 1:
        inside = _bare(str(spans[0]).strip())
        return Command(inside.text, inside.language, plain(line)) if inside else None
    labelled = _LABELLED.match(line)
    if labelled and not spans:
        inside = _bare(labelled.group(2))
        return Command(inside.text, inside.language, plain(labelled.group(1))) if inside else None
    return None


def _bare(line: str) -> Command | None:
    """The line as a command, perhaps with a prompt before it and a note behind it."""
    line = line.strip().strip("`").strip()
    line = line[2:].lstrip() if line.startswith("$ ") else line
    if _SQL.match(line) and not _WIDE.search(_QUOTED.sub("", line)):
        return Command(line, "sql")
    if _is_shell(line):
        return Command(line, "bash")
    note = _NOTE.search(line)
    bare = line[: note.start()].strip() if note else ""
    return Command(bare, "bash", plain(line)) if bare and _is_shell(bare) else None


def _is_shell(line: str) -> bool:
    if not line or not line.isprintable():
        return False
    body = _ASSIGNED.sub("", line, count=2)
    body = _SUDO.sub("", body, count=1)
    told, _, _ = _QUOTED.sub("''", body).partition(" #")
    words = told.split()
    if not words or _WIDE.search(told):
        return False
    if not _is_program(words, told):
        return False
    root = parse(fill_shell(line).text)
    return root is not None and not root.has_error


def _is_program(words: list[str], told: str) -> bool:
    first = words[0]
    signed = _SHELL_SIGN.search(told) is not None
    if first.startswith(("./", "/", "~/")):
        return re.fullmatch(r"[.~]{0,2}(?:/[\w.@+-]{1,80}){1,12}", first) is not None and (
            first.endswith((".sh", ".py", ".rb", ".pl")) or (len(words) > 1 and "/bin/" in first)
        )
    if first not in KNOWN_PROGRAMS:
        return False
    if len(words) == 1:
        return first in _ALONE
    if any(word.casefold().strip(".,!?:;") in _SENTENCE for word in words[1:]) or words[-1].endswith(
        ("?", ":")
    ):
        return False
    if first in _WORDS_TOO:
        special = (_INIT, _TO, _NUMBERS, _MAKE, _GIT)
        return signed or any(each.match(told) for each in special)
    return True
