"""What would a command, statement or request do? Levels *read*, *change*, *destroy*, with reasons."""

from tocsin.act.guard.actions import action_level
from tocsin.act.guard.http import Request, http_block_level, http_level, read_request
from tocsin.act.guard.redis import redis_level
from tocsin.act.guard.shell import shell_level
from tocsin.act.guard.sql import sql_level
from tocsin.act.guard.verdict import Level, Reason, Verdict, highest

__all__ = [
    "Level",
    "Reason",
    "Request",
    "Verdict",
    "action_level",
    "highest",
    "http_block_level",
    "http_level",
    "read_request",
    "redis_level",
    "shell_level",
    "sql_level",
]
