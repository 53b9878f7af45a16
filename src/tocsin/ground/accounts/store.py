"""How are accounts, sessions, tokens and keys kept? Names in the clear, every secret only as its hash."""

from __future__ import annotations

import hashlib

from sqlalchemy import Column, Index, Table, Text

from tocsin.ground.store import Json, Time, metadata

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("person", Text),
    Column("language", Text),
    Column("created_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("ix_session_account", "account"),
)

token = Table(
    "token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", Time, nullable=False),
    Column("revoked_at", Time),
)

key = Table(
    "key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("service", Text),
    Column("settings", Json, nullable=False, server_default="{}"),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", Time, nullable=False),
    Column("revoked_at", Time),
)

set_up = Table(
    "set_up",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("expires_at", Time, nullable=False),
)


def hash_of(secret: str) -> str:
    """The hash by which a secret is found again. One round is enough: the secrets have 256 random bits."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
