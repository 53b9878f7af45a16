"""Who signs in, and for how long are they known?

Passwords are kept as argon2id. A session is a row: signing out, a new password or a new role ends it at once, whatever
the browser still holds. While no account exists, a link printed at the start makes the first one.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from tocsin.ground.accounts import keys, tokens
from tocsin.ground.accounts.keys import Key, Keys
from tocsin.ground.accounts.roles import Identity, Role, role_of
from tocsin.ground.accounts.store import account, hash_of, session, set_up
from tocsin.ground.accounts.throttle import Throttle
from tocsin.ground.accounts.tokens import Token
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, Unauthenticated
from tocsin.ground.kernel.ids import new_token
from tocsin.ground.store import Store
from tocsin.ground.store import insert as upsert

SESSION_LIFE = timedelta(days=14)
SET_UP_LIFE = timedelta(hours=24)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 256
_NO_FIT = N_("This name and password do not fit together.")
_GUESSES_PER_ACCOUNT, _GUESSES_PER_ADDRESS, _WINDOW = 10, 20, timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody who can sign in. `person` names their entry under `people:`; without one they cannot be paged."""

    name: str
    role: Role
    person: str | None
    language: str | None
    created_at: datetime

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> Account:
        return cls(
            name=row.name,
            role=row.role,
            person=row.person,
            language=row.language,
            created_at=row.created_at,
        )

    @property
    def identity(self) -> Identity:
        return Identity(
            kind="person",
            name=self.name,
            role=self.role,
            person=self.person,
            language=self.language,
        )


class Accounts:
    """Accounts, sessions, tokens and keys of one installation."""

    def __init__(self, store: Store, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._keys = Keys(store, clock)
        self._by_account = Throttle(clock, _GUESSES_PER_ACCOUNT, _WINDOW)
        self._by_address = Throttle(clock, _GUESSES_PER_ADDRESS, _WINDOW)
        # Verified against when there is no such account, so that both answers take the same time.
        self._decoy = self._hasher.hash(new_token("nobody"))

    # Accounts

    def create(self, name: str, role: Role, password: str, person: str | None = None) -> Account:
        """A new account. Raises Invalid for a weak password, Conflict when the name is taken."""
        made = self._new_account(name, role, password, person)
        self._store.write(lambda conn: self._insert_account(conn, *made))
        return made[0]

    def everyone(self) -> list[Account]:
        with self._store.read() as conn:
            return [Account.from_row(row) for row in conn.execute(select(account).order_by(account.c.name))]

    def change_password(self, name: str, password: str) -> None:
        """Sets a new password and ends every session of the account."""
        self._change(name, password=self._hasher.hash(_good_password(name, password)))

    def change_role(self, name: str, role: Role) -> None:
        """Sets a new role and ends every session of the account. Raises Conflict for the last admin."""
        wanted = role_of(role)
        self._change(name, keeps_admin=wanted == "admin", role=wanted)

    def change_person(self, name: str, person: str | None) -> None:
        """Who the account is under `people:`; its sessions stay."""
        subject = _plain_name(name)
        done = self._store.write(
            lambda conn: (
                conn.execute(update(account).where(account.c.name == subject).values(person=person)).rowcount
            )
        )
        if not done:
            raise _no_account(name)

    def change_language(self, name: str, language: str | None) -> None:
        """Which language the account reads; its sessions stay."""
        self._store.write(
            lambda conn: conn.execute(
                update(account).where(account.c.name == _plain_name(name)).values(language=language)
            )
        )

    def remove(self, name: str) -> None:
        """Deletes the account and ends its sessions; what it did stays on the timelines.

        Raises Conflict for the last admin: nobody else may make another.
        """
        subject = _plain_name(name)

        def job(conn: Connection) -> None:
            _another_admin_stays(conn, subject)
            conn.execute(delete(session).where(session.c.account == subject))
            if not conn.execute(delete(account).where(account.c.name == subject)).rowcount:
                raise _no_account(name)

        self._store.write(job)

    # Sessions

    def sign_in(self, name: str, password: str, address: str = "") -> str:
        """The secret of a new session. Raises Unauthenticated for a wrong guess, TooMany for too many of them.

        That is ten failures an hour for one account, twenty from one address.
        """
        found, proof = self._verified(name, password, address)
        plain = new_token("ses")
        now = self._clock.now()

        def job(conn: Connection) -> None:
            # While the password was being checked it may have been changed, which ended every session: of the old
            # password none may begin after that.
            still = select(account.c.name).where(account.c.name == found.name, account.c.password == proof)
            if conn.execute(still.with_for_update()).first() is None:
                raise Unauthenticated(_NO_FIT)
            conn.execute(delete(session).where(session.c.expires_at <= now))
            conn.execute(
                insert(session).values(
                    hash=hash_of(plain), account=found.name, created_at=now, expires_at=now + SESSION_LIFE
                )
            )

        self._store.write(job)
        return plain

    def verify(self, name: str, password: str, address: str = "") -> Account:
        """Is it really they? Asked at sign-in, and again before something is destroyed. A failure counts as a guess."""
        return self._verified(name, password, address)[0]

    def _verified(self, name: str, password: str, address: str) -> tuple[Account, str]:
        """The account, and the hash that the password was checked against."""
        subject = _plain_name(name)
        self._by_address.take(address)
        self._by_account.take(subject)
        row = None
        if _is_name(subject):
            with self._store.read() as conn:
                row = conn.execute(select(account).where(account.c.name == subject)).one_or_none()
        fits = False
        with contextlib.suppress(VerificationError, InvalidHashError):
            guess = _normal(password[:LONGEST_PASSWORD]).encode(errors="replace")
            fits = self._hasher.verify(row.password if row else self._decoy, guess)
        if row is None or not fits or len(password) > LONGEST_PASSWORD:
            raise Unauthenticated(_NO_FIT)
        self._by_address.give_back(address)
        self._by_account.give_back(subject)
        return Account.from_row(row), row.password

    def session(self, plain: str) -> Identity | None:
        """Whom this session stands for, unless it ended."""
        with self._store.read() as conn:
            row = conn.execute(
                select(account)
                .join(session, session.c.account == account.c.name)
                .where(session.c.hash == hash_of(plain), session.c.expires_at > self._clock.now())
            ).one_or_none()
        return Account.from_row(row).identity if row else None

    def sign_out(self, plain: str) -> None:
        self._store.write(lambda conn: conn.execute(delete(session).where(session.c.hash == hash_of(plain))))

    # The first account

    def set_up_link(self) -> str | None:
        """A secret that makes the first account, once, within a day; None as soon as an account exists.

        Asking again replaces the one before.
        """
        plain = new_token("set")

        def job(conn: Connection) -> bool:
            if _any_account(conn):
                return False
            conn.execute(delete(set_up))
            conn.execute(
                insert(set_up).values(hash=hash_of(plain), expires_at=self._clock.now() + SET_UP_LIFE)
            )
            return True

        return plain if self._store.write(job) else None

    def set_up_is_open(self, plain: str) -> bool:
        """Would this secret still make the first account?"""
        with self._store.read() as conn:
            row = conn.execute(select(set_up.c.hash).where(self._open_set_up(plain))).first()
            return row is not None and not _any_account(conn)

    def set_up(self, plain: str, name: str, password: str, person: str | None = None) -> Account:
        """Makes the first account, an admin. Raises NotFound for a link that is used, old or made up."""
        if not self.set_up_is_open(plain):  # a hash is dear: it is not made for whoever comes along
            raise _no_link()
        made = self._new_account(name, "admin", password, person)

        def job(conn: Connection) -> None:
            # Taking the row away is the claim: of two people with the same link one finds it gone.
            taken = conn.execute(delete(set_up).where(self._open_set_up(plain))).rowcount
            if not taken or _any_account(conn):
                raise _no_link()
            self._insert_account(conn, *made)

        self._store.write(job)
        return made[0]

    # Tokens and keys

    def token_create(self, role: Role, name: str, scopes: Iterable[str] = ()) -> str:
        """The secret of a new API token, shown this once."""
        wanted = tuple(scopes)
        now = self._clock.now()
        return self._store.write(lambda conn: tokens.create(conn, role, name, wanted, now))

    def token(self, plain: str) -> Identity | None:
        with self._store.read() as conn:
            return tokens.find(conn, plain)

    def tokens(self) -> list[Token]:
        with self._store.read() as conn:
            return tokens.everything(conn)

    def token_revoke(self, id_or_name: str) -> None:
        now = self._clock.now()
        self._store.write(lambda conn: tokens.revoke(conn, id_or_name, now))

    def key_create(
        self,
        kind: str,
        name: str = "",
        service: str | None = None,
        settings: Mapping[str, Any] | None = None,
        secret: str | None = None,
    ) -> str:
        """The secret of a new intake key, shown this once. `settings` are checked already, secrets as references.

        `secret` is one in the form that senders of this kind expect; without one it is ours.
        """
        now = self._clock.now()
        return self._store.write(lambda conn: keys.create(conn, kind, name, service, now, settings, secret))[
            1
        ]

    def key(self, plain: str) -> Key | None:
        """The live key of a sender with this secret, remembered for two seconds."""
        found = self._keys.find(plain)
        return None if found is None or found.kind == keys.CALENDAR else found

    def calendar(self, plain: str) -> Key | None:
        """The same for a calendar that is read by its address: one is never taken for the other."""
        found = self._keys.find(plain)
        return found if found is not None and found.kind == keys.CALENDAR else None

    def key_by_id(self, id_: str) -> Key | None:
        """The key with this id, also when it was revoked."""
        with self._store.read() as conn:
            return keys.get(conn, id_)

    def keys(self) -> list[Key]:
        """Those of senders, the revoked ones too, oldest first."""
        with self._store.read() as conn:
            return [each for each in keys.everything(conn) if each.kind != keys.CALENDAR]

    def calendars(self) -> list[Key]:
        """Those of calendars, the revoked ones too, oldest first."""
        with self._store.read() as conn:
            return [each for each in keys.everything(conn) if each.kind == keys.CALENDAR]

    def key_revoke(self, id_or_name: str) -> None:
        now = self._clock.now()
        self._store.write(lambda conn: keys.revoke(conn, id_or_name, now))

    def _new_account(self, name: str, role: Role, password: str, person: str | None) -> tuple[Account, str]:
        plain = _plain_name(name)
        if not _is_name(plain):
            raise Invalid(
                N_("A name has 1 to 64 characters and no spaces."),
                field="name",
                fix=N_("Choose another name."),
            )
        made = Account(
            name=plain,
            role=role_of(role),
            person=person or None,
            language=None,
            created_at=self._clock.now(),
        )
        return made, self._hasher.hash(_good_password(plain, password))

    @staticmethod
    def _insert_account(conn: Connection, made: Account, password: str) -> None:
        added = conn.execute(
            upsert(conn, account)
            .values(
                name=made.name,
                role=made.role,
                password=password,
                person=made.person,
                created_at=made.created_at,
                changed_at=made.created_at,
            )
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(account.c.name)
        ).first()
        if added is None:
            raise Conflict(
                f"there is already an account {made.name!r}", field="name", fix="Choose another name."
            )

    def _change(self, name: str, *, keeps_admin: bool = True, **values: str) -> None:
        now = self._clock.now()
        subject = _plain_name(name)

        def job(conn: Connection) -> None:
            if not keeps_admin:
                _another_admin_stays(conn, subject)
            done = conn.execute(
                update(account).where(account.c.name == subject).values(**values, changed_at=now)
            )
            if not done.rowcount:
                raise _no_account(name)
            conn.execute(delete(session).where(session.c.account == subject))

        self._store.write(job)

    def _open_set_up(self, plain: str) -> ColumnElement[bool]:
        return and_(set_up.c.hash == hash_of(plain), set_up.c.expires_at > self._clock.now())


def _any_account(conn: Connection) -> bool:
    return conn.execute(select(account.c.name).limit(1)).first() is not None


def _another_admin_stays(conn: Connection, name: str) -> None:
    """Locks the admins, so that of two who remove each other one stays."""
    admins = set(
        conn.scalars(
            select(account.c.name).where(account.c.role == "admin").order_by(account.c.name).with_for_update()
        )
    )
    if admins == {name}:
        raise Conflict(
            f"{name} is the last admin",
            field="name",
            fix="Make another one first: `tocsin account create NAME --role admin`.",
        )


def _is_name(plain: str) -> bool:
    return 0 < len(plain) <= 64 and not any(each.isspace() or not each.isprintable() for each in plain)


def _plain_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _normal(password: str) -> str:
    """The same password however the keyboard composed it (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _good_password(name: str, password: str) -> str:
    """Long enough and not the name itself. Which characters it has is nobody's business (NIST SP 800-63B)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(
            N_("A password has at least 10 characters (and at most 256)."),
            field="password",
            fix=N_("A few words in a row are long enough and easy to keep in mind."),
        )
    if any("\ud800" <= each <= "\udfff" for each in password):
        raise Invalid(
            N_("The password holds half a character."), field="password", fix=N_("Choose another password.")
        )
    if _plain_name(password) == _plain_name(name):
        raise Invalid(N_("The password is the name."), field="password", fix=N_("Choose another password."))
    return _normal(password)


def _no_link() -> NotFound:
    return NotFound(
        N_("This set-up link was used or has expired."),
        fix=N_("Start Tocsin again for a new link, or run `tocsin account reset NAME`."),
    )


def _no_account(name: str) -> NotFound:
    return NotFound(f"there is no account {name!r}", field="name", fix="`tocsin account list` shows them.")
