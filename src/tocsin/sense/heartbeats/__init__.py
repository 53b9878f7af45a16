"""Did the job run? Heartbeats: who has to report, when they last did, and the alert when they do not."""

from tocsin.sense.heartbeats.heartbeat import Heartbeat, Ping, Pinged
from tocsin.sense.heartbeats.heartbeats import HEARTBEATS, TOPIC, Heartbeats
from tocsin.sense.heartbeats.schedule import Schedule
from tocsin.sense.heartbeats.section import HeartbeatSection

__all__ = ["HEARTBEATS", "TOPIC", "Heartbeat", "HeartbeatSection", "Heartbeats", "Ping", "Pinged", "Schedule"]
