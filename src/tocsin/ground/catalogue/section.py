"""Which services, people and teams are there, and how do they hang together?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from pydantic import Field, field_validator

from tocsin.ground.catalogue.entry import Service
from tocsin.ground.catalogue.names import Language, Slug, TimeZone, WebAddress, did_you_mean
from tocsin.ground.catalogue.people import Person, Team
from tocsin.ground.kernel.secret import SecretOrText, reveal
from tocsin.ground.kernel.settings import Problem, Section, Settings

UNASSIGNED = "unassigned"
"""The service of an alert that belongs to none: it has the default policy and escalation."""
_UNASSIGNED = Service(title="Unassigned")


class OutboundSettings(Settings):
    """Where our own requests may go besides public addresses."""

    allow: tuple[str, ...] = Field(
        default=(),
        description='Networks in CIDR form that may be reached too, such as "10.0.0.0/8". Never metadata.',
    )

    @field_validator("allow")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each, strict=False)
            except ValueError:
                raise ValueError(
                    f"{each!r} is not a network; write it like 10.0.0.0/8 or 127.0.0.1"
                ) from None
        return value


class CatalogueSection(Section):
    """Services, people, teams, and what holds for the whole installation."""

    public_url: WebAddress = Field(
        default="http://127.0.0.1:9911",
        description="The address under which people reach Tocsin; in every link.",
    )
    database: SecretOrText | None = Field(
        default=None,
        description="sqlite:///PATH or postgresql://…, or env:DATABASE_URL. Without it: tocsin.db beside this file.",
    )
    language: Language = Field(default="en", description="en or zh_Hant, for who has not chosen.")
    time_zone: TimeZone = Field(
        default="UTC", description="For times on pages and in schedules, such as Asia/Taipei."
    )
    outbound: OutboundSettings = Field(default=OutboundSettings(), description="Limits of our own requests.")
    people: dict[Slug, Person] = Field(default_factory=dict, description="Who can be paged.")
    teams: dict[Slug, Team] = Field(default_factory=dict, description="Who owns what.")
    services: dict[Slug, Service] = Field(default_factory=dict, description="What is looked after.")

    @property
    def database_url(self) -> str | None:
        """The address of the database, revealed. Raises Invalid when its reference leads nowhere."""
        return None if self.database is None else reveal(self.database)

    def service(self, name: str) -> Service:
        """The service of that name; one that is not in the configuration is treated as unassigned."""
        return self.services.get(name, _UNASSIGNED)

    def cross_check(self) -> Iterable[Problem]:
        for name, team in self.teams.items():
            members = {("teams", name, "members", index): each for index, each in enumerate(team.members)}
            lead = {("teams", name, "lead"): team.lead} if team.lead else {}
            for path, person in (members | lead).items():
                if person not in self.people:
                    fix = did_you_mean(person, self.people, "people")
                    yield Problem(path=path, message=f"there is no person {person}", fix=fix)
        for name, person in self.people.items():
            if not person.reachable:
                yield Problem(
                    path=("people", name),
                    message="nobody can page this person",
                    fix="give an email: or a webhook:",
                    level="warning",
                )
        yield from self._services()

    def _services(self) -> Iterator[Problem]:
        for name, service in self.services.items():
            if service.team and service.team not in self.teams:
                fix = did_you_mean(service.team, self.teams, "teams")
                message = f"there is no team {service.team}"
                yield Problem(path=("services", name, "team"), message=message, fix=fix)
            if service.monitor and not service.checks:
                yield Problem(
                    path=("services", name, "monitor"),
                    message="a monitor without checks sees nothing",
                    fix="give the service checks:",
                )
            if name == UNASSIGNED:
                yield Problem(
                    path=("services", name),
                    message=f"{UNASSIGNED} is the name for alerts that belong to no service",
                    fix="choose another name",
                )


def service_of(section: CatalogueSection, labels: Mapping[str, str]) -> tuple[str, Service]:
    """The service that an alert belongs to: by its label `service` (name or title), then by matchers, else none's."""
    wanted = labels.get("service", "").strip().casefold()
    if wanted:
        for name, service in section.services.items():
            if wanted in (name, service.title.casefold()):
                return name, service
    for name, service in section.services.items():
        if any(_matches(each, labels) for each in service.match):
            return name, service
    return UNASSIGNED, _UNASSIGNED


def _matches(matcher: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(matcher) and all(
        fnmatchcase(labels.get(label, ""), wanted) for label, wanted in matcher.items()
    )
