"""Which words say what a command does, whoever made it? `delete`, `list`, `restart` mean the same everywhere.

For actions, addresses, functions of a database and programs of which only the name is known. A word that says
destroy raises a level; one that says read lowers none by itself.
"""

from __future__ import annotations

import re

from tocsin.act.guard.names import names

DESTROYING = names(
    """
    delete deletes deleteall del destroy destroys drop drops erase flush flushall flushdb forget kill killall nuke
    obliterate purge remove removes rm rma rmi rb rmdir shred terminate truncate undefine uninstall unlink
    unregister unpublish wipe zap reboot poweroff shutdown halt reset prune overwrite mkfs format decommission
    deregister scrap expunge teardown detonate downgrade undeploy deprovision
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

_LONG = ("delete", "remove", "destroy", "truncate", "terminate", "uninstall")
NOUNS_TOO = names("deploy export import link patch rollback run trigger update upgrade")
"""Those of them that may also name a thing: `gh run list` only asks."""

_ASKING = names(
    "check count describe diff find get inspect list lookup ls print query read search show validate verify view"
)
_TOLD = _ASKING | names("info status stats")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def parts_of(word: str) -> tuple[str, ...]:
    """`deleteUser`, `delete-user`, `db:delete_user` → the words they are made of, in small letters."""
    return tuple(each.lower() for each in _PARTS.findall(word[:200]))


def destroys(word: str) -> bool:
    """Whether a name says that something goes for good: `delete`, `drop-database`, `removenode`; not `deleted`."""
    return word.lower() in DESTROYING or any(
        part in DESTROYING or (part.startswith(_LONG) and not part.endswith("d")) for part in parts_of(word)
    )


def reads(word: str) -> bool:
    """Whether a name says that it only asks: `status`, `list-backups`, `backup-list`."""
    parts = parts_of(word)
    if word in READING:
        return True
    if not parts or not (DESTROYING | CHANGING).isdisjoint(parts):
        return False
    return len(parts) > 1 and (parts[0] in _ASKING or parts[-1] in _TOLD)
