"""Which lines of the timeline are told as they happen, and with which sign? The rest stands in the whole timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A sign, a style and the sentence of the timeline."""

    sign: str
    text: str
    style: str = ""


_SIGNS = {
    "incident.opened": ("▲", "bold red"),
    "incident.reopened": ("▲", "bold red"),
    "severity.decided": ("·", ""),
    "escalation.step": ("·", ""),
    "page.sent": ("·", ""),
    "page.failed": ("✕", "yellow"),
    "incident.acknowledged": ("✓", ""),
    "clock.warned": ("◔", "yellow"),
    "clock.missed": ("✕", "red"),
    "run.offered": ("·", ""),
    "run.started": ("◐", "bold"),
    "run.step.finished": ("·", ""),
    "run.step.unknown": ("✕", "yellow"),
    "run.rung.started": ("◐", "bold"),
    "run.rung.finished": ("✓", ""),
    "run.option.started": ("◐", "bold"),
    "run.option.finished": ("✓", ""),
    "run.approval.asked": ("?", "yellow"),
    "run.approval.given": ("✓", ""),
    "run.approval.denied": ("✕", "red"),
    "run.verified": ("✓", "green"),
    "run.finished": ("✓", "bold"),
    "alert.resolved": ("✓", ""),
    "alert.fired": ("▲", "yellow"),
    "incident.mitigated": ("✓", "green"),
    "soak.round": ("·", ""),
    "soak.failed": ("✕", "yellow"),
    "incident.resolved": ("✓", "bold green"),
    "report.drafted": ("✓", ""),
}
_FAILED = ("✕", "yellow")


def moment_of(line: dict[str, Any]) -> Moment | None:
    """The moment that a line of the timeline is; None when it is not told live."""
    kind, data = line["kind"], line["data"]
    if kind not in _SIGNS or (kind == "run.step.finished" and in_round(data)):
        return None
    sign, style = _SIGNS[kind]
    if not went_well(kind, data):
        sign, style = _FAILED
    return Moment(sign=sign, style=style, text=_in_short(kind, data) or line["sentence"])


def _in_short(kind: str, data: dict[str, Any]) -> str:
    """What would fill half a screen, in a line; the timeline at the end has it in full."""
    match kind:
        case "soak.round":
            return f"Watch round {data['n']} of {data['of']} passed"
        case "run.verified":
            first = str(data.get("why") or "").partition(";")[0]
            told = f"Verification: {data['passed']} of {data['of']} readers are served"
            return told if went_well(kind, data) else f"{told}. {first}"
        case "run.rung.finished":
            return f"{data['title']}: {'it helped' if data['ok'] else 'it did not help'}"
        case _:
            return ""


def in_round(data: dict[str, Any]) -> bool:
    """Is this step one of a verification round? The round is told as one."""
    return "." in str(data.get("step", ""))


def went_well(kind: str, data: dict[str, Any]) -> bool:
    """What the line itself says about it."""
    if kind == "run.verified":
        return data.get("passed") == data.get("of")
    if kind == "run.finished":
        return data.get("outcome") == "succeeded"
    return data.get("ok") is not False
