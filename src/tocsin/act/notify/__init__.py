"""How are people reached? Channels, and a delivery that can be proven."""

from tocsin.act.notify.channel import Channel, ChannelSettings, DeliveryFailed
from tocsin.act.notify.delivery import Deliveries, Route
from tocsin.act.notify.digest import digest_item
from tocsin.act.notify.leaving import lateness
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.section import ChannelSection, Directory, Person
from tocsin.act.notify.store import Delivery, get, of_incident, of_person

__all__ = [
    "Channel",
    "ChannelSection",
    "ChannelSettings",
    "Deliveries",
    "Delivery",
    "DeliveryFailed",
    "Directory",
    "Message",
    "Person",
    "Route",
    "digest_item",
    "get",
    "lateness",
    "of_incident",
    "of_person",
    "one_line",
]
