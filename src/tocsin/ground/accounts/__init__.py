"""Who is it, and may they? Accounts, sessions, tokens and keys, and the permissions that every face asks for."""

from tocsin.ground.accounts.accounts import Account, Accounts
from tocsin.ground.accounts.keys import CALENDAR, Key
from tocsin.ground.accounts.roles import NOBODY, ROLES, Identity, Permission, Role, allowed, require, role_of
from tocsin.ground.accounts.throttle import Throttle
from tocsin.ground.accounts.tokens import Token

__all__ = [
    "CALENDAR",
    "NOBODY",
    "ROLES",
    "Account",
    "Accounts",
    "Identity",
    "Key",
    "Permission",
    "Role",
    "Throttle",
    "Token",
    "allowed",
    "require",
    "role_of",
]
