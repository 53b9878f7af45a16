"""What kind of step is a fence of this language?"""

from __future__ import annotations

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.document import Kind

_KINDS: dict[Kind, str] = {
    "bash": "bash sh shell zsh ksh dash ash console terminal shell-session shellsession sh-session bash-session",
    "sql": "sql psql pgsql plpgsql postgres postgresql mysql mariadb sqlite tsql",
    "http": "http https rest",
    "action": "action",
    "manual": "manual",
}
KINDS: dict[str, Kind] = {name: kind for kind, names in _KINDS.items() for name in names.split()}

CONSOLES = names(
    """
    console terminal shell-session shellsession sh-session bash-session
    """
)
"""Languages in which output stands between the commands."""

OUTPUTS = names(
    """
     text txt output plain plaintext log logs json yaml console csv
    """
)
"""Languages in which the output of the command above may be shown."""

TIMEOUTS: dict[Kind, float] = {
    "bash": 60.0,
    "sql": 30.0,
    "http": 15.0,
    "action": 60.0,
    "manual": 0.0,
    "reference": 0.0,
}
"""Seconds a step may take where its author says nothing; 0 is no limit."""

STREAM_TIMEOUT = 15.0
"""Seconds for which a command that never ends is watched."""
