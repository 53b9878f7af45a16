"""What would a command, statement or request do? Levels *read*, *change*, *destroy*, with reasons."""

from tocsin.act.guard.actions import action_block_level, action_level
from tocsin.act.guard.http import Request, http_block_level, http_level, read_request
from tocsin.act.guard.judge import KINDS, judge
from tocsin.act.guard.redis import redis_level
from tocsin.act.guard.shell import shell_level
from tocsin.act.guard.sql import sql_level
from tocsin.act.guard.verdict import MEANINGS, Level, Reason, Verdict, highest

__all__ = [
    "KINDS",
    "MEANINGS",
    "Level",
    "Reason",
    "Request",
    "Verdict",
    "action_block_level",
    "action_level",
    "highest",
    "http_block_level",
    "http_level",
    "judge",
    "read_request",
    "redis_level",
    "shell_level",
    "sql_level",
]
