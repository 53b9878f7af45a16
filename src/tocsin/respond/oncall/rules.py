"""How does a person want to be paged? Their own rules: which channel first, which later, and when not.

Rules order a page, they do not lose it: what is critical passes quiet hours, and where the rules leave nothing the
order of the configuration holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from tocsin.act.notify import Directory
from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Store
from tocsin.respond.oncall import quiet, rules_store
from tocsin.respond.oncall.hours import checked
from tocsin.respond.oncall.quiet import Quiet

LONGEST_WAIT_S = 3_600
MOST_RULES = 20
_LONGEST_NAME = 64
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One channel of a person: used `after_s` seconds after the page began, unless somebody has acknowledged.

    `severities` are those for which it is used (empty: for all); `quiet` are the hours in which it is not.
    """

    channel: str
    after_s: int = 0
    severities: tuple[str, ...] = ()
    quiet: tuple[Quiet, ...] = ()

    def counts_for(self, severity: str) -> bool:
        return not self.severities or severity in self.severities

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Rule:
        return cls(
            channel=value["channel"],
            after_s=value["after_s"],
            severities=tuple(value["severities"]),
            quiet=tuple(
                Quiet(hours=each["hours"], severities=tuple(each["severities"]), then=each["then"])
                for each in value["quiet"]
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The rules of a person; `changed_by` and `changed_at` are None as long as nobody has written any."""

    person: str
    rules: tuple[Rule, ...]
    changed_by: str | None
    changed_at: datetime | None


class ContactRules:
    """The rules of everybody, in the database: people change them, the configuration does not."""

    def __init__(self, store: Store, clock: Clock, current: Callable[[], Directory]) -> None:
        self._store = store
        self._clock = clock
        self._current = current

    def of(self, person: str) -> list[Rule]:
        """In the order of the person; empty when they are content with the order of the configuration."""
        return list(self.kept(person).rules)

    def kept(self, person: str) -> Kept:
        """The rules, and who wrote them."""
        with self._store.read() as conn:
            return self.read(conn, person)

    def kept_of(self, person: str) -> Kept:
        """The same of somebody who is in the configuration. Raises NotFound."""
        self._known(person)
        return self.kept(person)

    def read(self, conn: Connection, person: str) -> Kept:
        """The same within a transaction. A row that cannot be read counts as none: a page leaves all the same."""
        row = next(iter(rules_store.of(conn, [person])), None)
        if row is None:
            return Kept(person=person, rules=(), changed_by=None, changed_at=None)
        return Kept(person=person, rules=_read(row), changed_by=row.changed_by, changed_at=row.changed_at)

    def read_all(self, conn: Connection, people: Sequence[str]) -> dict[str, tuple[Rule, ...]]:
        """Person → rules, for those who have some, in one query."""
        return {row.person: _read(row) for row in rules_store.of(conn, people)}

    def put(self, person: str, rules: Sequence[Rule], by: str) -> Kept:
        """Replaces the rules of a person; none at all brings back the order of the configuration.

        Raises NotFound for who is not in the configuration, and Invalid for rules that make no sense.
        """
        self._known(person)
        self._check(rules)
        now = self._clock.now()

        def job(conn: Connection) -> Kept:
            if rules:
                rules_store.put(conn, person, [each.as_json() for each in rules], by, now)
            else:
                rules_store.remove(conn, person)
            return self.read(conn, person)

        return self._store.write(job)

    def _known(self, person: str) -> None:
        people = self._current().people
        if person not in people:
            raise NotFound(
                sentence(N_("There is no person {person}."), person=person),
                field="person",
                fix=did_you_mean(person, people, "people"),
            )

    def _check(self, rules: Sequence[Rule]) -> None:
        if len(rules) > MOST_RULES:
            raise Invalid(
                sentence(N_("these are more than {most_rules} rules"), most_rules=MOST_RULES),
                field="rules",
                fix=N_("One rule a channel is enough."),
            )
        channels = self._current().channels
        seen: set[str] = set()
        for index, rule in enumerate(rules):
            place = f"rules.{index}"
            if rule.channel not in channels:
                raise Invalid(
                    sentence(N_("there is no channel {channel}"), channel=rule.channel),
                    field=f"{place}.channel",
                    fix=did_you_mean(rule.channel, channels, "channels"),
                )
            if rule.channel in seen:
                raise Invalid(
                    sentence(N_("there are two rules for {channel}"), channel=rule.channel),
                    field=f"{place}.channel",
                    fix=N_("Put both into one: a rule names several severities."),
                )
            seen.add(rule.channel)
            if not 0 <= rule.after_s <= LONGEST_WAIT_S:
                raise Invalid(
                    sentence(
                        N_("a channel waits from 0 to {longest_wait_s} seconds, not {after_s}"),
                        longest_wait_s=LONGEST_WAIT_S,
                        after_s=rule.after_s,
                    ),
                    field=f"{place}.after_s",
                    fix=N_(
                        "A page that waits for longer is for another person: add a step to the escalation."
                    ),
                )
            _check_names(rule.severities, f"{place}.severities")
            _check_quiet(rule.quiet, place)


def _read(row: Row[Any]) -> tuple[Rule, ...]:
    try:
        return tuple(Rule.from_json(each) for each in row.rules)
    except (KeyError, TypeError, ValueError):
        _log.exception("the rules of a person cannot be read", person=row.person)
        return ()


def _check_names(names: Sequence[str], place: str) -> None:
    if any(not (0 < len(each) <= _LONGEST_NAME and each.isprintable()) for each in names):
        raise Invalid(N_("a severity is named as in its policy"), field=place, fix=N_("Such as P1."))


def _check_quiet(hours: Sequence[Quiet], place: str) -> None:
    for index, each in enumerate(hours):
        field = f"{place}.quiet.{index}"
        _check_names(each.severities, f"{field}.severities")
        try:
            checked(each.hours)
        except ValueError as error:
            raise Invalid(str(error), field=f"{field}.hours", fix=N_("Such as 22:00-07:00.")) from None
    if len(hours) > MOST_RULES:
        raise Invalid(
            sentence(N_("these are more than {most_rules} quiet hours"), most_rules=MOST_RULES),
            field=f"{place}.quiet",
            fix=N_("Join some."),
        )
    if quiet.is_endless(hours):
        raise Invalid(
            N_("these quiet hours never end"),
            field=f"{place}.quiet",
            fix=N_("Leave the channel out, or name the severities for which it is used."),
        )
