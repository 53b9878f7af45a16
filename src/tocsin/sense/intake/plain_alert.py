"""What does an alert in our own words say? The JSON that the webhook and the REST API share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Signal
from tocsin.sense.intake import text
from tocsin.sense.intake.details import read_dedup_key
from tocsin.sense.intake.strict_json import read_json

_NAMES = ("name", "alertname", "title")
_TIMES = {"starts_at": ("starts_at", "startsAt"), "ends_at": ("ends_at", "endsAt")}
_URLS = ("url", "generatorURL")
_KNOWN = {
    *_NAMES, *_URLS, *(each for names in _TIMES.values() for each in names),
    "labels", "annotations", "status", "dedup_key", "value", "service", "severity",
}  # fmt: skip
_NAME_BYTES = 256


def read_plain(payload: bytes) -> list[Signal]:
    """The alerts of one object or of a list of them. Raises Malformed or Invalid, naming the field."""
    value, flags = read_json(payload)
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        return [read_item(each, f"[{at}]", flags) for at, each in enumerate(items)]
    return [read_item(value, "", flags)]


def read_item(value: Any, where: str, mended: Collection[str]) -> Signal:
    """The alert of one object, which stands at `where` in the body. Raises Invalid, naming the field."""
    if not isinstance(value, dict):
        raise Invalid("an alert is a JSON object", field=where or "body", fix='Send {"name": "…"}.')
    given: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    at = f"{where}." if where else ""
    flags = set(mended)
    labels = text.read_labels(given.get("labels") or {}, f"{at}labels", flags)
    annotations = text.read_annotations(given.get("annotations"), f"{at}annotations", flags)
    for name, each in given.items():
        if name not in _KNOWN and not isinstance(each, dict | list):
            annotations.setdefault(
                name, text.read_annotations({name: each}, at.rstrip(".") or "body", flags)[name]
            )
    labels.update(text.read_labels(_named(given, ("service", "severity")), at.rstrip(".") or "body", flags))
    _name(given, at, labels, annotations, flags)
    measured = given.get("value", annotations.get("value"))
    if measured is not None and text.number(measured) is None:
        raise Invalid("must be a number", field=f"{at}value", fix="Leave it out where nothing was measured.")
    return Signal(
        labels=labels,
        annotations=annotations,
        resolved=_status(given.get("status"), at) == "resolved",
        starts_at=_time(given, "starts_at", at, flags),
        ends_at=_time(given, "ends_at", at, flags),
        value=text.number(measured),
        url=next((text.link(given[each], f"{at}{each}", flags) for each in _URLS if given.get(each)), ""),
        dedup_key=read_dedup_key(given.get("dedup_key"), f"{at}dedup_key"),
        flags=tuple(sorted(flags)),
    )


def _named(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def _name(
    given: Mapping[str, Any], at: str, labels: dict[str, str], annotations: dict[str, str], flags: set[str]
) -> None:
    """Puts the name among the labels; one too long for a label stands whole in the annotation `title`."""
    whole = next((text.scalar(given[each], f"{at}{each}") for each in _NAMES if given.get(each)), "")
    whole = " ".join(text.long_text(whole, flags).split())
    if whole:
        labels["alertname"] = text.long_text(whole, flags, _NAME_BYTES)
        if labels["alertname"] != whole:
            annotations.setdefault("title", whole)
    if not labels.get("alertname"):
        raise Invalid("an alert needs a name", field=f"{at}name", fix='Send {"name": "DiskFull"}.')


def _status(value: Any, at: str) -> str:
    status = "firing" if value is None else text.scalar(value, f"{at}status").strip().lower()
    if status not in ("firing", "resolved"):
        fix = 'Send "firing" or "resolved"; without it the alert fires.'
        raise Invalid("must be firing or resolved", field=f"{at}status", fix=fix)
    return status


def _time(given: Mapping[str, Any], name: str, at: str, flags: set[str]) -> Any:
    for spelling in _TIMES[name]:
        if given.get(spelling) is not None:
            return text.moment(given[spelling], f"{at}{spelling}", flags, epochs=True)
    return None
