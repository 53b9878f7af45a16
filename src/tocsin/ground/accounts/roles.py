"""Who may do what? Five roles, seven permissions, one question.

Each role contains the one before, except that the approver stands aside: they read and approve what destroys, and do
not run it, so that asking and approving are two people's work (four eyes). An admin may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tocsin.ground.kernel.errors import Denied, Unauthenticated

Permission = Literal["public", "read", "respond", "operate", "approve", "admin", "send"]
Role = Literal["viewer", "responder", "operator", "approver", "admin"]

PUBLIC: Permission = "public"
"""Anyone, signed in or not."""
READ: Permission = "read"
"""See alerts, incidents, runs, runbooks and who is on call."""
RESPOND: Permission = "respond"
"""Acknowledge, note, assign roles, change the severity, declare, resolve."""
OPERATE: Permission = "operate"
"""Start and steer runs; approve what changes something."""
APPROVE: Permission = "approve"
"""Approve what destroys something, never one's own request."""
ADMIN: Permission = "admin"
"""Accounts, tokens, keys."""
SEND: Permission = "send"
"""Send alerts in."""

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
_GRANTS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({PUBLIC, READ}),
    "responder": frozenset({PUBLIC, READ, RESPOND, SEND}),
    "operator": frozenset({PUBLIC, READ, RESPOND, SEND, OPERATE}),
    "approver": frozenset({PUBLIC, READ, APPROVE}),
    "admin": frozenset(PERMISSIONS),
}
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who asks. `person` names an entry under `people:` of the configuration, when there is one.

    `scopes` narrow a token to some of what its role may do; empty means all of it.
    """

    kind: Literal["person", "token", "key", "nobody"]
    name: str
    role: Role | None = None
    person: str | None = None
    scopes: frozenset[str] = frozenset()
    language: str | None = None

    @property
    def actor(self) -> str:
        """As the timeline names who did it: `person:mei`, `token:ci`, `key:prometheus`."""
        return f"person:{self.person or self.name}" if self.kind == "person" else f"{self.kind}:{self.name}"

    @property
    def is_known(self) -> bool:
        return self.kind != "nobody"


NOBODY = Identity(kind="nobody", name="nobody")


def allowed(identity: Identity, permission: str) -> bool:
    """May they? A permission nobody declared is never granted."""
    if permission == PUBLIC:
        return True
    if identity.kind == "key":
        return permission == SEND
    granted = _GRANTS[identity.role] if identity.role else frozenset[Permission]()
    return permission in granted and (not identity.scopes or permission in identity.scopes)


def require(identity: Identity, permission: str) -> None:
    """Raises Unauthenticated for nobody, Denied for somebody without the permission."""
    if allowed(identity, permission):
        return
    if not identity.is_known:
        raise Unauthenticated(
            "this needs somebody known", fix="Sign in, or send `Authorization: Bearer TOKEN`."
        )
    fitting = [role for role in ROLES if permission in _GRANTS[role]]
    raise Denied(
        f"{identity.name} may not do this: it needs the permission `{permission}`",
        fix=f"Ask an admin for one of the roles {', '.join(fitting)}." if fitting else "",
    )
