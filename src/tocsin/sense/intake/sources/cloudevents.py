"""Anything that speaks CloudEvents 1.0 (Knative, EventBridge pipes, Argo Events, your own programs).

Send single events in structured or in binary mode, or a batch, to `/in/KEY`:

    curl URL/in/KEY -H 'Content-Type: application/cloudevents+json' -d '{"specversion": "1.0", "id": "1",
      "source": "/shop/db-1", "type": "com.example.disk.full", "subject": "sda1", "time": "2026-11-21T09:00:00Z",
      "data": {"severity": "critical", "summary": "97 % used", "value": 0.97, "labels": {"host": "db-1"}}}'
    curl URL/in/KEY -H 'Content-Type: application/json' -H 'ce-specversion: 1.0' -H 'ce-id: 2' -d '{}'
      -H 'ce-source: /shop/db-1' -H 'ce-type: com.example.disk.ok' -H 'ce-subject: sda1'

    tocsin key create cloudevents --set 'ends={"com.example.disk.ok": "com.example.disk.full"}'
        --set 'changes=["com.example.deploy.*"]'

An event becomes an alert whose name is its type; which alert it is follows from source, type and subject, or from
`dedup_key` in its data. It is over when its type ends on .resolved, .recovered, .cleared, .closed or .ok (it then ends
the alert whose type is the same but for that last word, or for .fired, .triggered, .opened, .failed), when `ends` says
which type it ends, or when its data says `"status": "resolved"`. From the data come `severity`, `service`, `summary`,
`value`, `url`, `labels` and `annotations`; other texts and numbers in it become annotations, so `"error_rate": 0.4` can
be a measure of a policy. The extension attribute `severity` counts where the data has none. Event types that `changes`
names (`*` at the end stands for anything) become changes, known by source and id; their data may say `title`, `state`,
`version`, `environment`, `by`. Events without a `time` are taken in order of arrival. Events that come twice, by source
and id, count once. A batch is taken whole or not at all.

The format: https://github.com/cloudevents/spec, http-protocol-binding.md, json-format.md and spec.md 1.0.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast
from urllib.parse import unquote

from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change, State
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.details import read_dedup_key
from tocsin.sense.intake.document import LINE, Part, document, key_of, one_line, texts
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted
from tocsin.sense.intake.strict_json import read_json

_ONE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_CE = "ce-"
_REQUIRED = ("id", "source", "specversion", "type")
_OVER = ("resolved", "recovered", "cleared", "closed", "ok")
_BEGUN = ("fired", "firing", "triggered", "opened", "failed")
_STATES: dict[str, State] = {
    "started": "started", "running": "started", "succeeded": "succeeded", "success": "succeeded",
    "finished": "succeeded", "completed": "succeeded", "failed": "failed", "failure": "failed",
    "cancelled": "cancelled", "canceled": "cancelled",
}  # fmt: skip
_READ = {"severity", "service", "summary", "value", "url", "labels", "annotations", "status", "dedup_key"}


class CloudEventsSettings(SourceSettings):
    changes: tuple[str, ...] = Field(
        default=(), description="Event types that are changes; * may stand at the end."
    )
    ends: Mapping[str, str] = Field(
        default_factory=dict[str, str],
        description="Event types that end an alert, and the type of that alert.",
    )

    def is_change(self, type_: str) -> bool:
        return any(
            type_.startswith(each[:-1]) if each.endswith("*") else type_ == each for each in self.changes
        )


class CloudEvents(Source):
    title = "CloudEvents"
    paths = ("", "/", "/webhook")
    content_types = (_ONE, _BATCH, "application/json")
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = CloudEventsSettings
    examples = (
        Example(
            title="a disk is full",
            body=b'{"specversion": "1.0", "id": "A234-1234-1234", "source": "/shop/db-1", "subject": "sda1",'
            b' "type": "com.example.disk.full", "time": "2026-11-21T08:31:00Z", "datacontenttype": "application/json",'
            b' "data": {"severity": "critical", "summary": "97 % used", "value": 0.97, "labels": {"host": "db-1"}}}',
            alerts=1,
            path="/",
            headers=(("Content-Type", _ONE),),
        ),
        Example(
            title="a batch of two",
            body=b'[{"specversion": "1.0", "id": "B1", "source": "/shop", "type": "com.example.queue.fired"},'
            b' {"specversion": "1.0", "id": "B2", "source": "/shop", "type": "com.example.workers.resolved"}]',
            alerts=2,
            path="/",
            headers=(("Content-Type", _BATCH),),
        ),
        Example(
            title="one in binary mode",
            body=b'{"summary": "no workers left"}',
            alerts=1,
            path="/",
            headers=(
                ("Content-Type", "application/json"),
                ("ce-specversion", "1.0"),
                ("ce-id", "C1"),
                ("ce-source", "/shop"),
                ("ce-type", "com.example.workers.failed"),
            ),
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, CloudEventsSettings)
        signals: list[Signal] = []
        changes: list[Change] = []
        for event in _events(message):
            _check(event)
            if settings.is_change(event.needed("type", limits.LABEL_VALUE_BYTES)):
                changes.append(_change(event, message))
            else:
                signals.append(_signal(event, settings))
        return Reading(signals=signals, changes=changes)

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)


def _events(message: Message) -> list[Part]:
    """Each event as its attributes with `data` among them, whichever mode it came in."""
    kind = message.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _BATCH:
        value, mended = read_json(message.payload)
        if not isinstance(value, list):
            raise Malformed("a batch is a JSON array", field="body", fix="Send [{…}, …].")
        items = cast("list[Any]", value)
        return [document(each, mended, f"[{at}]") for at, each in enumerate(items)]
    if kind == _ONE:
        value, mended = read_json(message.payload)
        return [document(value, mended)]
    attributes = {
        name.removeprefix(_CE): unquote(each, errors="replace")
        for name, each in message.headers.items()
        if name.startswith(_CE)
    }
    if not attributes:
        fix = f"Send it with Content-Type: {_ONE}, or with the headers ce-id, ce-source, ce-specversion and ce-type."
        raise Invalid("this is no CloudEvent", field="ce-type", fix=fix)
    value, mended = read_json(message.payload) if message.payload else (None, ())
    return [document({**attributes, "data": value}, mended)]


def _check(event: Part) -> None:
    """What the specification asks of every event."""
    for name in _REQUIRED:
        event.needed(name)
    if event.line("specversion") != "1.0":
        fix = "Send events of version 1.0."
        raise Invalid("only version 1.0 is read", field=event.path("specversion"), fix=fix)
    if "data_base64" in event.given:
        fix = "Send the data as JSON in `data`."
        raise Invalid("binary data is not read", field=event.path("data_base64"), fix=fix)


def _data(event: Part) -> Part:
    """The data, where it is an object; anything else is told as `data`."""
    value = event.given.get("data")
    if value is None or isinstance(value, dict):
        return event.maybe("data")
    return Part(
        given={"data": text.scalar(value, event.path("data"))}, where=event.path("data"), flags=event.flags
    )


def _signal(event: Part, settings: CloudEventsSettings) -> Signal:
    data = _data(event)
    type_ = event.needed("type", limits.LABEL_VALUE_BYTES)
    ended = settings.ends.get(type_)
    last = type_.rpartition(".")[2].lower()
    resolved = ended is not None or last in _OVER or data.line("status").lower() == "resolved"
    name = ended or type_
    source, subject = event.needed("source", LINE), event.line("subject")
    at = event.moment("time")
    labels = {
        **text.read_labels(data.given.get("labels") or {}, data.path("labels"), data.flags),
        **texts(
            {
                "alertname": name,
                "source": source,
                "subject": subject,
                "severity": data.line("severity") or event.line("severity"),
                "service": data.line("service") or event.line("service"),
            }
        ),
    }
    given = read_dedup_key(data.given.get("dedup_key"), data.path("dedup_key"))
    value = text.number(data.given.get("value"))
    if data.has("value") and value is None:
        fix = "Leave it out where nothing was measured."
        raise Invalid("must be a number", field=data.path("value"), fix=fix)
    return Signal(
        labels=labels,
        annotations=_annotations(data),
        resolved=resolved,
        starts_at=None if resolved else at,
        ends_at=at if resolved else None,
        value=value,
        url=data.link("url"),
        dedup_key=given or key_of(source, _stem(name), subject),
        flags=tuple(sorted(event.flags)),
    )


def _stem(type_: str) -> str:
    """The type without the word that says how it stands: what fired and what is resolved have it in common."""
    stem, dot, last = type_.rpartition(".")
    return stem if dot and last.lower() in (*_OVER, *_BEGUN) else type_


def _annotations(data: Part) -> dict[str, str]:
    more = _plain(data, _READ)
    told = text.read_annotations(data.given.get("annotations"), data.path("annotations"), data.flags)
    own = text.read_annotations(more, data.where or "data", data.flags)
    return texts({**own, **told, **texts({"summary": data.prose("summary")})})


def _plain(data: Part, but: Iterable[str]) -> dict[str, Any]:
    """What else the data says in texts and numbers."""
    return {
        name: each
        for name, each in data.given.items()
        if name not in but and each is not None and not isinstance(each, dict | list)
    }


def _change(event: Part, message: Message) -> Change:
    data = _data(event)
    type_, source = event.needed("type", limits.LABEL_VALUE_BYTES), event.needed("source")
    told = (data.line("state") or data.line("status") or type_.rpartition(".")[2]).lower()
    title = data.line("title") or data.line("summary") or f"{type_} {event.line('subject')}"
    given = read_dedup_key(data.given.get("dedup_key"), data.path("dedup_key"))
    return Change(
        dedup_key=given or key_of(source, event.needed("id")),
        kind=data.line("kind") or "deploy",
        title=one_line(title, data.flags),
        state=_STATES.get(told, "succeeded"),
        at=event.moment("time") or message.at,
        service=data.line("service") or event.line("service"),
        environment=data.line("environment"),
        version=data.line("version"),
        by=data.line("by"),
        url=data.link("url"),
    )
