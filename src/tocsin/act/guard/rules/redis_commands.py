"""What do the commands of Redis and its modules do? By the names of redis.io/commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.act.guard.verdict import Level


@dataclass(frozen=True, slots=True)
class Command:
    """A command, with its subcommand where that decides."""

    words: str
    level: Level
    does: str
    safer: str = ""

    @property
    def example(self) -> str:
        return f"{self.words} thing"


def _commands(level: Level, does: str, told: str, safer: str = "") -> Iterator[Command]:
    """Names, separated by blanks; a subcommand is joined by `:` (`CONFIG:GET`)."""
    return (Command(each.replace(":", " "), level, does, safer) for each in told.split())


_LOSES = "read the value first and keep it"

COMMANDS: tuple[Command, ...] = (
    *_commands(
        "read",
        "only looks",
        """PING ECHO INFO TIME DBSIZE LASTSAVE ROLE COMMAND AUTH SELECT HELLO QUIT RESET READONLY READWRITE ASKING WAIT
        WAITAOF MULTI EXEC DISCARD WATCH UNWATCH LOLWUT
        MEMORY:USAGE MEMORY:STATS MEMORY:DOCTOR MEMORY:MALLOC-STATS LATENCY:LATEST LATENCY:HISTORY
        LATENCY:DOCTOR LATENCY:GRAPH LATENCY:HISTOGRAM SLOWLOG:GET SLOWLOG:LEN
        CLIENT:LIST CLIENT:INFO CLIENT:ID CLIENT:GETNAME CLIENT:GETREDIR CLIENT:TRACKINGINFO CLIENT:SETNAME
        CLIENT:SETINFO CLIENT:NO-EVICT CLIENT:REPLY CLIENT:TRACKING CONFIG:GET
        CLUSTER:INFO CLUSTER:NODES CLUSTER:SLOTS CLUSTER:SHARDS CLUSTER:KEYSLOT CLUSTER:MYID CLUSTER:LINKS
        CLUSTER:REPLICAS CLUSTER:SLAVES CLUSTER:COUNTKEYSINSLOT CLUSTER:GETKEYSINSLOT
        OBJECT OBJECT:ENCODING OBJECT:IDLETIME OBJECT:FREQ OBJECT:REFCOUNT DEBUG:OBJECT
        GET MGET STRLEN GETRANGE SUBSTR EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME SCAN RANDOMKEY DUMP LCS TOUCH
        HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSCAN HSTRLEN HRANDFIELD HTTL HPTTL HEXPIRETIME
        LLEN LRANGE LINDEX LPOS SCARD SMEMBERS SISMEMBER SMISMEMBER SRANDMEMBER SSCAN SINTER SINTERCARD SUNION SDIFF
        ZCARD ZCOUNT ZLEXCOUNT ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX ZRANK
        ZREVRANK ZSCORE ZMSCORE ZSCAN ZRANDMEMBER ZINTER ZINTERCARD ZUNION ZDIFF SORT_RO
        XLEN XRANGE XREVRANGE XREAD XINFO XPENDING BITCOUNT BITPOS GETBIT BITFIELD_RO PFCOUNT
        GEOPOS GEODIST GEOHASH GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO PUBSUB
        SENTINEL:MASTERS SENTINEL:MASTER SENTINEL:SLAVES SENTINEL:REPLICAS SENTINEL:SENTINELS
        SENTINEL:GET-MASTER-ADDR-BY-NAME SENTINEL:CKQUORUM SENTINEL:MYID SENTINEL:INFO-CACHE
        MODULE:LIST ACL:LIST ACL:WHOAMI ACL:USERS ACL:GETUSER ACL:CAT ACL:LOG ACL:DRYRUN ACL:GENPASS
        SCRIPT:EXISTS FUNCTION:LIST FUNCTION:STATS FUNCTION:DUMP EVAL_RO EVALSHA_RO FCALL_RO
        JSON.GET JSON.MGET JSON.TYPE JSON.STRLEN JSON.ARRLEN JSON.ARRINDEX JSON.OBJKEYS JSON.OBJLEN JSON.DEBUG JSON.RESP
        FT.SEARCH FT.AGGREGATE FT.INFO FT.EXPLAIN FT._LIST FT.PROFILE FT.TAGVALS FT.SPELLCHECK
        TS.GET TS.MGET TS.RANGE TS.REVRANGE TS.MRANGE TS.INFO TS.QUERYINDEX BF.EXISTS BF.MEXISTS BF.INFO BF.CARD
        CF.EXISTS CF.INFO CMS.QUERY CMS.INFO TOPK.LIST TOPK.QUERY TOPK.INFO""",
    ),
    *_commands(
        "read", "looks at every key, and everybody waits meanwhile", "KEYS", "SCAN looks piece by piece"
    ),
    *_commands(
        "read",
        "shows what others send, and slows the server",
        "MONITOR SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE",
    ),
    *_commands(
        "destroy",
        "removes every key",
        "FLUSHALL FLUSHDB",
        "remove only the keys concerned, found by SCAN with a pattern",
    ),
    *_commands("destroy", "removes keys", "DEL UNLINK GETDEL", "let them expire with EXPIRE"),
    *_commands(
        "destroy",
        "removes parts of a value",
        """HDEL HGETDEL SREM ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX LREM LTRIM XDEL XDELEX XTRIM
        JSON.DEL JSON.FORGET JSON.CLEAR JSON.ARRPOP JSON.ARRTRIM TS.DEL CF.DEL""",
        _LOSES,
    ),
    *_commands(
        "destroy",
        "takes entries away from those who would work on them",
        """LPOP RPOP BLPOP BRPOP LMPOP BLMPOP SPOP ZPOPMIN ZPOPMAX BZPOPMIN BZPOPMAX ZMPOP BZMPOP""",
        "LRANGE, SRANDMEMBER and ZRANGE only look",
    ),
    *_commands(
        "destroy",
        "drops a consumer group, or what it has not yet confirmed",
        "XGROUP:DESTROY XGROUP:DELCONSUMER XACKDEL",
        "XPENDING shows what waits",
    ),
    *_commands(
        "destroy",
        "drops an index, and perhaps what it points to",
        "FT.DROPINDEX FT.DROP FT.ALIASDEL",
        "FT.INFO shows how it was made",
    ),
    *_commands("destroy", "overwrites a key", "RESTORE RENAME", "RENAMENX refuses where the name is taken"),
    *_commands(
        "destroy",
        "moves keys to another server and removes them here",
        "MIGRATE",
        "MIGRATE … COPY keeps them",
    ),
    *_commands(
        "destroy",
        "exchanges two databases under everybody who uses them",
        "SWAPDB",
        "copy the keys concerned with COPY",
    ),
    *_commands(
        "destroy", "stops the server, perhaps without saving", "SHUTDOWN", "BGSAVE, then stop its service"
    ),
    *_commands(
        "destroy", "can crash the server or lose data", "DEBUG", "INFO, MEMORY DOCTOR and SLOWLOG only look"
    ),
    *_commands(
        "destroy",
        "may replace all data by another server's, or lose writes that were not replicated",
        "REPLICAOF SLAVEOF FAILOVER CLUSTER:FAILOVER CLUSTER:REPLICATE SENTINEL:FAILOVER PSYNC SYNC",
        "INFO replication tells how far each server is",
    ),
    *_commands(
        "destroy",
        "makes a node forget its cluster, or the slots in it",
        "CLUSTER:RESET CLUSTER:FORGET CLUSTER:DELSLOTS CLUSTER:DELSLOTSRANGE CLUSTER:FLUSHSLOTS",
        "CLUSTER NODES shows who holds what",
    ),
    *_commands(
        "destroy",
        "makes the sentinels forget a server",
        "SENTINEL:REMOVE SENTINEL:RESET",
        "SENTINEL MASTERS shows what they watch",
    ),
    *_commands(
        "destroy",
        "drops code that clients call",
        "SCRIPT:FLUSH FUNCTION:FLUSH FUNCTION:DELETE MODULE:UNLOAD",
        "FUNCTION DUMP keeps a copy",
    ),
    *_commands(
        "destroy",
        "loads code into the server",
        "MODULE:LOAD MODULE:LOADEX FUNCTION:RESTORE",
        "load it where the server starts",
    ),
    *_commands(
        "destroy",
        "runs a script or a function that is not looked into",
        "EVAL EVALSHA FCALL",
        "EVAL_RO and FCALL_RO cannot write",
    ),
    *_commands(
        "destroy",
        "ends connections of others; what they were doing is lost",
        "CLIENT:KILL",
        "CLIENT LIST shows who it would be",
    ),
    *_commands(
        "destroy",
        "forgets what was recorded",
        "CONFIG:RESETSTAT SLOWLOG:RESET LATENCY:RESET ACL:LOG:RESET",
        "SLOWLOG GET and INFO keep a copy of it",
    ),
    *_commands("destroy", "removes users", "ACL:DELUSER", "ACL SETUSER name off keeps the user"),
    *_commands(
        "change",
        "writes a value",
        """SET SETEX PSETEX SETNX SETRANGE GETSET APPEND INCR INCRBY INCRBYFLOAT DECR DECRBY MSET MSETNX
        HSET HSETNX HMSET HINCRBY HINCRBYFLOAT LPUSH RPUSH LPUSHX RPUSHX LSET LINSERT SADD ZADD ZINCRBY XADD
        SETBIT BITFIELD BITOP PFADD PFMERGE GEOADD COPY RENAMENX
        SINTERSTORE SUNIONSTORE SDIFFSTORE ZRANGESTORE ZINTERSTORE ZUNIONSTORE ZDIFFSTORE GEOSEARCHSTORE
        JSON.SET JSON.MSET JSON.MERGE JSON.ARRAPPEND JSON.ARRINSERT JSON.NUMINCRBY TS.ADD TS.MADD BF.ADD""",
    ),
    *_commands(
        "change", "moves an entry from one key to another", "MOVE SMOVE RPOPLPUSH LMOVE BLMOVE BRPOPLPUSH"
    ),
    *_commands("change", "sorts, and may write what it sorted", "SORT GEORADIUS GEORADIUSBYMEMBER"),
    *_commands(
        "change",
        "sets when a key is removed by itself",
        """EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST GETEX HEXPIRE HPEXPIRE HPERSIST""",
    ),
    *_commands(
        "change",
        "reads and confirms messages in the name of a group",
        "XREADGROUP XACK XCLAIM XAUTOCLAIM XGROUP:CREATE XGROUP:SETID XGROUP:CREATECONSUMER XSETID",
    ),
    *_commands("change", "sends a message to those who listen", "PUBLISH SPUBLISH"),
    *_commands(
        "change",
        "writes the data to disk",
        "SAVE BGSAVE BGREWRITEAOF",
    ),
    *_commands("change", "sets how the server works", "CONFIG:SET CONFIG:REWRITE LATENCY MEMORY:PURGE"),
    *_commands(
        "change", "makes clients wait, or ends their waiting", "CLIENT:PAUSE CLIENT:UNPAUSE CLIENT:UNBLOCK"
    ),
    *_commands("change", "ends a script that runs", "SCRIPT:KILL FUNCTION:KILL"),
    *_commands("change", "keeps code for later", "SCRIPT:LOAD FUNCTION:LOAD"),
    *_commands("change", "changes users and what they may do", "ACL:SETUSER ACL:LOAD ACL:SAVE"),
    *_commands(
        "change",
        "changes the cluster",
        "CLUSTER:MEET CLUSTER:ADDSLOTS CLUSTER:ADDSLOTSRANGE CLUSTER:SETSLOT CLUSTER:BUMPEPOCH CLUSTER:SAVECONFIG",
    ),
    *_commands(
        "change", "changes whom the sentinels watch", "SENTINEL:MONITOR SENTINEL:SET SENTINEL:FLUSHCONFIG"
    ),
)
"""What stands nowhere here is *change*, unless its name says that it deletes."""
