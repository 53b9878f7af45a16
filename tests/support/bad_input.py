"""The sixty kinds of bad input, and how each protocol is spoken: what stands between them is data.

A source that is added gets a `Format`: its example is the message that is spoilt, `slots` say where in it stand the
things that the rows are about. A row is a number of the table, a title, what is sent and the verdict: `taken`,
`refused` (well formed, not acceptable), `malformed`, a status, or `either` of the first three, where the protocol has
no such thing or no rule for it. Where a protocol has to differ, its format says so under `but`, by the row's title.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.sense.intake import Source

Verdict = str | int
_HERE = "\x02here\x03"
_ENCODED = json.dumps(_HERE)


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one protocol says things, and yes and no. A slot is a path of keys and positions, with dots."""

    kind: str
    taken: int
    refused: int = 422
    example: int = 0
    slots: Mapping[str, str] = field(default_factory=dict[str, str])
    wraps: bool = False
    """Whether a message is a list of what is spoilt."""
    reads: bool = True
    """Whether the body is a document at all."""
    but: Mapping[str, Verdict] = field(default_factory=dict[str, Verdict])

    def statuses(self, title: str, verdict: Verdict) -> set[int]:
        verdict = self.but.get(title, verdict if self.reads or isinstance(verdict, int) else "either")
        if isinstance(verdict, int):
            return {verdict}
        known = {"taken": {self.taken}, "refused": {self.refused}, "malformed": {400}}
        known["large"] = {self.taken, self.refused, 400, 413}
        return known.get(verdict) or {self.taken, self.refused, 400}


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One request, as the rows spoil it."""

    format: Format
    source: Source
    key: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    chunks: tuple[bytes, ...] = ()
    hang: bool = False

    def put(self, slot: str, *raw: str) -> bytes:
        """The body with these raw texts of JSON in the slot; in a field that nobody knows where there is none."""
        if not self.format.reads:
            return raw[0].encode("utf-8", "surrogatepass")
        document = json.loads(self.body)
        path = self.format.slots.get(slot) or ("0." if self.format.wraps else "") + "unexpected"
        here: Any = document
        *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
        for part in way:
            if isinstance(part, str) and not isinstance(here.get(part), dict | list):
                here[part] = {}
            here = here[part]
        here[last] = _HERE
        text = json.dumps(document, ensure_ascii=False)
        return text.replace(_ENCODED, raw[0]).encode("utf-8", "surrogatepass")

    def beside(self, pair: str) -> bytes:
        """The body with one more pair of raw JSON at the end of what holds an alert."""
        if not self.format.reads:
            return pair.encode()
        body = self.body.rstrip()
        cut = 2 if self.format.wraps else 1
        return body[:-cut] + b", " + pair.encode("utf-8", "surrogatepass") + body[-cut:]


FORMATS = (
    Format(
        kind="alertmanager", taken=200, refused=400, wraps=True,
        slots={"labels": "0.labels", "label": "0.labels.x", "annotation": "0.annotations.summary",
               "start": "0.startsAt", "end": "0.endsAt", "url": "0.generatorURL", "name": "0.labels.alertname",
               "severity": "0.labels.severity"},
        but={"4 an object": "malformed", "4 a text": "malformed", "4 null": "malformed", "4 a number": "malformed",
             "28 an epoch": "refused", "28 an epoch in milliseconds": "refused", "28 an epoch in text": "refused"},
    ),
    Format(
        kind="alertmanager_webhook", taken=200,
        slots={"labels": "alerts.0.labels", "label": "alerts.0.labels.x", "annotation": "alerts.0.annotations.summary",
               "start": "alerts.0.startsAt", "end": "alerts.0.endsAt", "url": "alerts.0.generatorURL",
               "name": "alerts.0.labels.alertname", "severity": "alerts.0.labels.severity",
               "status": "alerts.0.status", "list": "alerts"},
    ),
    Format(
        kind="webhook", taken=202,
        slots={"labels": "labels", "label": "labels.x", "annotation": "annotations.summary", "start": "starts_at",
               "end": "ends_at", "url": "url", "name": "name", "severity": "severity", "status": "status",
               "dedup_key": "dedup_key", "value": "value"},
    ),
    Format(
        kind="grafana", taken=200,
        slots={"labels": "alerts.0.labels", "label": "alerts.0.labels.x", "annotation": "alerts.0.annotations.summary",
               "start": "alerts.0.startsAt", "end": "alerts.0.endsAt", "url": "alerts.0.generatorURL",
               "name": "alerts.0.labels.alertname", "severity": "alerts.0.labels.severity",
               "status": "alerts.0.status", "list": "alerts"},
    ),
    Format(
        kind="pagerduty", taken=202, refused=400,
        slots={"label": "payload.custom_details.x", "labels": "payload.custom_details",
               "annotation": "payload.custom_details.note", "start": "payload.timestamp", "url": "client_url",
               "name": "payload.summary", "severity": "payload.severity", "status": "event_action",
               "dedup_key": "dedup_key"},
    ),
    Format(
        kind="opsgenie", taken=202,
        slots={"label": "details.x", "labels": "details", "annotation": "description", "name": "message",
               "severity": "priority", "dedup_key": "alias"},
        but={"2 empty body": "refused"},
    ),
    Format(
        kind="sentry", taken=200,
        slots={"label": "data.event.tags.0.1", "annotation": "data.event.culprit", "start": "data.event.datetime",
               "url": "data.event.web_url", "name": "data.event.title", "severity": "data.event.level"},
        but={"12 a byte order mark": "malformed"},
    ),
    Format(
        kind="uptimerobot", taken=200,
        slots={"annotation": "alertDetails", "start": "alertDateTime", "url": "monitorURL",
               "name": "monitorFriendlyName", "status": "alertType", "dedup_key": "monitorID"},
        but={"2 empty body": "refused", "19 a name with a face": "refused"},
    ),
    Format(
        kind="cloudevents", taken=202,
        slots={"labels": "data.labels", "label": "data.labels.x", "annotation": "data.summary", "start": "time",
               "severity": "data.severity", "name": "type", "value": "data.value"},
    ),
    Format(
        kind="github", taken=202,
        slots={"annotation": "deployment.description", "start": "deployment_status.updated_at",
               "url": "deployment_status.target_url", "name": "repository.full_name",
               "status": "deployment_status.state"},
    ),
    Format(
        kind="gitlab", taken=202,
        slots={"annotation": "commit_title", "start": "status_changed_at", "url": "deployable_url",
               "name": "environment", "status": "status"},
    ),
    Format(
        kind="render", taken=202,
        slots={"start": "timestamp", "name": "data.serviceName", "status": "data.status"},
    ),
    Format(
        kind="statuspage", taken=200,
        slots={"annotation": "component.description", "start": "component_update.created_at",
               "name": "component.name", "status": "component.status"},
    ),
    Format(
        kind="heartbeat", taken=200, reads=False,
        but=dict.fromkeys(("38 no Content-Type", "38 XML", "39 a strange charset", "39 a malformed Content-Type",
                           "40 JSON said to be multipart", "41 a million fields"), "taken"),
    ),
    Format(kind="email", taken=202, reads=False),
    Format(kind="watch", taken=202, slots={"name": "nonce"}),
    Format(kind="measures", taken=202, slots={"start": "at", "value": "measures.users"}),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of bad input. `spoil` makes of a good request the bad one."""

    title: str
    spoil: Callable[[Sending], Sending]
    verdict: Verdict

    @property
    def number(self) -> int:
        return int(self.title.split()[0])


def sending(each: Format, source: Source, key: str) -> Sending:
    """The good request of a format: an example of its source."""
    example = source.examples[each.example]
    headers = {"content-type": source.content_types[0]}
    headers |= {name.lower(): value for name, value in example.headers}
    return Sending(
        format=each, source=source, key=key, method=example.method, path=example.path, query=example.query,
        headers=headers, body=example.body,
    )  # fmt: skip


def _with(request: Sending, **more: Any) -> Sending:
    known = {name: getattr(request, name) for name in request.__dataclass_fields__}
    return Sending(**(known | more))


def body(raw: bytes) -> Callable[[Sending], Sending]:
    return lambda request: _with(request, body=raw)


def slot(name: str, raw: str) -> Callable[[Sending], Sending]:
    return lambda request: _with(request, body=request.put(name, raw))


def beside(pair: str) -> Callable[[Sending], Sending]:
    return lambda request: _with(request, body=request.beside(pair))


def changed(change: Callable[[bytes], bytes]) -> Callable[[Sending], Sending]:
    return lambda request: _with(request, body=change(request.body))


def header(name: str, value: str | None) -> Callable[[Sending], Sending]:
    def spoil(request: Sending) -> Sending:
        headers = {each: told for each, told in request.headers.items() if each != name}
        return _with(request, headers=headers if value is None else headers | {name: value})

    return spoil


def zipped(change: Callable[[bytes], bytes]) -> Callable[[Sending], Sending]:
    return lambda request: header("content-encoding", "gzip")(_with(request, body=change(request.body)))


def _empty_list(request: Sending) -> Sending:
    if "list" in request.format.slots:
        return _with(request, body=request.put("list", "[]"))
    return _with(request, body=b"[]")


def _other_kind(request: Sending) -> Sending:
    """A key of another kind, on a path of this one."""
    return _with(request, key="in_heartbeat" if request.format.kind != "heartbeat" else "in_webhook")


def _far_path(request: Sending) -> Sending:
    return _with(request, path="/" + "a" * 16_000)


def _many(count: int) -> str:
    return "{" + ", ".join(f'"l{number}": "v"' for number in range(count)) + "}"


BIG = "x" * 1_000_000
ROWS = tuple(
    Row(title=title, spoil=spoil, verdict=verdict)
    for title, spoil, verdict in (
        ("1 malformed", changed(lambda good: good[:-2]), "malformed"),
        ("1 not JSON at all", body(b"disk full!"), "malformed"),
        ("2 empty body", body(b""), "malformed"),
        ("3 empty list", _empty_list, "either"),
        ("4 an object", body(b"{}"), "either"),
        ("4 a text", body(b'"DiskFull"'), "refused"),
        ("4 null", body(b"null"), "refused"),
        ("4 a number", body(b"7"), "refused"),
        ("4 a list of lists", body(b"[[]]"), "refused"),
        ("4 labels are a text", slot("labels", '"a"'), "either"),
        ("5 a label is a number", slot("label", "7"), "taken"),
        ("5 a label is true", slot("label", "true"), "taken"),
        ("5 a label is null", slot("label", "null"), "taken"),
        ("5 a label is a list", slot("label", "[1]"), "either"),
        ("5 a label is a map", slot("label", "{}"), "either"),
        ("5 an annotation is a list", slot("annotation", "[1]"), "either"),
        ("6 NaN", slot("label", "NaN"), "malformed"),
        ("6 -Infinity", slot("value", "-Infinity"), "malformed"),
        ("7 1e999", slot("value", "1e999"), "refused"),
        ("7 1e-999", slot("value", "1e-999"), "refused"),
        ("8 5,000 digits", slot("value", "9" * 5_000), "refused"),
        ("8 2^64", slot("value", "18446744073709551616"), "refused"),
        ("9 -0", slot("value", "-0"), "taken"),
        ("9 1.0", slot("value", "1.0"), "taken"),
        ("10 a lone surrogate", slot("annotation", r'"a\ud800"'), "taken"),
        ("11 invalid UTF-8", changed(lambda good: good.replace(b'": "', b'": "\xff', 1)), "malformed"),
        ("12 UTF-16", changed(lambda good: good.decode().encode("utf-16")), "malformed"),
        ("12 UTF-32", changed(lambda good: good.decode().encode("utf-32")), "malformed"),
        ("12 a byte order mark", changed(lambda good: b"\xef\xbb\xbf" + good), "taken"),
        ("13 NUL in a value", slot("annotation", r'"a\u0000b"'), "taken"),
        ("14 ESC and DEL in a value", slot("annotation", r'"\u001b[31m\u007f"'), "taken"),
        ("15 a key twice", beside('"unexpected": 1, "unexpected": 2'), "malformed"),
        ("16 keys that differ by case", beside('"unexpected": 1, "Unexpected": 2'), "taken"),
        ("17 33 deep", slot("unknown", "[" * 33 + "]" * 33), "refused"),
        ("17 100,000 deep", slot("unknown", "[" * 100_000 + "]" * 100_000), "refused"),
        ("17 100,000 deep, open", body(b"[" * 100_000), "refused"),
        ("18 10,000 labels", slot("labels", _many(10_000)), "either"),
        ("19 an empty name of a label", slot("labels", '{"alertname": "A", "": "y"}'), "either"),
        ("19 a name of 4 kB", slot("labels", json.dumps({"alertname": "A", "n" * 4_096: "y"})), "either"),
        ("19 a name with a face", slot("labels", '{"alertname": "A", "disk.use 🙂": "y"}'), "taken"),
        ("20 a value of 400 kB", slot("annotation", f'"{"x" * 400_000}"'), "taken"),
        ("20 a label of 1 MB", slot("label", f'"{BIG}"'), "large"),
        ("21 no labels", slot("labels", "{}"), "either"),
        ("22 empty labels", slot("labels", '{"alertname": ""}'), "either"),
        ("23 no name", slot("name", '""'), "either"),
        ("24 a bad one among good ones", slot("list", "[{}, 7]"), "either"),
        ("25 no start", slot("start", "null"), "either"),
        ("26 Go's zero time", slot("start", '"0001-01-01T00:00:00Z"'), "either"),
        ("27 an end before the start", slot("end", '"1999-01-01T00:00:00Z"'), "taken"),
        ("28 an epoch", slot("start", "1795251600"), "either"),
        ("28 an epoch in milliseconds", slot("start", "1795251600000"), "either"),
        ("28 an epoch in text", slot("start", '"1795251600"'), "either"),
        ("28 a start that is true", slot("start", "true"), "either"),
        ("28 a start that is a map", slot("start", "{}"), "either"),
        ("29 30 February", slot("start", '"2026-02-30T00:00:00Z"'), "either"),
        ("29 an offset of 25 hours", slot("start", '"2026-11-21T10:00:00+25:00"'), "either"),
        ("29 a week date", slot("start", '"2026-W01-1"'), "either"),
        ("30 a leap second", slot("start", '"2016-12-31T23:59:60Z"'), "either"),
        ("31 2038", slot("start", '"2038-01-19T03:14:08Z"'), "either"),
        ("31 the year 10000", slot("start", '"10000-01-01T00:00:00Z"'), "either"),
        ("31 before our era", slot("start", '"-0044-03-15T00:00:00Z"'), "either"),
        ("31 an epoch beyond all years", slot("start", "9" * 18), "either"),
        ("32 nanoseconds", slot("start", '"2026-11-21T10:00:00.123456789Z"'), "either"),
        ("32 no zone, a space", slot("start", '"2026-11-21 10:00:00"'), "either"),
        ("33 an unknown severity", slot("severity", '"wow"'), "taken"),
        ("33 a severity that is a list", slot("severity", "[]"), "either"),
        ("33 an unknown status", slot("status", '"burning"'), "either"),
        ("33 a status that is a map", slot("status", '{"a": 1}'), "either"),
        ("34 a key of 256", slot("dedup_key", f'"{"k" * 256}"'), "either"),
        ("34 an empty key", slot("dedup_key", '""'), "either"),
        ("34 a blank key", slot("dedup_key", '"  "'), "either"),
        ("34 a key that is a list", slot("dedup_key", "[[]]"), "either"),
        ("35 a name of 2,000", slot("name", f'"{"n" * 2_000}"'), "either"),
        ("35 a name that is a list", slot("name", '["a"]'), "either"),
        ("36 direction marks and piles", slot("annotation", json.dumps("\u202egnp.exe" + "\u0301" * 500)), "taken"),
        ("37 faces, astral, noncharacters", slot("annotation", json.dumps("👩‍🚒𝄞\ufffe")), "taken"),
        ("38 no Content-Type", header("content-type", None), 415),
        ("38 XML", header("content-type", "application/xml"), 415),
        ("39 a strange charset", header("content-type", "application/json; charset=utf-7"), 415),
        ("39 a malformed Content-Type", header("content-type", ";;;="), 415),
        ("40 JSON said to be multipart", header("content-type", "multipart/form-data"), 415),
        ("41 a million fields", lambda request: _with(
            header("content-type", "multipart/form-data; boundary=b")(request),
            body=b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" * 10_000), 415),
        ("42 gzip", zipped(gzip.compress), "taken"),
        ("42 gzip that is none", zipped(lambda good: good), "malformed"),
        ("42 gzip that is cut", zipped(lambda good: gzip.compress(good)[:-4]), "malformed"),
        ("42 an unknown encoding", header("content-encoding", "br"), 415),
        ("43 a gzip bomb", zipped(lambda good: gzip.compress(b" " * 100_000_000)), 413),
        ("44 a body too long", lambda request: _with(
            request, body=request.body + b" " * (request.source.limit + 1 - len(request.body))), 413),
        ("44 1 GB, says its length", lambda request: header("content-length", str(10**9))(
            _with(request, body=b"", hang=True)), 413),
        ("45 chunks without end", lambda request: _with(
            request, chunks=tuple([b" " * 65_536] * (request.source.limit // 65_536 + 2))), 413),
        ("47 a slow body", lambda request: _with(request, body=request.body[:5], hang=True), 408),
        ("48 a header of 17 kB", header("x-long", "a" * 17_000), 431),
        ("48 200 headers", lambda request: _with(
            request, headers={**request.headers, **{f"x-{number}": "a" for number in range(200)}}), 431),
        ("49 a URL of 16 kB", _far_path, 404),
        ("49 dots and slashes", lambda request: _with(request, path="/../..//etc"), 404),
        ("49 NUL in the path", lambda request: _with(request, path="/\x00"), 404),
        ("49 a query of 10 kB", lambda request: _with(request, query="a" * 10_000), 400),
        ("50 an unknown verb", lambda request: _with(request, method="BREW"), 405),
        ("50 TRACE", lambda request: _with(request, method="TRACE"), 405),
        ("51 an unknown key", lambda request: _with(request, key="in_nobody"), 401),
        ("52 a key of another kind", _other_kind, 403),
        ("58 a link that is a script", slot("url", '"javascript:alert(1)"'), "taken"),
        ("58 a link of 10 kB", slot("url", f'"http://x/{"a" * 10_000}"'), "taken"),
        ("58 a link that is a list", slot("url", '["a"]'), "either"),
        ("60 a version that we do not know", beside('"version": "5"'), "either"),
        ("60 a count of what was cut", beside('"truncatedAlerts": 7'), "either"),
    )
)  # fmt: skip
