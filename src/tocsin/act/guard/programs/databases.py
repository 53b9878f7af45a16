"""What do the clients of databases send? SQL after an option or in a here-document, Redis commands, JavaScript."""

from __future__ import annotations

import re

from tocsin.act.guard.names import names
from tocsin.act.guard.programs.call import BUILT, BUILT_SAFER, UNSEEN_SAFER, Call, Judge
from tocsin.act.guard.redis import command_level, redis_level
from tocsin.act.guard.sql import sql_level
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word, has_flag

_LOOKS = ("-l", "--list", "--version", "-V", "--help")


def _sql_client(
    *options: str,
    flags: str = "",
    dialects: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    plain_from: int | None = None,
) -> Judge:
    """A client that takes SQL after one of `options`, from its input or as a plain word from a position on."""

    def judge(call: Call) -> list[Reason]:
        told = call.values(*options, flags=flags)
        found: list[Reason] = []
        if call.values(*files, flags=flags):
            found.append(call.reason("change", "runs a file that is not looked into"))
        if call.fed is not None and not told:
            told = [call.fed]
        if plain_from is not None and not told:
            told = call.plain[plain_from:]
        if not all(each.fixed for each in told):
            return [call.reason("destroy", BUILT, "bind the value: psql -v name=value and :'name'")]
        for each in told:
            found.extend(sql_level(each.text, *dialects).findings)
        if found or told:
            return found or [call.reason("read", "runs nothing")]
        if has_flag(call.texts, _LOOKS):
            return [call.reason("read", "only looks")]
        if call.piped:
            return [call.reason("destroy", "runs SQL that is piped in and cannot be seen", UNSEEN_SAFER)]
        return [call.reason("change", "opens a session, or runs a file, that is not looked into")]

    return judge


_REDIS_VALUED = names(
    """
    -h -p -s -a -u -r -i -n -d -t -e --user --pass --pattern --quoted-pattern --cacert --cacertdir --cert --key --sni
    --tls-ciphers --tls-ciphersuites --count --type --memkeys-samples --show-pushes
    """
)
_REDIS_PLAIN = names(
    """
    -x -X -c -2 -3 -D -v -4 -6 --tls --raw --no-raw --csv --json --quoted-json --no-auth-warning --insecure --verbose
    --askpass --quoted-input --keystats --quiet
    """
)
_REDIS_LOOKS = names(
    """
    --latency --latency-history --latency-dist --stat --bigkeys --memkeys --hotkeys --keystats --scan --version
    --help --intrinsic-latency --lru-test
    """
)
_REDIS_CLUSTER_LOOKS = names("info check call:ping help")


def _redis(call: Call) -> list[Reason]:
    words: list[Word] = []
    unknown_before = False
    arguments = call.arguments
    at = 0
    while at < len(arguments):
        text = arguments[at].text
        if words or not text.startswith("-"):
            words.append(arguments[at])
        elif text in _REDIS_LOOKS:
            return [call.reason("read", "only looks")]
        elif text == "--cluster":
            looks = arguments[at + 1 :] and arguments[at + 1].text in _REDIS_CLUSTER_LOOKS
            why = "shows the cluster" if looks else "moves slots or keys, or takes nodes away"
            safer = "" if looks else "redis-cli --cluster check ADDRESS only looks"
            return [call.reason("read" if looks else "destroy", why, safer)]
        elif text in ("--eval", "--pipe", "--rdb", "--functions-rdb", "--replica", "--slave"):
            why = f"{text} runs or copies things that are not looked into"
            return [call.reason("destroy", why, "write the commands out")]
        elif text in _REDIS_VALUED:
            at += 1
        elif text not in _REDIS_PLAIN and text[:2] not in ("-h", "-p", "-n", "-a", "-u"):
            unknown_before = True
        at += 1
    if not words and call.fed is not None:
        if not call.fed.fixed:
            return [call.reason("destroy", BUILT, BUILT_SAFER)]
        return list(redis_level(call.fed.text).findings) or [call.reason("read", "does nothing")]
    if not words and call.piped:
        return [call.reason("destroy", "runs commands that are piped in and cannot be seen", UNSEEN_SAFER)]
    if words and not words[0].fixed:
        return [call.reason("destroy", "the command is only known at run time", BUILT_SAFER)]
    texts = [each.text for each in words]
    found = [call.reason(*command_level(texts))]
    if unknown_before and len(texts) > 1:
        found.append(call.reason(*command_level(texts[1:])))  # the option may have taken the first word
    return found


_MONGO_READS = names(
    """
    aggregate buildInfo collStats countDocuments count countIndexes currentOp dataSize dbStats describe distinct
    estimatedDocumentCount explain find findOne forEach getCollection getCollectionInfos getCollectionNames getDB
    getIndexes getLastError getLogComponents getMongo getName getParameter getProfilingLevel getProfilingStatus
    getReplicationInfo getRole getRoles getShardDistribution getSiblingDB getSlaveInfo getTimestamp getUser getUsers
    hasNext hello help hint hostInfo isMaster isCapped itcount latencyStats limit listCommands listCollections
    listDatabases listShards log map match maxTimeMS next objsLeftInBatch ping pretty print
    printSecondaryReplicationInfo printReplicationInfo printShardingStatus printSlaveReplicationInfo printjson
    printjsonone project readPref replSetGetStatus serverBuildInfo serverStatus size skip
    slice sort stats status storageSize stringify tojson
    toArray top totalIndexSize totalSize validate version ISODate ObjectId NumberLong Date parse valueOf toString filter
    keys length join toFixed conf config getBalancerState isBalancerRunning adminCommand runCommand conf sh rs
    """
)
_MONGO_COMMANDS = re.compile(r"(?:adminCommand|runCommand)\s*\(\s*\{?\s*[\"']?(\w{1,40})")
_CALLED = re.compile(r"\b([A-Za-z_]\w{0,60})\s*\(")
_MONGO_DESTROYS = names(
    "killOp killSessions killAllSessions shutdownServer stepDown replSetStepDown renameCollection"
)
_SAFER_MONGO = "find() with the same filter shows what it would touch"


def _mongo(call: Call) -> list[Reason]:
    codes = call.values("--eval")
    if call.fed is not None:
        codes.append(call.fed)
    text = " ".join(each.text for each in codes)
    if codes and not all(each.fixed for each in codes):
        return [call.reason("destroy", BUILT, BUILT_SAFER)]
    if not codes:
        if call.piped:
            return [call.reason("destroy", "runs code that is piped in and cannot be seen", UNSEEN_SAFER)]
        return [call.reason("change", "opens a session, or runs a file, that is not looked into")]
    commands = _MONGO_COMMANDS.findall(text)
    called = [*_CALLED.findall(text), *commands]
    if any(each in _MONGO_DESTROYS or destroys(each) for each in called):
        return [call.reason("destroy", "deletes documents, or ends what others are doing", _SAFER_MONGO)]
    if (
        "$out" in text
        or "$merge" in text
        or "function" in text
        or "=>" in text
        or re.search(r"[^=!<>]=[^=]", text)
    ):
        return [call.reason("change", "runs code that is not looked into")]
    if all(each in _MONGO_READS for each in called):
        return [call.reason("read", "only looks")]
    return [call.reason("change", "may change documents or the server")]


JUDGES: dict[str, Judge] = {
    "redis-cli": _redis,
    "psql": _sql_client(
        "-c", "--command", flags="aAbeEHnNqsStwWxXz01l", dialects=("postgres",), files=("-f", "--file")
    ),
    "heroku pg:psql": _sql_client("-c", "--command", dialects=("postgres",), files=("-f",)),
    "cockroach sql": _sql_client("-e", "--execute", dialects=("postgres",), files=("-f",)),
    "mysql": _sql_client("-e", "--execute", flags="NsBbCEfHiqrtvwXAG", dialects=("mysql",)),
    "mycli": _sql_client("-e", "--execute", dialects=("mysql",)),
    "clickhouse-client": _sql_client("-q", "--query", flags="mn", dialects=("clickhouse", "mysql")),
    "clickhouse": _sql_client("-q", "--query", flags="mn", dialects=("clickhouse", "mysql")),
    "cqlsh": _sql_client("-e", "--execute", files=("-f", "--file")),
    "sqlcmd": _sql_client("-Q", "-q", dialects=("tsql", "mysql"), files=("-i",)),
    "snowsql": _sql_client("-q", "--query", dialects=("snowflake", "mysql"), files=("-f",)),
    "trino": _sql_client("--execute", dialects=("trino", "mysql"), files=("-f", "--file")),
    "presto": _sql_client("--execute", dialects=("presto", "mysql"), files=("-f", "--file")),
    "beeline": _sql_client("-e", dialects=("hive", "mysql"), files=("-f",)),
    "hive": _sql_client("-e", dialects=("hive", "mysql"), files=("-f",)),
    "spark-sql": _sql_client("-e", dialects=("spark", "mysql"), files=("-f",)),
    "wrangler d1 execute": _sql_client("--command", dialects=("sqlite",), files=("--file",)),
    "bq query": _sql_client(dialects=("bigquery", "mysql"), plain_from=0),
    "sqlite3": _sql_client("-cmd", dialects=("sqlite", "mysql"), plain_from=1),
    "duckdb": _sql_client("-c", dialects=("duckdb", "postgres"), plain_from=1),
    "influx": _sql_client("-execute", "--execute", dialects=("postgres", "mysql")),
    "mongosh": _mongo,
    "mongo": _mongo,
}
