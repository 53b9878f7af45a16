"""Whom does one ask about a text? The guard of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.act.guard.actions import action_block_level
from tocsin.act.guard.http import http_block_level
from tocsin.act.guard.redis import redis_level
from tocsin.act.guard.shell import shell_level
from tocsin.act.guard.sql import sql_level
from tocsin.act.guard.verdict import Verdict

KINDS: Mapping[str, Callable[[str], Verdict]] = {
    "bash": shell_level,
    "sql": sql_level,
    "http": http_block_level,
    "redis": redis_level,
    "action": action_block_level,
}
"""The guard of each kind of step that is judged."""


def judge(kind: str, text: str, dialect: str | None = None) -> Verdict:
    """The verdict on a text of a kind of `KINDS`; `dialect` (postgres, mysql) is for SQL alone."""
    if kind == "sql" and dialect:
        return sql_level(text, dialect)
    return KINDS[kind](text)
