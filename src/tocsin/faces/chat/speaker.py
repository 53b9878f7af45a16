"""Who speaks, and what may they do? A user of Slack becomes a person of the configuration, and that an account.

1. The person whose `addresses:` have the id. 2. Else the person with the confirmed e-mail address of the user, if the
user belongs to our own workspace: another one could claim any address. 3. The account that is that person gives the
role. Whoever is none of these may do nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import structlog

from tocsin.act.notify.slack_client import SlackFailed
from tocsin.faces.chat.context import Context
from tocsin.ground.accounts import NOBODY, Identity, Permission, allowed
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied

KIND = "slack"
_REMEMBERED_S = 300.0
_MOST = 10_000
_STRANGER = N_("Tocsin does not know who you are.")
_INTRODUCE = N_("Somebody has to write your id under people: in tocsin.yaml: addresses: {addresses}")
_NO_ACCOUNT = N_("You have no account, so you may do nothing here.")
_MAKE_ACCOUNT = N_("Ask an admin: {command}")
_MAY_NOT = N_("Your role does not allow this.")
_ASK_FOR = N_("It takes the role {role}: ask an admin for it.")
_NEEDED = {
    Permission.READ: "viewer",
    Permission.RESPOND: "responder",
    Permission.OPERATE: "operator",
    Permission.APPROVE: "approver",
}
_log = structlog.get_logger(__name__)


class NotAllowed(Denied):
    """Said in words for chat: `values` fill the fix."""

    def __init__(self, message: str, *, fix: str, **values: object) -> None:
        super().__init__(message, fix=fix)
        self.values = values


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """`user` is the id in Slack, `person` the name under `people:`; empty for a stranger."""

    user: str
    person: str
    name: str
    language: str
    identity: Identity

    @property
    def actor(self) -> str:
        return self.identity.actor

    def require(self, permission: Permission) -> None:
        """Raises NotAllowed, with what has to be done so that they may."""
        if not self.person:
            raise NotAllowed(_STRANGER, fix=_INTRODUCE, addresses=f"{{{KIND}: {self.user}}}")
        if self.identity.role is None:
            command = f"tocsin account create {self.person} --role responder --person {self.person}"
            raise NotAllowed(_NO_ACCOUNT, fix=_MAKE_ACCOUNT, command=command)
        if not allowed(self.identity, permission):
            raise NotAllowed(_MAY_NOT, fix=_ASK_FOR, role=_NEEDED.get(permission, "admin"))


class Speakers:
    """Finds out, and remembers for five minutes what Slack says of a user; accounts are asked each time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, str, str]] = {}
        self._team = ""

    def of(self, user: str) -> Speaker:
        """Never raises: who cannot be found out is a stranger."""
        catalogue = self._context.catalogue()
        person = self._person(user)
        language = catalogue.language
        if not person:
            return Speaker(user=user, person="", name=user, language=language, identity=NOBODY)
        known = catalogue.people[person]
        identity = self._identity(person)
        return Speaker(
            user=user,
            person=person,
            name=known.name,
            language=identity.language or known.language or language,
            identity=identity,
        )

    def name(self, user: str) -> str:
        """How somebody is called: as the configuration says, else as Slack does, else by the id."""
        person = self._person(user)
        if person:
            return self._context.catalogue().people[person].name
        return self._slack(user)[1] or user

    def address(self, person: str) -> str:
        """The id of a person of the configuration, if it stands there."""
        known = self._context.catalogue().people.get(person)
        return known.addresses.get(KIND, "") if known is not None else ""

    def _person(self, user: str) -> str:
        people = self._context.catalogue().people
        for name, person in people.items():
            if person.addresses.get(KIND) == user:
                return name
        email = self._slack(user)[0].casefold()
        fitting = [name for name, each in people.items() if email and (each.email or "").casefold() == email]
        # Whose id is another, is somebody else; and an address that several share is nobody's.
        fitting = [name for name in fitting if not people[name].addresses.get(KIND)]
        return fitting[0] if len(fitting) == 1 else ""

    def _identity(self, person: str) -> Identity:
        found = [each for each in self._context.accounts.everyone() if each.person == person]
        if len(found) == 1:
            return found[0].identity
        # Of several accounts nobody can say which one speaks: the person may do what a person without any may.
        return Identity(kind="person", name=person, person=person)

    def _slack(self, user: str) -> tuple[str, str]:
        """(confirmed address in our workspace, name) of a user; empty where that is unknown."""
        now = self._context.clock.monotonic()
        with self._lock:
            kept = self._known.get(user)
        if kept is not None and kept[0] > now:
            return kept[1], kept[2]
        slack = self._context.slack
        if slack is None or not user:
            return "", ""
        try:
            if not self._team:
                self._team = slack.whoami()[0]
            member = slack.member(user)
        except SlackFailed as failed:
            _log.warning("a user of Slack could not be looked up", user=user, why=failed.message)
            return "", ""
        ours = member.team == self._team and not member.is_bot and not member.is_gone
        found = (member.email if ours else "", member.name)
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[user] = (now + _REMEMBERED_S, *found)
        return found
