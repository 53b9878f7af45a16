"""Backups of a Postgres database: make one, see that the last one is whole and young, and prove it by restoring it.

    targets: {db: {kind: postgres, dsn: "env:DATABASE_URL", backups: /var/backups/shop}}

The files are those of `pg_dump --format=custom` in the folder `backups` of the target, on the machine where the step
runs. A restore goes into a scratch database of the same server, which is removed again whatever happens; the
database itself is not touched. Passwords reach the programs as environment, never as arguments.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result, tail_of
from tocsin.act.actions.postgres_link import environment
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import Verb, Word, setting
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.secret import scrub

# Names arrive as "$1", "$2": nothing of them is read as a script. A file counts once it has its name.
_RUN = """\
set -eu; umask 077; cd -- "$1"
at=$(date -u +%Y%m%dT%H%M%SZ); part=".$2-$at.part"
trap 'rm -f -- "$part"' EXIT
pg_dump --format=custom --file="$part"
pg_restore --list "$part" > /dev/null
mv -- "$part" "$2-$at.dump"
trap - EXIT
stat -c '%n %s 0' -- "$2-$at.dump"
"""
_NEWEST = """\
set -eu; cd -- "$1"; now=$(date +%s)
newest=$(find . -maxdepth 1 -type f -name "*.dump" -printf '%T@ %f\\n' | sort -rn | head -n 1 | cut -d ' ' -f 2-)
[ -n "$newest" ] || { echo "there is no backup in $1" >&2; exit 1; }
"""
_CHECK = (
    _NEWEST
    + """\
echo "$newest $(stat -c %s -- "$newest") $((now - $(stat -c %Y -- "$newest")))"
pg_restore --list "$newest" > /dev/null
"""
)
_RESTORE = (
    _NEWEST
    + """\
scratch=$2; file=${3:-$newest}
trap 'dropdb --if-exists --force "$scratch"' EXIT
trap 'exit 143' TERM INT HUP
createdb --template=template0 "$scratch"
pg_restore --exit-on-error --no-owner --no-privileges --dbname="$scratch" -- "$file"
echo "$file $(stat -c %s -- "$file") $((now - $(stat -c %Y -- "$file")))"
psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname="$scratch" <<END
$4
END
"""
)
_COUNTS = """\
SELECT format('SELECT %L, count(*) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename)
FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 \\gexec
"""


def _with_reason(call: Call, result: Result) -> Result:
    """The programs of Postgres say what is wrong first, and hints after it."""
    said = [line for line in tail_of(call.err, 16_384).splitlines() if line.strip()]
    return replace(result, why=scrub(said[0])[:300]) if said and not (result.cut or result.lost) else result


def _limits(size: int, age: int, smallest: int, newer_than: timedelta | None) -> str:
    """Why a backup of so many bytes and seconds is not well."""
    if size < smallest:
        return f"the newest backup has {size} bytes, fewer than {smallest}"
    if newer_than is not None and age > newer_than.total_seconds():
        return f"the newest backup is {age} s old"
    return ""


class Run(Verb):
    """Makes a backup now. It gets its name once it is whole and can be read."""

    title = N_("Make a backup")
    level = "change"
    idempotent = True
    examples = ({}, {"name": "before-migration"})

    name: Word = Field(default="backup", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="Its name.")

    def plan(self) -> str:
        return f"Dumps the database into a new file {self.name}-TIME.dump."


class Check(Verb):
    """Is the newest backup there, readable, large enough and young enough?"""

    title = N_("Look at the newest backup")
    level = "read"
    examples = ({}, {"smallest": 1_000_000, "newer_than": "26h"})

    smallest: int = Field(default=1, ge=0, description="Fewer bytes than this are too few.")
    newer_than: Duration | None = Field(
        default=timedelta(hours=26), description="Older than this is too old."
    )

    def plan(self) -> str:
        return "Looks how large and how old the newest backup is, and whether it can be read."


class Restore(Verb):
    """Restores a backup into a scratch database, counts the rows of every table, and removes it again.

    Not well where a table that is named has fewer rows than is said.
    """

    title = N_("Prove a backup by restoring it")
    level = "change"
    idempotent = True
    examples = ({}, {"at_least": {"public.orders": 1000}})

    file: Word | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$", description="Without it, the newest."
    )
    at_least: dict[str, int] = Field(default_factory=dict, description="Rows by SCHEMA.TABLE.")

    def plan(self) -> str:
        return (
            f"Restores {self.file or 'the newest backup'} into a scratch database, counts its rows, drops it."
        )


class Backup(Programs):
    title = N_("Backups of Postgres")
    verbs: ClassVar = (Run, Check, Restore)

    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        folder = setting(call, "backups")
        match verb:
            case Run():
                return ("sh", "-c", _RUN, "backup", folder, verb.name)
            case Check():
                return ("sh", "-c", _CHECK, "backup", folder)
            case Restore():
                scratch = f"tocsin_scratch_{secrets.token_hex(6)}"
                return ("sh", "-c", _RESTORE, "backup", folder, scratch, verb.file or "", _COUNTS)
            case _:
                raise CannotRun(f"there is no verb {type(verb).named()}")

    def environment(self, verb: Verb, call: Call) -> Mapping[str, str]:
        return {} if isinstance(verb, Check) else environment(call)

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        if not result.well:
            return _with_reason(call, result)
        first, *others = tail_of(call.out).splitlines() or [""]
        name, _, rest = first.rpartition(" ")[0].rpartition(" ")
        size, age = int(rest), int(first.rpartition(" ")[2])
        row: dict[str, Any] = {"file": name, "bytes": size, "age_s": age}
        why = ""
        rows = [row]
        match verb:
            case Check():
                why = _limits(size, age, verb.smallest, verb.newer_than)
            case Restore():
                counts = {table: int(count) for table, _, count in (each.rpartition("|") for each in others)}
                row["tables"] = len(counts)
                rows.extend({"table": table, "rows": count} for table, count in counts.items())
                few = [table for table, wanted in verb.at_least.items() if counts.get(table, 0) < wanted]
                why = "; ".join(f"{table} has {counts.get(table, 0)} rows" for table in few)
            case _:
                pass
        return replace(result, well=not why, why=why, rows=tuple(rows))
