"""Which program speaks? API tokens: a role, perhaps narrowed to scopes, shown once and stored hashed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tocsin.ground.accounts.roles import Identity, Permission, Role, role_of
from tocsin.ground.accounts.store import hash_of
from tocsin.ground.accounts.store import token as table
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.ids import new_id, new_token


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """An API token as it may be shown: everything but the secret."""

    id: str
    name: str
    role: Role
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def create(conn: Connection, role: Role, name: str, scopes: Iterable[str], at: datetime) -> str:
    """Makes a token and returns its secret, which nothing can show again."""
    known = role_of(role)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in set(Permission)]
    if unknown:
        raise Invalid(
            f"there is no scope {unknown[0]!r}", field="scopes", fix=f"Choose from {', '.join(Permission)}."
        )
    if not 0 < len(name) <= 64 or not name.isprintable():
        raise Invalid(
            "a token's name has 1 to 64 characters that can be printed",
            field="name",
            fix="Name it after the program that uses it.",
        )
    plain = new_token("tok")
    conn.execute(
        insert(table).values(
            id=new_id("token"), name=name, role=known, scopes=wanted, hash=hash_of(plain), created_at=at
        )
    )
    return plain


def find(conn: Connection, plain: str) -> Identity | None:
    """Whom this secret stands for, unless it is unknown or revoked."""
    row = conn.execute(
        select(table).where(table.c.hash == hash_of(plain), table.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return Identity(kind="token", name=row.name, role=row.role, scopes=frozenset(row.scopes))


def everything(conn: Connection) -> list[Token]:
    """All tokens, the revoked ones too, oldest first."""
    return [
        Token(
            id=row.id,
            name=row.name,
            role=row.role,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in conn.execute(select(table).order_by(table.c.id))
    ]


def revoke(conn: Connection, id_or_name: str, at: datetime) -> None:
    """Ends every live token of that id or name."""
    done = conn.execute(
        update(table)
        .where((table.c.id == id_or_name) | (table.c.name == id_or_name), table.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if not done.rowcount:
        raise NotFound(f"there is no live token {id_or_name!r}", fix="`tocsin token list` shows them.")
