"""What is being looked after, and by whom? Services, people and teams, as configured."""

from tocsin.ground.catalogue.entry import Endpoint, Grouping, Monitor, Service, Target
from tocsin.ground.catalogue.names import Language, Slug, TimeZone, WebAddress, closest, did_you_mean
from tocsin.ground.catalogue.people import Person, Team
from tocsin.ground.catalogue.section import UNASSIGNED, CatalogueSection, OutboundSettings, service_of

__all__ = [
    "UNASSIGNED",
    "CatalogueSection",
    "Endpoint",
    "Grouping",
    "Language",
    "Monitor",
    "OutboundSettings",
    "Person",
    "Service",
    "Slug",
    "Target",
    "Team",
    "TimeZone",
    "WebAddress",
    "closest",
    "did_you_mean",
    "service_of",
]
