"""What kind of step is a fence of this language?"""

from __future__ import annotations

from difflib import get_close_matches

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.document import Kind

_KINDS: dict[Kind, str] = {
    "bash": """
        bash sh shell zsh ksh dash ash console terminal shell-session shellsession sh-session bash-session
        shellscript shell-script azurecli azurecli-interactive azure-cli cli commandline command cmdline
    """,
    "sql": "sql psql pgsql plpgsql postgres postgresql mysql mariadb sqlite tsql mssql",
    "http": "http https rest",
    "redis": "redis redis-cli",
    "action": "action",
    "manual": "manual",
}
KINDS: dict[str, Kind] = {name: kind for kind, told in _KINDS.items() for name in told.split()}

CONSOLES = names(
    """
    console terminal shell-session shellsession sh-session bash-session
    """
)
"""Languages in which output stands between the commands."""

OUTPUTS = names(
    """
     text txt output plain plaintext log logs json console csv none ascii expected-output
    """
)
"""Languages in which the output of the command above may be shown."""

OUTPUTS_ONLY = frozenset({"output", "expected-output", "log", "logs"})
"""Languages of what a command printed, wherever it stands below one."""

UNLABELLED = frozenset({"", "none"})
"""A block without a language, also where its author says so."""

DRAWN = frozenset({"", "text", "txt", "plain", "plaintext", "ascii", "none", "tree", "diagram"})
"""Languages in which people draw trees, flows and time tables."""

OTHER_SHELLS = names(
    """
    powershell pwsh ps ps1 posh azurepowershell azurepowershell-interactive cmd bat batch dos fish csh tcsh
    """
)
"""Shells that Tocsin shows and does not run."""

_READ = names(
    """
    javascript js jsx typescript ts tsx python py python3 ruby rb go golang rust rs java kotlin scala php perl lua c
    cpp c++ csharp cs swift r elixir erlang haskell clojure groovy json json5 jsonc jsonl yaml yml toml ini cfg conf
    properties env dotenv xml html css scss svg diff patch dockerfile docker makefile make hcl terraform tf bicep
    nginx apache caddy promql logql kql kusto spl lucene graphql proto protobuf cel rego jinja jinja2 erb mermaid
    plantuml dot csv regex vim gherkin rst tex latex log logs output text txt plain plaintext ascii none tree diagram
    expected-output cron crontab systemd unit service
    """
)
"""Languages that are known, and only to read."""

TIMEOUTS: dict[Kind, float] = {
    "bash": 60.0,
    "sql": 30.0,
    "http": 15.0,
    "redis": 15.0,
    "action": 60.0,
    "manual": 0.0,
    "reference": 0.0,
}
"""Seconds a step may take where its author says nothing; 0 is no limit."""

STREAM_TIMEOUT = 15.0
"""Seconds for which a command that never ends is watched."""


def is_known(language: str) -> bool:
    return language in KINDS or language in _READ or language in OTHER_SHELLS


def meant(language: str) -> str | None:
    """The language that a misspelt one is likely to be: `bsh`, `shel`, `bahs`, `slq`."""
    if is_known(language) or not 2 <= len(language) <= 20:
        return None
    letters = sorted(language)
    swapped = next((each for each in KINDS if sorted(each) == letters), None)
    return swapped or next(iter(get_close_matches(language, KINDS, n=1, cutoff=0.75)), None)
