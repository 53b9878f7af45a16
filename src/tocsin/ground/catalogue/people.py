"""Who is there? People and the teams they form."""

from __future__ import annotations

from pydantic import Field

from tocsin.ground.catalogue.names import Language, MailAddress, Phone, Slug, TimeZone, WebAddress
from tocsin.ground.kernel.settings import Settings


class Person(Settings):
    """Somebody who can be paged."""

    name: str = Field(min_length=1, max_length=200, description="As others call them: Mei-Ling Chen.")
    email: MailAddress | None = Field(default=None, description="Where e-mail goes.")
    webhook: WebAddress | None = Field(default=None, description="Where messages are POSTed for this person.")
    phone: Phone | None = Field(
        default=None, description="With the country in front, such as +886912345678: for texts and calls."
    )
    addresses: dict[str, str] = Field(
        default_factory=dict,
        description="Where other channels reach this person, by kind of channel: slack: U012AB3CD.",
    )
    language: Language | None = Field(
        default=None, description="en or zh_Hant; without it that of the installation."
    )
    time_zone: TimeZone | None = Field(default=None, description="Such as Asia/Taipei.")
    title: str = Field(default="", description="What they do: DBA, tech lead.")
    channels: tuple[str, ...] = Field(
        default=(),
        description="Names under channels:, the most wanted first. Empty: every channel that reaches them.",
    )

    @property
    def reachable(self) -> bool:
        """Whether there is any address to page."""
        return bool(self.email or self.webhook or self.phone or self.addresses)


class Team(Settings):
    """A team owns services; it does not hide them."""

    title: str = Field(default="", description="As it is called: Backend.")
    members: tuple[Slug, ...] = Field(default=(), description="Names under people:.")
    lead: Slug | None = Field(default=None, description="One of people:, asked after the members.")
