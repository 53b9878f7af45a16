"""Commands and verbs for a Redis (or Valkey) server that the service names as a target (`on:`).

    targets: {cache: {kind: redis, url: "env:REDIS_URL"}}

In a `redis` block a command stands on each line, split as a shell splits words. `$NAME` in an argument is a value of
the run; it stays one argument whatever it holds, and it never becomes the command itself. Replies are printed as
`redis-cli --raw` prints them; the last one's values are `rows` of a condition, each as `{"value": …}`. The target has a
`url` (`redis://user:password@host:6379/0`, `rediss://` for TLS), or `host`, `port`, `user`, `password`, `database`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.redis_talk import connected
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, tell
from tocsin.act.guard import Level, Verdict, highest
from tocsin.act.guard.redis import command_level, commands_in, is_streaming
from tocsin.act.targets.redis import Reply, Talk, printed, values_of
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import scrub

ROWS = 1_000
"""So many values stand in `rows`; all of them are printed."""
_SCAN = 1_000  # keys a turn: the server answers others in between
_GLOB = re.compile(r"[*?\[\]\\^-]")
_VALUE = re.compile(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", re.ASCII)


def _literal(value: str) -> str:
    """A value within a pattern means itself: a label that holds a star does not clear everything."""
    return _GLOB.sub(r"\\\g<0>", value)


class Info(Verb):
    """What the server says of itself: the fields of INFO, numbers as numbers, as `json` of a condition."""

    title = N_("Server information")
    level = "read"
    examples = ({}, {"section": "replication"})

    section: Word = Field(default="everything", description="One section of INFO, such as memory or clients.")

    def plan(self) -> str:
        return f"Reads {self.section} from INFO."


class Memory(Verb):
    """How full is it? Used and permitted bytes, the share of it, what happens when it is full, and evictions."""

    title = N_("Memory in use")
    level = "read"

    def plan(self) -> str:
        return "Reads how much memory is used, how much is permitted, and what was evicted."


class Keys(Verb):
    """How many keys there are of a pattern, with the first of them; found by SCAN, which lets others work."""

    title = N_("Count keys")
    level = "read"
    quoted: ClassVar = {"pattern": _literal}
    examples = ({"pattern": "session:*"},)

    pattern: Word = Field(description="As KEYS and SCAN understand it: `session:*`.")

    def plan(self) -> str:
        return f"Counts the keys that match {self.pattern}, by SCAN."


class Queues(Verb):
    """How long lists, streams, sets and sorted sets are that serve as queues, and how fast they grow.

    Each is measured twice, `between` apart: `per_s` below zero says that it drains.
    """

    title = N_("Depth and rate of queues")
    level = "read"
    examples = ({"keys": ["jobs", "mail"]}, {"keys": ["jobs"], "between": 0.5})

    keys: tuple[Word, ...] = Field(min_length=1, max_length=100, description="The keys of the queues.")
    between: float = Field(default=2.0, ge=0.1, le=60, description="Seconds between the two looks.")

    def plan(self) -> str:
        return f"Measures {', '.join(self.keys)} twice, {self.between:g} s apart."


class Clear(Verb):
    """Removes the keys of a pattern, found by SCAN and freed by UNLINK, so that nobody waits for it meanwhile."""

    title = N_("Clear keys by pattern")
    level = "destroy"
    idempotent = True
    quoted: ClassVar = {"pattern": _literal}
    examples = ({"pattern": "cache:products:*"},)

    pattern: Word = Field(
        description="As SCAN understands it: `cache:*`. A bare * is everything in the database."
    )

    def plan(self) -> str:
        return f"Removes every key that matches {self.pattern}."


class Redis(Toolbox):
    title = "Redis"
    verbs: ClassVar = (Info, Memory, Keys, Queues, Clear)

    def verdict(self, text: str) -> Verdict | None:
        return None  # of lines the guard says it; a verb says it itself, by name

    def run(self, call: Call) -> Result:
        return super().run(call) if call.action else self._lines(call)

    def act(self, verb: Verb, call: Call) -> Result:
        with connected(self.outbound, call) as talk:
            match verb:
                case Info():
                    return tell(call, [talk.fields("" if verb.section == "everything" else verb.section)])
                case Memory():
                    return tell(call, [_memory(talk)])
                case Keys():
                    return tell(call, [_counted(talk, verb.pattern)])
                case Queues():
                    return tell(call, _queues(talk, verb, call))
                case Clear():
                    return self._clear(talk, verb, call)
                case _:
                    raise CannotRun(f"Redis knows no {type(verb).named()}")

    def _clear(self, talk: Talk, verb: Clear, call: Call) -> Result:
        removed = 0
        why = ""
        try:
            for keys in _scan(talk, verb.pattern):
                removed += cast("int", talk.ask(("UNLINK", *keys)))
        except OutboundFailed as error:
            why = error.message
        return tell(call, [{"removed": removed}], well=not why, why=why)

    def _lines(self, call: Call) -> Result:
        commands = _commands(call)
        started = time.monotonic()
        last: Reply = None
        why = ""
        watched = False
        try:
            with connected(self.outbound, call) as talk, call.out.open("w", encoding="utf-8") as out:
                for words in commands:
                    last = talk.ask(words)
                    out.writelines(f"{line}\n" for line in printed(last))
                    if is_streaming(words):
                        watched = True
                        for each in talk.listen():
                            out.writelines(f"{line}\n" for line in printed(each))
        except OutboundRefused as error:
            raise CannotRun(error.message, fix=error.fix) from error
        except OutboundFailed as error:
            why = scrub(error.message)
            call.err.write_text(f"{why}\n", encoding="utf-8")
        ms = round((time.monotonic() - started) * 1000, 1)
        if watched and not why:
            return Result(well=True, why=N_("was watched until its timeout"), ms=ms)
        rows = None if why else tuple({"value": each} for each in values_of(last)[:ROWS])
        return Result(well=not why, why=why, rows=rows, ms=ms)


def _memory(talk: Talk) -> dict[str, Any]:
    memory, stats = talk.fields("memory"), talk.fields("stats")
    used, permitted = memory.get("used_memory", 0), memory.get("maxmemory", 0)
    return {
        "used_bytes": used,
        "permitted_bytes": permitted,
        "share": round(used / permitted, 4) if permitted else None,
        "peak_bytes": memory.get("used_memory_peak"),
        "fragmentation": memory.get("mem_fragmentation_ratio"),
        "when_full": memory.get("maxmemory_policy"),
        "evicted_keys": stats.get("evicted_keys"),
        "expired_keys": stats.get("expired_keys"),
    }


def _scan(talk: Talk, pattern: str) -> Iterator[list[str]]:
    cursor = "0"
    while True:
        reply = talk.ask(("SCAN", cursor, "MATCH", pattern, "COUNT", str(_SCAN)))
        if not isinstance(reply, list) or len(reply) != 2:
            raise OutboundFailed("this is no Redis server")
        cursor, keys = str(reply[0]), [str(each) for each in values_of(reply[1])]
        if keys:
            yield keys
        if cursor == "0":
            return


def _counted(talk: Talk, pattern: str) -> dict[str, Any]:
    keys: set[str] = set()  # SCAN may tell one twice
    for found in _scan(talk, pattern):
        keys.update(found)
    return {"pattern": pattern, "keys": len(keys), "first": sorted(keys)[:10]}


_LENGTHS = {"list": "LLEN", "stream": "XLEN", "set": "SCARD", "zset": "ZCARD"}


def _queues(talk: Talk, verb: Queues, call: Call) -> Iterator[dict[str, Any]]:
    first = {key: _length(talk, key) for key in verb.keys}
    started = time.monotonic()
    while (left := verb.between - (time.monotonic() - started)) > 0 and not call.stopped():
        time.sleep(min(left, 0.2))
    took = time.monotonic() - started
    for key in verb.keys:
        depth = _length(talk, key)
        yield {"key": key, "depth": depth, "per_s": round((depth - first[key]) / took, 2)}


def _length(talk: Talk, key: str) -> int:
    kind = str(talk.ask(("TYPE", key)))
    if kind == "none":
        return 0
    if kind not in _LENGTHS:
        raise OutboundFailed(f"{key} is a {kind}, which has no length as a queue")
    return cast("int", talk.ask((_LENGTHS[kind], key)))


def _commands(call: Call) -> list[tuple[str, ...]]:
    """The commands with their values, none of them stronger than the level that was approved."""
    try:
        lines = [line.words for line in commands_in(call.text)]
    except ValueError:
        raise CannotRun("a quote is not closed", fix="Write one command a line.") from None
    if not lines:
        raise CannotRun("there is no command")
    values = {**call.values, **call.environment}
    filled = [(words[0], *(_filled(word, values) for word in words[1:])) for words in lines]
    allowed = cast("Level", call.level)
    for words in filled:
        level, why, _ = command_level(words)
        if "$" in words[0] or highest((level, allowed)) != allowed:
            raise CannotRun(
                f"{words[0]}: {why}", fix="Write the command itself, and values as its arguments."
            )
    return filled


def _filled(word: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in values:
            raise CannotRun(f"{name} has no value", field=name)
        return values[name]

    return _VALUE.sub(value, word)
