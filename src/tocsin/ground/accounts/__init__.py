"""Who is it, and may they? Accounts, sessions, tokens and keys, and the permissions that every face asks for."""

from tocsin.ground.accounts.accounts import Account, Accounts
from tocsin.ground.accounts.keys import Key
from tocsin.ground.accounts.roles import (
    ADMIN,
    APPROVE,
    NOBODY,
    OPERATE,
    PUBLIC,
    READ,
    RESPOND,
    ROLES,
    SEND,
    Identity,
    allowed,
    require,
)
from tocsin.ground.accounts.throttle import Throttle
from tocsin.ground.accounts.tokens import Token

__all__ = [
    "ADMIN",
    "APPROVE",
    "NOBODY",
    "OPERATE",
    "PUBLIC",
    "READ",
    "RESPOND",
    "ROLES",
    "SEND",
    "Account",
    "Accounts",
    "Identity",
    "Key",
    "Throttle",
    "Token",
    "allowed",
    "require",
]
