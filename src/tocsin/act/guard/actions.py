"""What would this action do? Judged by the last word of its name until the action itself declares its level."""

from __future__ import annotations

from tocsin.act.guard.verdict import Level, Reason, Verdict

_READ = frozenset(
    {"check", "describe", "get", "inspect", "list", "logs", "look", "ping", "ps", "show", "status", "wait"}
)
_DESTROY = frozenset(
    {"delete", "destroy", "drop", "flush", "purge", "remove", "terminate", "truncate", "wipe"}
)


def action_level(name: str) -> Verdict:
    """The verdict on an action by name (`docker.restart`): a name that nobody knows is *change*."""
    verb = name.rsplit(".", 1)[-1].lower()
    level: Level = "read" if verb in _READ else "destroy" if verb in _DESTROY else "change"
    why = {"read": "only looks", "change": "changes the service", "destroy": "removes something for good"}[
        level
    ]
    return Verdict.of([Reason(part=name, level=level, why=f"{name} {why}")])
