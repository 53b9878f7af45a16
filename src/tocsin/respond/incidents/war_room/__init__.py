"""Where do they talk about it? A channel for each incident whose level wants one, kept up to date by itself."""

from tocsin.respond.incidents.war_room.section import WarRoomSection, WarRoomSettings
from tocsin.respond.incidents.war_room.store import WarRoom
from tocsin.respond.incidents.war_room.war_rooms import WarRooms

__all__ = ["WarRoom", "WarRoomSection", "WarRoomSettings", "WarRooms"]
