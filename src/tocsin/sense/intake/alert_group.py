"""What does a group of alerts say? The message that Alertmanager's webhook and Grafana's have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Signal
from tocsin.sense.intake import text
from tocsin.sense.intake.prometheus_alert import read_alert
from tocsin.sense.intake.strict_json import read_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouped:
    """One alert of a group: as it was read, its fields for what else a format has, and where it stands."""

    signal: Signal
    given: Mapping[str, Any]
    at: str


def read_group(payload: bytes, version: str) -> Iterator[Grouped]:
    """The alerts of a group, as written in that version of its format; another one is flagged.

    Raises Malformed or Invalid, naming the field.
    """
    value, mended = read_json(payload)
    if not isinstance(value, dict) or not isinstance(value.get("alerts"), list):  # pyright: ignore[reportUnknownMemberType] - decoded JSON
        raise Invalid("a group has a list of alerts", field="alerts", fix='Send {"alerts": […]}.')
    group: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    flags = {*mended, *_remarks(group, version)}
    for number, each in enumerate(group["alerts"]):
        at = f"alerts[{number}]"
        signal, given = read_alert(each, at, flags)
        status = given.get("status")
        if status not in ("firing", "resolved"):
            fix = 'Send "firing" or "resolved".'
            raise Invalid("must be firing or resolved", field=f"{at}.status", fix=fix)
        resolved = status == "resolved"
        signal = replace(signal, resolved=resolved, ends_at=signal.ends_at if resolved else None)
        yield Grouped(signal=signal, given=given, at=at)


def _remarks(group: Mapping[str, Any], known: str) -> Iterator[str]:
    """What is said of the whole message: alerts that the sender left out, a version we have not met."""
    cut = text.number(group.get("truncatedAlerts"))
    if cut and cut > 0:
        yield f"{int(cut)} alerts cut by sender"
    version = text.clean(text.scalar(group.get("version"), "version"))[:20]
    if version != known:
        yield f"written in version {version or 'none'} of the format, read as {known}"
