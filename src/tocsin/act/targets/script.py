"""What is a shell elsewhere told? To run a command so that its traces answer, after any cut, how far it came.

The traces are those of a command here, in a folder of the account there (`~/.cache/tocsin`, or below /tmp):

- the attempt's folder is made by whoever comes first: the script that runs the command, or one that looks for it. Who
  looks and gets it leaves `never` in it: the command will not start any more.
- `pid` is the shell with the start time of its process and the boot of the machine.
- `exit` is how the command ended.

Each script is one compound command, which a shell reads to its end before it does anything. Values and text stand in
single quotes, within which a POSIX shell knows no character but the closing one (XCU 2.2.2).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from tocsin.ground.kernel.errors import Invalid

NO_FOLDER, FENCE_LOST = 96, 97
"""Exit codes of a script that found no folder for its traces, or came after somebody had settled the attempt."""
CODES = frozenset({NO_FOLDER, FENCE_LOST})
_KEPT_DAYS = 7
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
# -O: a folder below /tmp that somebody else made is none of ours.
_BASE = """\
d=; for b in "$HOME/.cache" "/tmp/.tocsin-$(id -u)"; do
  d=$b/tocsin; mkdir -p "$d" 2>/dev/null && [ -O "$d" ] && [ -w "$d" ] && break; d=
done
[ -n "$d" ] || { echo "Tocsin finds no folder that it may write to" >&2; exit 96; }
a=$d/%(token)s
"""
_RUN = """\
{
trap : TERM INT HUP
u=$(umask); umask 077
%(base)smkdir "$a" 2>/dev/null || exit 97
read -r s < /proc/$$/stat; read -r b < /proc/sys/kernel/random/boot_id
p=$$; s=${s##*) }; set -- $s; echo "$p ${20} $b" > "$a/pid"
(
umask "$u"
%(exports)sset -- %(text)s
%(bash)sexec sh -c "$1" < /dev/null
)
c=$?; echo "$c" > "$a/exit"
find "$d" -mindepth 1 -maxdepth 1 -type d -mtime +%(days)d -exec rm -rf {} + 2>/dev/null
exit "$c"
}
"""
_BASH = 'if command -v bash > /dev/null 2>&1; then exec bash -c "$1" < /dev/null; fi\n'
# Of a group whose first process is gone, the number is nobody else's while one of it lives.
_KNOWN = """\
known() {
  read -r p t b < "$a/pid" 2>/dev/null || return 1
  read -r n < /proc/sys/kernel/random/boot_id; [ "$n" = "$b" ] || return 1
  [ -e "/proc/$p" ] || return 0
  read -r s < "/proc/$p/stat" 2>/dev/null || return 0
  s=${s##*) }; set -- $s; [ "${20}" = "$t" ]
}
"""
_LOOK = """\
{
umask 077
%(base)s%(known)sif mkdir "$a" 2>/dev/null; then : > "$a/never"; fi
if [ -e "$a/never" ]; then read -r up rest < /proc/uptime; echo "never ${up%%.*}"; exit 0; fi
[ -s "$a/pid" ] || sleep 1
if [ ! -s "$a/exit" ] && known && [ -e "/proc/$p" ]; then echo running; exit 0; fi
if [ -s "$a/exit" ]; then read -r c < "$a/exit"; echo "done $c"; exit 0; fi
echo gone
}
"""
_END = """\
{
umask 077
%(base)s%(known)sknown || { echo unknown; exit 0; }
kill -TERM "-$p" 2>/dev/null
i=0; while [ $i -lt 25 ] && kill -0 "-$p" 2>/dev/null; do i=$((i + 1)); sleep 0.2 2>/dev/null || sleep 1; done
known && kill -KILL "-$p" 2>/dev/null
echo ended
}
"""


def token(folder: Path) -> str:
    """What an attempt is called elsewhere."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:32]


def run(folder: Path, text: str, environment: Mapping[str, str], *, bash: bool) -> bytes:
    """Runs the command with just this environment, once. Raises Invalid for what no shell can be told."""
    exports = "".join(f"export {_name(name)}={quoted(value, name)}\n" for name, value in environment.items())
    script = _RUN % {
        "base": _base(folder),
        "exports": exports,
        "text": quoted(text, "the command"),
        "bash": _BASH if bash else "",
        "days": _KEPT_DAYS,
    }
    return _encoded(script)


def look(folder: Path) -> bytes:
    """How far did it come? Prints `never SECONDS` (since the machine was started), `running`, `done CODE` or `gone`."""
    return _encoded(_LOOK % {"base": _base(folder), "known": _KNOWN})


def end(folder: Path) -> bytes:
    """Ends it with all that it started: asked first, killed after five seconds. Prints `ended` or `unknown`."""
    return _encoded(_END % {"base": _base(folder), "known": _KNOWN})


def quoted(value: str, name: str) -> str:
    """A word of a POSIX shell that is this text and nothing else."""
    if "\0" in value:
        raise Invalid(f"the value of {name} holds a NUL byte", field=name)
    return "'" + value.replace("'", "'\\''") + "'"


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Invalid(f"{name!r} cannot be the name of a variable", field=name)
    return name


def _base(folder: Path) -> str:
    return _BASE % {"token": token(folder)}


def _encoded(script: str) -> bytes:
    try:
        return script.encode()
    except UnicodeEncodeError as error:
        raise Invalid("a value is no text in UTF-8") from error
