"""Which words say what a command does, whoever made it? `delete`, `list`, `restart` mean the same everywhere.

For actions, addresses, functions of a database and programs of which only the name is known. A word that says
destroy raises a level; one that says read lowers none by itself.
"""

from __future__ import annotations

import re

from tocsin.act.guard.names import names

DESTROYING = names(
    """
    delete deletes del destroy destroys drop drops erase flush flushall flushdb forget kill nuke obliterate purge
    remove removes rm rmi rb rmdir shred terminate truncate uninstall unlink unregister wipe zap reboot poweroff
    shutdown halt reset prune factory-reset deleteall overwrite mkfs format decommission
    """
)
"""What is named after one of these words is gone, or stopped under everybody who uses it."""

READING = names(
    """
    list ls get describe desc show info status version versions view inspect cat history ps whoami help diff top
    ping health healthcheck validate verify lint plan preview stats explain tree outdated logs log events search
    find lookup read print query count check doctor env tail
    """
)
"""What such a word asks for is told, and stays as it is."""

CHANGING = names(
    """
    add apply approve assign attach cancel close copy cordon create deploy detach disable drain edit enable exec
    expire export failover import init install invoke link login merge migrate move new open patch pause promote
    publish put rebalance rebuild reload rename repair replace rerun restart restore resume revoke rollback
    rotate run save scale send set start stop suspend switch sync trigger unset update upgrade upload write
    """
)
"""What such a word asks for happens, and can be altered back."""

_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def parts_of(word: str) -> tuple[str, ...]:
    """`deleteUser`, `delete-user`, `db:delete_user` → the words they are made of, in small letters."""
    return tuple(each.lower() for each in _PARTS.findall(word[:200]))


def destroys(word: str) -> bool:
    """Whether a name says that something goes for good."""
    return word.lower() in DESTROYING or not DESTROYING.isdisjoint(parts_of(word))


def reads(word: str) -> bool:
    """Whether a name begins or ends with a word that only asks: `list-backups`, `backup-list`."""
    parts = parts_of(word)
    return bool(parts) and (word in READING or parts[0] in READING or parts[-1] in READING)
