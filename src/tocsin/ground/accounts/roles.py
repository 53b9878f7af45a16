"""Who may do what? Five roles, seven permissions, one question.

Each role contains the one before, except that the approver stands aside: they read and approve what destroys, and do
not run it, so that asking and approving are two people's work (four eyes). An admin may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from tocsin.ground.kernel.errors import Denied, Invalid, Unauthenticated

Role = Literal["viewer", "responder", "operator", "approver", "admin"]


class Permission(StrEnum):
    """What a route may ask for."""

    PUBLIC = "public"
    """Anyone, signed in or not."""
    READ = "read"
    """See alerts, incidents, runs, runbooks and who is on call."""
    RESPOND = "respond"
    """Acknowledge, note, assign roles, change the severity, declare, resolve."""
    OPERATE = "operate"
    """Start and steer runs; approve what changes something."""
    APPROVE = "approve"
    """Approve what destroys something, never one's own request."""
    ADMIN = "admin"
    """Accounts, tokens, keys."""
    SEND = "send"
    """Send alerts in."""


_VIEWER = frozenset({Permission.PUBLIC, Permission.READ})
_RESPONDER = _VIEWER | {Permission.RESPOND, Permission.SEND}
_GRANTS: dict[Role, frozenset[Permission]] = {
    "viewer": _VIEWER,
    "responder": _RESPONDER,
    "operator": _RESPONDER | {Permission.OPERATE},
    "approver": _VIEWER | {Permission.APPROVE},
    "admin": frozenset(Permission),
}
ROLES: tuple[Role, ...] = get_args(Role)


def role_of(name: str) -> Role:
    """The role of that name. Raises Invalid."""
    for role in ROLES:
        if role == name:
            return role
    raise Invalid(f"there is no role {name}", field="role", fix=f"Choose one of {', '.join(ROLES)}.")


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
    if permission == Permission.PUBLIC:
        return True
    if identity.kind == "key":
        return permission == Permission.SEND
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
    fix = f"Ask an admin for one of the roles {', '.join(fitting)}." if fitting else ""
    if fitting and identity.kind == "token":
        fix = (
            f"A token of one of the roles {', '.join(fitting)} may: tocsin token create --role {fitting[0]}."
        )
    raise Denied(f"{identity.name} may not do this: it needs the permission `{permission}`", fix=fix)
