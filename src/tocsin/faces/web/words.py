"""Which shape, colour and word does a status have? Each status in one place, so that it looks the same on every page.

A status is never said by colour alone: ▲ critical, ◆ major, ● minor, ✓ done, ✕ failed, ◐ under way, ◔ watched.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.ground.i18n import N_
from tocsin.respond.incidents import CLOCK_TITLES, ROLE_TITLES


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """`tone` is a class of the style sheet: crit, warn, ok, info or plain."""

    shape: str
    tone: str
    text: str


URGENCIES = {
    "critical": Mark(shape="▲", tone="crit", text=N_("critical")),
    "high": Mark(shape="◆", tone="warn", text=N_("major")),
    "medium": Mark(shape="●", tone="info", text=N_("minor")),
    "low": Mark(shape="●", tone="plain", text=N_("low")),
}

OVERALL = {
    "operational": Mark(shape="✓", tone="ok", text=N_("Operational")),
    "degraded": Mark(shape="◆", tone="warn", text=N_("Degraded")),
    "critical": Mark(shape="▲", tone="crit", text=N_("Critical")),
}

INCIDENT = {
    "triggered": Mark(shape="▲", tone="crit", text=N_("Nobody has it yet")),
    "acknowledged": Mark(shape="◐", tone="warn", text=N_("Being worked on")),
    "mitigated": Mark(shape="◔", tone="ok", text=N_("Being watched")),
    "resolved": Mark(shape="✓", tone="ok", text=N_("Resolved")),
    "closed": Mark(shape="✓", tone="plain", text=N_("Closed")),
}

ALERT = {
    "firing": Mark(shape="▲", tone="crit", text=N_("firing")),
    "resolved": Mark(shape="✓", tone="ok", text=N_("cleared")),
}

_SENT = {
    "crit": ("critical", "crit", "fatal", "emergency", "disaster", "page", "p0", "sev0"),
    "warn": ("major", "high", "error", "warning", "warn", "average", "p1", "p2", "sev1", "sev2"),
    "info": ("minor", "medium", "low", "info", "information", "notice", "none", "p3", "p4", "sev3"),
}
_SENT_SHAPES = {"crit": "▲", "warn": "◆", "info": "●"}


def mark_of_alert(state: str, severity: str) -> Mark:
    """The mark of an alert: while it fires, how bad its sender called it, in the sender's own word."""
    known_as = severity.casefold()
    for tone, words in _SENT.items():
        if state == "firing" and known_as in words:
            return Mark(shape=_SENT_SHAPES[tone], tone=tone, text=severity)
    return known(ALERT, state)


CHANGE = {
    "started": Mark(shape="◐", tone="info", text=N_("under way")),
    "succeeded": Mark(shape="✓", tone="plain", text=N_("done")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "cancelled": Mark(shape="–", tone="plain", text=N_("cancelled")),
}

SILENCE = {
    "active": Mark(shape="◔", tone="info", text=N_("in force")),
    "pending": Mark(shape="○", tone="plain", text=N_("not begun")),
    "expired": Mark(shape="–", tone="plain", text=N_("over")),
}
WINDOW = {
    "active": Mark(shape="◔", tone="info", text=N_("under way")),
    "planned": Mark(shape="○", tone="plain", text=N_("planned")),
    "over": Mark(shape="–", tone="plain", text=N_("over")),
}
ACTS = {"created": N_("made it"), "changed": N_("changed it"), "ended": N_("ended it")}

_STEPS = {
    "received.fired": ("▲", "crit"),
    "received.again": ("▲", "crit"),
    "received.resolved": ("✓", "ok"),
    "page.paged": ("◐", "warn"),
    "page.nobody": ("✕", "crit"),
    "incident.failed": ("✕", "crit"),
    "incident.acknowledged": ("✓", "ok"),
    "incident.watched": ("◔", "ok"),
}
_HELD = ("silence", "maintenance", "inhibition", "flapping", "storm")


def mark_of_step(stage: str, verdict: str) -> Mark:
    """The mark of a step of the way from an alert to a page; its sentence says the rest."""
    if stage in _HELD and verdict != "calm":
        return Mark(shape="◔", tone="info", text="")
    shape, tone = _STEPS.get(f"{stage}.{verdict}", ("·", "plain"))
    return Mark(shape=shape, tone=tone, text="")


HEARTBEAT = {
    "new": Mark(shape="○", tone="plain", text=N_("never heard")),
    "up": Mark(shape="✓", tone="ok", text=N_("on time")),
    "started": Mark(shape="◐", tone="info", text=N_("running")),
    "late": Mark(shape="◆", tone="warn", text=N_("late")),
    "down": Mark(shape="✕", tone="crit", text=N_("down")),
    "paused": Mark(shape="–", tone="plain", text=N_("not watched")),
}
MONITOR = {
    "well": Mark(shape="✓", tone="ok", text=N_("within bounds")),
    "waiting": Mark(shape="◐", tone="info", text=N_("just out of bounds")),
    "breached": Mark(shape="▲", tone="crit", text=N_("out of bounds")),
    "blind": Mark(shape="◆", tone="warn", text=N_("not measured")),
    "new": Mark(shape="○", tone="plain", text=N_("no value yet")),
}
ROUND = {
    True: Mark(shape="✓", tone="ok", text=N_("all pass")),
    False: Mark(shape="✕", tone="crit", text=N_("failing")),
}
TROUBLE = {
    "missing": N_("did not report in time"),
    "failed": N_("said that it failed"),
    "overrun": N_("began and did not end in time"),
}
PING = {
    "success": Mark(shape="✓", tone="ok", text=N_("well")),
    "start": Mark(shape="◐", tone="info", text=N_("began")),
    "fail": Mark(shape="✕", tone="crit", text=N_("failed")),
    "log": Mark(shape="●", tone="plain", text=N_("noted")),
}

FALSE_ALARM = Mark(shape="–", tone="plain", text=N_("false alarm"))

REALITY = {
    "confirmed": Mark(shape="▲", tone="crit", text=""),
    "partly": Mark(shape="◆", tone="warn", text=""),
    "not_confirmed": Mark(shape="✓", tone="ok", text=""),
    "unknown": Mark(shape="?", tone="soft", text=""),
}

LOOKS = {
    True: Mark(shape="✓", tone="ok", text=N_("well")),
    False: Mark(shape="✕", tone="crit", text=N_("failed")),
}

WAYS = {"edge": N_("public"), "origin": N_("direct"), "check": N_("check")}

NOISE = {
    "loud": Mark(shape="◆", tone="warn", text=N_("loud")),
    "bearable": Mark(shape="●", tone="plain", text=N_("bearable")),
    "quiet": Mark(shape="✓", tone="ok", text=N_("quiet")),
}

RUN = {
    "wanted": Mark(shape="◐", tone="info", text=N_("about to start")),
    "running": Mark(shape="◐", tone="info", text=N_("running")),
    "waiting": Mark(shape="◆", tone="warn", text=N_("waits for you")),
    "paused": Mark(shape="◔", tone="warn", text=N_("paused")),
    "succeeded": Mark(shape="✓", tone="ok", text=N_("succeeded")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "cancelled": Mark(shape="✕", tone="plain", text=N_("cancelled")),
    "planned": Mark(shape="✓", tone="plain", text=N_("planned")),
}

MODES = {
    "guided": N_("guided"),
    "automatic": N_("automatic"),
    "plan": N_("plan only"),
    "drill:read-through": N_("drill, read through"),
    "drill:checks": N_("drill, only checks"),
    "drill:simulated": N_("drill, simulated"),
}

STEP = {
    "todo": Mark(shape="○", tone="plain", text=N_("not yet")),
    "under way": Mark(shape="◐", tone="info", text=N_("under way")),
    "done": Mark(shape="✓", tone="ok", text=N_("done")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "skipped": Mark(shape="–", tone="plain", text=N_("skipped")),
    "broken off": Mark(shape="–", tone="plain", text=N_("broken off")),
    "unknown": Mark(shape="?", tone="warn", text=N_("unknown how it ended")),
    "asks": Mark(shape="◆", tone="warn", text=N_("waits for you")),
}

LEVELS = {
    "read": Mark(shape="●", tone="plain", text=N_("only looks")),
    "change": Mark(shape="◆", tone="warn", text=N_("changes something")),
    "destroy": Mark(shape="▲", tone="crit", text=N_("destroys something")),
}

KINDS = {
    "bash": N_("command"),
    "sql": N_("SQL"),
    "http": N_("request"),
    "redis": N_("Redis"),
    "action": N_("action"),
    "manual": N_("by hand"),
    "checks": N_("checks"),
    "reference": N_("to read"),
}

SHELF = {
    "due": Mark(shape="◔", tone="warn", text=N_("review due")),
    "broken": Mark(shape="✕", tone="crit", text=N_("broken")),
    "unproven": Mark(shape="○", tone="plain", text=N_("unproven")),
}

FINDING = {
    "error": Mark(shape="✕", tone="crit", text=N_("error")),
    "warning": Mark(shape="◆", tone="warn", text=N_("warning")),
    "note": Mark(shape="●", tone="plain", text=N_("note")),
}

COUNTED = {
    "read": N_("{n} only look"),
    "change": N_("{n} change something"),
    "destroy": N_("{n} destroy something"),
    "error": N_("{n} errors"),
    "warning": N_("{n} warnings"),
    "note": N_("{n} notes"),
    "step": N_("{n} steps"),
    "runbook": N_("{n} runbooks"),
}
ONE = {
    "read": N_("1 only looks"),
    "change": N_("1 changes something"),
    "destroy": N_("1 destroys something"),
    "error": N_("1 error"),
    "warning": N_("1 warning"),
    "note": N_("1 note"),
    "step": N_("1 step"),
    "runbook": N_("1 runbook"),
}

FENCES = {
    "sample": N_("sample output"),
    "template": N_("template"),
    "reference": N_("to read, not to run"),
}

DOCUMENTS = {
    "incident": N_("runbook"),
    "procedure": N_("procedure"),
    "template": N_("template"),
    "index": N_("index"),
    "policy": N_("policy"),
}

INPUTS = {
    "ip": N_("IP address"),
    "host": N_("host name"),
    "url": N_("address"),
    "token": N_("token"),
    "path": N_("path"),
    "number": N_("number"),
    "text": N_("text"),
}

STARTS = {
    "automatic": N_("starts by itself when an alert fits"),
    "suggest": N_("offered when an alert fits"),
    "manual": N_("started by hand"),
}

CLOCKS, ROLES = CLOCK_TITLES, ROLE_TITLES

DELIVERY = {
    "waiting": Mark(shape="◔", tone="plain", text=N_("waits")),
    "claimed": Mark(shape="◐", tone="info", text=N_("being sent")),
    "sent": Mark(shape="✓", tone="ok", text=N_("sent")),
    "delivered": Mark(shape="✓", tone="ok", text=N_("arrived")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "cancelled": Mark(shape="–", tone="plain", text=N_("cancelled")),
}

_TONES = {
    "page.failed": "crit",
    "clock.missed": "crit",
    "clock.warned": "warn",
    "soak.failed": "crit",
    "incident.opened": "crit",
    "incident.declared": "crit",
    "incident.reopened": "crit",
    "incident.mitigated": "ok",
    "incident.resolved": "ok",
    "alert.fired": "crit",
    "alert.false_alarm": "ok",
    "alert.resolved": "ok",
    "escalation.exhausted": "crit",
    "escalation.nobody": "crit",
    "acknowledgement.expired": "warn",
    "run.approval.asked": "warn",
    "run.step.unknown": "warn",
    "run.verified": "ok",
}


_SHAPES = {"crit": "▲", "warn": "◆", "ok": "✓"}


def mark_of_event(kind: str, ok: object = None) -> Mark | None:
    """The mark of a line of the timeline; what neither cures nor hurts has none.

    It has a word only where the sentence does not say it: that something has failed.
    """
    if ok is False:
        return STEP["failed"]
    tone = _TONES.get(kind)
    return Mark(shape=_SHAPES[tone], tone=tone, text="") if tone else None


def known(table: dict[str, Mark], name: str) -> Mark:
    """The mark of a status; one that this page does not know is shown by its own name."""
    return table.get(name) or Mark(shape="●", tone="plain", text=name)
