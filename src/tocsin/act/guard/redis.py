"""What would this Redis command do? By the names of redis.io/commands; an unknown one is *change*."""

from __future__ import annotations

from tocsin.act.guard.names import names
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten

_READ = names(
    """
    PING ECHO INFO TIME DBSIZE LASTSAVE ROLE COMMAND MEMORY-USAGE MEMORY-STATS MEMORY-DOCTOR LATENCY SLOWLOG-GET
    SLOWLOG-LEN CLIENT-LIST CLIENT-INFO CLIENT-ID CLIENT-GETNAME CONFIG-GET CLUSTER-INFO CLUSTER-NODES
    CLUSTER-SLOTS CLUSTER-SHARDS CLUSTER-KEYSLOT OBJECT-ENCODING OBJECT-IDLETIME OBJECT-FREQ OBJECT-REFCOUNT GET
    MGET STRLEN GETRANGE EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME KEYS SCAN RANDOMKEY DUMP HGET HMGET HGETALL
    HKEYS HVALS HLEN HEXISTS HSCAN HSTRLEN LLEN LRANGE LINDEX LPOS SCARD SMEMBERS SISMEMBER SMISMEMBER
    SRANDMEMBER SSCAN SINTER SUNION SDIFF ZCARD ZCOUNT ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANK
    ZREVRANK ZSCORE ZSCAN XLEN XRANGE XREVRANGE XINFO XPENDING BITCOUNT GETBIT PFCOUNT GEOPOS GEODIST PUBSUB
    SENTINEL-MASTERS SENTINEL-MASTER SENTINEL-SLAVES SENTINEL-REPLICAS SENTINEL-GET-MASTER-ADDR-BY-NAME
    SENTINEL-CKQUORUM MODULE-LIST ACL-LIST ACL-WHOAMI ACL-USERS AUTH SELECT HELLO MONITOR
    """
)
_DESTROY: dict[str, str] = {
    "FLUSHALL": "removes every key of every database",
    "FLUSHDB": "removes every key of the database",
    "DEL": "removes keys",
    "UNLINK": "removes keys",
    "XTRIM": "drops entries of a stream",
    "XGROUP-DESTROY": "drops a consumer group and what it has not yet confirmed",
    "LTRIM": "drops entries of a list",
    "SHUTDOWN": "stops the server, perhaps without saving",
    "DEBUG": "can crash the server or lose data",
    "SWAPDB": "exchanges two databases under everybody who uses them",
    "REPLICAOF": "may replace all data by another server's",
    "SLAVEOF": "may replace all data by another server's",
    "CLUSTER-RESET": "makes the node forget its cluster",
    "CLUSTER-FAILOVER": "may lose writes that were not replicated",
    "SCRIPT-FLUSH": "drops the scripts that clients call",
    "FUNCTION-FLUSH": "drops the functions that clients call",
    "RESTORE": "overwrites a key",
    "RENAME": "overwrites the key of the new name",
    "EVAL": "runs a script that is not looked into",
    "EVALSHA": "runs a script that is not looked into",
    "FCALL": "runs a function that is not looked into",
}
_SAFER: dict[str, str] = {
    "FLUSHALL": "remove only the keys concerned, found by SCAN with a pattern",
    "FLUSHDB": "remove only the keys concerned, found by SCAN with a pattern",
    "DEL": "let them expire with EXPIRE",
    "UNLINK": "let them expire with EXPIRE",
}


def command_level(words: list[str]) -> tuple[Level, str, str]:
    """Level, why, and the safer way of one command given as words."""
    if not words:
        return "change", "an interactive session may do anything", "give the command as arguments"
    first = words[0].upper()
    both = f"{first}-{words[1].upper()}" if len(words) > 1 else first
    for name in (both, first):
        if name in _DESTROY:
            return "destroy", f"{name.replace('-', ' ')} {_DESTROY[name]}", _SAFER.get(name, "")
        if name in _READ:
            return "read", f"{name.replace('-', ' ')} only looks", ""
    return "change", f"{first} changes data, or is not known", ""


def redis_level(text: str) -> Verdict:
    """The verdict on a `redis` block: one command a line, `#` begins a comment."""
    reasons: list[Reason] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        level, why, safer = command_level(words)
        reasons.append(Reason(part=shorten(line), level=level, why=why, safer=safer))
    return Verdict.of(reasons, streams=any(each.part.upper().startswith("MONITOR") for each in reasons))
