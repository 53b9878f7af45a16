"""With whom does chat work? The rooms below, put together once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.act.notify import ChannelSection
from tocsin.act.notify.slack_client import Slack
from tocsin.faces.chat.rooms import Rooms
from tocsin.faces.chat.section import ChatSection
from tocsin.ground.accounts import Accounts
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store

if TYPE_CHECKING:
    from tocsin.learn.reports import Reports
    from tocsin.respond.incidents import Incidents
    from tocsin.respond.incidents.updates import Updates
    from tocsin.respond.oncall import Oncall
    from tocsin.respond.oncall.summon import Summons
    from tocsin.respond.runbooks.library import Library
    from tocsin.respond.runbooks.run import Runs
    from tocsin.sense.severity import PolicySection


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """`access` is how Slack and Tocsin reach each other, `ways` the channels by which pages leave."""

    store: Store
    clock: Clock
    links: Links
    outbound: Outbound
    access: Current[ChatSection]
    ways: Current[ChannelSection]
    catalogue: Current[CatalogueSection]
    policies: Current[PolicySection]
    accounts: Accounts
    incidents: Incidents
    updates: Updates
    oncall: Oncall
    summons: Summons
    runs: Runs
    library: Library
    reports: Reports
    rooms: Rooms

    @property
    def slack(self) -> Slack | None:
        """The workspace, as the app speaks to it; None where there is none."""
        access = self.access().slack
        return Slack(self.outbound, access.bot_token, access.api_url) if access else None
