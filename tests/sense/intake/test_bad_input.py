"""Sixty kinds of bad input, each with the verdict that every format must give in its own words.

A verdict is `taken`, `refused` (well formed, but not acceptable: 422, or 400 where the protocol knows no other),
`malformed` (400) or a status. Rows about headers, methods, sizes, keys and failing stores stand in `test_receive.py`,
more about times in `test_times.py`, about numbers and depth in `test_strict_json.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

BIG = "x" * 1_000_000


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one protocol says things, and how it says yes and no."""

    kind: str
    taken: int
    refused: int
    wrap: Callable[[str], str]
    name: Callable[[str], str]
    start: str
    end: str
    url: str

    def alert(self, *fields: str, labels: str = '{"alertname": "DiskFull", "instance": "a"}') -> bytes:
        parts = [f'"labels": {labels}', *fields]
        if self.kind == "webhook":
            parts.insert(0, '"name": "DiskFull"')
        if self.kind == "alertmanager_webhook" and not any(each.startswith('"status"') for each in fields):
            parts.append('"status": "firing"')
        return self.wrap("{" + ", ".join(parts) + "}").encode("utf-8", "surrogatepass")

    def status(self, verdict: str | int) -> int:
        if isinstance(verdict, int):
            return verdict
        return {"taken": self.taken, "refused": self.refused, "malformed": 400}[verdict]


FORMATS = (
    Format(
        kind="alertmanager", taken=200, refused=400, start="startsAt", end="endsAt", url="generatorURL",
        wrap=lambda alert: f"[{alert}]", name=lambda value: f'"labels": {{"alertname": {value}}}',
    ),
    Format(
        kind="alertmanager_webhook", taken=200, refused=422, start="startsAt", end="endsAt", url="generatorURL",
        wrap=lambda alert: f'{{"version": "4", "alerts": [{alert}]}}',
        name=lambda value: f'"labels": {{"alertname": {value}}}',
    ),
    Format(
        kind="webhook", taken=202, refused=422, start="starts_at", end="ends_at", url="url",
        wrap=lambda alert: alert, name=lambda value: f'"name": {value}',
    ),
)  # fmt: skip


def label(value: str) -> Callable[[Format], bytes]:
    return lambda each: each.alert(labels=f'{{"alertname": "DiskFull", "x": {value}}}')


def labelled(name: str) -> Callable[[Format], bytes]:
    return lambda each: each.alert(labels=f'{{"alertname": "DiskFull", {json.dumps(name)}: "y"}}')


def annotation(value: str) -> Callable[[Format], bytes]:
    return lambda each: each.alert(f'"annotations": {{"summary": {value}}}')


def start(value: str) -> Callable[[Format], bytes]:
    return lambda each: each.alert(f'"{each.start}": {value}')


def raw(body: bytes) -> Callable[[Format], bytes]:
    return lambda each: body


def many_labels(count: int) -> Callable[[Format], bytes]:
    names = ", ".join(f'"l{each}": "v"' for each in range(count - 1))
    return lambda each: each.alert(labels='{"alertname": "DiskFull"' + (f", {names}" if names else "") + "}")


def empty(each: Format) -> bytes:
    return b'{"version": "4", "alerts": []}' if each.kind == "alertmanager_webhook" else b"[]"


Verdict = str | int | dict[str, str | int]
TABLE: tuple[tuple[str, Callable[[Format], bytes], Verdict], ...] = (
    ("1 malformed", raw(b'{"name": '), "malformed"),
    ("1 not JSON at all", raw(b"disk full!"), "malformed"),
    ("2 empty body", raw(b""), "malformed"),
    ("3 empty list", empty, "taken"),
    ("4 object for list, list for object", raw(b'{"labels": {"alertname": "X"}}'),
     {"alertmanager": "malformed", "alertmanager_webhook": "refused", "webhook": "taken"}),
    ("4 a text", raw(b'"DiskFull"'), {"alertmanager": "malformed", "*": "refused"}),
    ("4 null", raw(b"null"), {"alertmanager": "malformed", "*": "refused"}),
    ("4 a number", raw(b"7"), {"alertmanager": "malformed", "*": "refused"}),
    ("4 list of lists", lambda each: each.wrap("[]").encode(), {"webhook": "taken", "*": "refused"}),
    ("4 labels are a list", lambda each: each.alert(labels='["a"]'), "refused"),
    ("4 labels are a text", lambda each: each.alert(labels='"a"'), "refused"),
    ("4 annotations are a list", lambda each: each.alert('"annotations": ["a"]'), "refused"),
    ("5 label is a number", label("7"), "taken"),
    ("5 label is a fraction", label("0.5"), "taken"),
    ("5 label is true", label("true"), "taken"),
    ("5 label is null", label("null"), "taken"),
    ("5 label is a list", label("[1]"), "refused"),
    ("5 label is a map", label("{}"), "refused"),
    ("5 annotation is a list", annotation("[1]"), "refused"),
    ("6 NaN", label("NaN"), "malformed"),
    ("6 Infinity", annotation("Infinity"), "malformed"),
    ("6 -Infinity", lambda each: each.alert('"value": -Infinity'), "malformed"),
    ("7 1e999", lambda each: each.alert('"value": 1e999'), "refused"),
    ("7 1e-999", lambda each: each.alert('"value": 1e-999'), "refused"),
    ("8 5,000 digits", lambda each: each.alert(f'"value": {"9" * 5_000}'), "refused"),
    ("8 2^64", lambda each: each.alert('"value": 18446744073709551616'), "refused"),
    ("9 -0", lambda each: each.alert('"value": -0'), "taken"),
    ("9 1.0", lambda each: each.alert('"value": 1.0'), "taken"),
    ("10 lone surrogate", label(r'"a\ud800"'), "taken"),
    ("11 invalid UTF-8", lambda each: each.alert().replace(b"instance", b"inst\xff"), "malformed"),
    ("12 UTF-16", lambda each: each.alert().decode().encode("utf-16"), "malformed"),
    ("12 UTF-32", lambda each: each.alert().decode().encode("utf-32"), "malformed"),
    ("12 byte order mark", lambda each: b"\xef\xbb\xbf" + each.alert(), "taken"),
    ("13 NUL in a value", label(r'"a\u0000b"'), "taken"),
    ("13 NUL in a name", labelled("a\0b"), "refused"),
    ("14 ESC in a value", label(r'"\u001b[31m"'), "taken"),
    ("15 a label twice", lambda each: each.alert(labels='{"alertname": "A", "alertname": "B"}'), "malformed"),
    ("16 keys that differ by case", lambda each: each.alert('"Labels": {"alertname": "Y"}'), "taken"),
    ("17 33 deep", lambda each: each.alert(f'"x": {"[" * 33}{"]" * 33}'), "refused"),
    ("17 100,000 deep", lambda each: each.alert(f'"x": {"[" * 100_000}{"]" * 100_000}'), "refused"),
    ("17 100,000 deep, open", raw(b"[" * 100_000), "refused"),
    ("18 199 labels", many_labels(199), "taken"),
    ("18 200 labels", many_labels(200), "taken"),
    ("18 201 labels", many_labels(201), "refused"),
    ("18 10,000 labels", many_labels(10_000), "refused"),
    ("19 empty label name", labelled(""), "refused"),
    ("19 label name of 256 bytes", labelled("n" * 256), "taken"),
    ("19 label name of 257 bytes", labelled("n" * 257), "refused"),
    ("19 label name of 4 kB", labelled("n" * 4_096), "refused"),
    ("19 spaces, dots and a face", labelled("disk.use of 🙂"), "taken"),
    ("19 a line break in a name", labelled("a\nb"), "refused"),
    ("20 label value of 1,024 bytes", label(f'"{"x" * 1_024}"'), "taken"),
    ("20 label value of 1,025 bytes", label(f'"{"x" * 1_025}"'), "refused"),
    ("20 label value of 1,026 bytes in 342 characters", label(f'"{"值" * 342}"'), "refused"),
    ("20 label value of 1 MB", label(f'"{BIG}"'), {"webhook": 413, "*": "refused"}),
    ("20 annotation of 400 kB", annotation(f'"{"x" * 400_000}"'), "taken"),
    ("21 no labels", lambda each: each.wrap("{}").encode(), "refused"),
    ("21 labels null", lambda each: each.alert(labels="null"), {"webhook": "taken", "*": "refused"}),
    ("22 all labels empty", lambda each: each.alert(labels='{"alertname": ""}'), {"webhook": "taken", "*": "refused"}),
    ("23 no alertname", lambda each: each.alert(labels='{"instance": "a"}'), "taken"),
    ("25 no start", lambda each: each.alert(), "taken"),
    ("26 Go's zero time", start('"0001-01-01T00:00:00Z"'), "taken"),
    ("27 end before start", lambda each: each.alert(
        f'"{each.start}": "2026-11-21T10:00:00Z"', f'"{each.end}": "2026-11-21T09:00:00Z"'), "taken"),
    ("28 an epoch", start("1795251600"), {"webhook": "taken", "*": "refused"}),
    ("28 an epoch in milliseconds", start("1795251600000"), {"webhook": "taken", "*": "refused"}),
    ("28 an epoch in text", start('"1795251600"'), {"webhook": "taken", "*": "refused"}),
    ("28 a start that is true", start("true"), "refused"),
    ("28 a start that is a map", start("{}"), "refused"),
    ("29 30 February", start('"2026-02-30T00:00:00Z"'), "refused"),
    ("29 hour 24", start('"2026-11-21T24:00:00Z"'), "refused"),
    ("29 an offset of 25 hours", start('"2026-11-21T10:00:00+25:00"'), "refused"),
    ("29 a week date", start('"2026-W01-1"'), "refused"),
    ("30 leap second", start('"2016-12-31T23:59:60Z"'), "taken"),
    ("31 2038", start('"2038-01-19T03:14:08Z"'), "taken"),
    ("31 year 9999", start('"9999-12-31T23:59:59Z"'), "taken"),
    ("31 year 10000", start('"10000-01-01T00:00:00Z"'), "taken"),
    ("31 before our era", start('"-0044-03-15T00:00:00Z"'), "taken"),
    ("32 nanoseconds", start('"2026-11-21T10:00:00.123456789Z"'), "taken"),
    ("32 no zone, a space", start('"2026-11-21 10:00:00"'), "taken"),
    ("33 unknown severity", lambda each: each.alert(labels='{"alertname": "DiskFull", "severity": "wow"}'), "taken"),
    ("33 unknown status", lambda each: each.alert('"status": "burning"'), {"alertmanager": "taken", "*": "refused"}),
    ("33 status is a list", lambda each: each.alert('"status": []'), {"alertmanager": "taken", "*": "refused"}),
    ("34 key of 255", lambda each: each.alert(f'"dedup_key": "{"k" * 255}"'), "taken"),
    ("34 key of 256", lambda each: each.alert(f'"dedup_key": "{"k" * 256}"'), {"webhook": "refused", "*": "taken"}),
    ("34 empty key", lambda each: each.alert('"dedup_key": ""'), {"webhook": "refused", "*": "taken"}),
    ("34 blank key", lambda each: each.alert('"dedup_key": "  "'), {"webhook": "refused", "*": "taken"}),
    ("36 direction marks and piles of accents", annotation(json.dumps("‮gnp.exe" + "a" + "́" * 500)), "taken"),
    ("37 faces, joined and astral, noncharacters", label(json.dumps("👩‍🚒𝄞￾")), "taken"),
    ("58 javascript:", lambda each: each.alert(f'"{each.url}": "javascript:alert(1)"'), "taken"),
    ("58 a link of 10 kB", lambda each: each.alert(f'"{each.url}": "http://x/{"a" * 10_000}"'), "taken"),
    ("58 a link that is a list", lambda each: each.alert(f'"{each.url}": ["a"]'), "refused"),
    ("60 unknown fields", lambda each: each.alert('"nobody": {"knows": ["this"]}'), "taken"),
)  # fmt: skip


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.kind)
def test_each_bad_input_gets_its_verdict_at_once(intake: Any, each: Format):
    wrong: list[str] = []
    for title, build, verdict in TABLE:
        wanted = (
            verdict if not isinstance(verdict, dict) else verdict.get(each.kind, verdict.get("*", "taken"))
        )
        body = build(each)
        begun = time.monotonic()
        with capture_logs() as logs:
            heard = intake.post(each.kind, body)
        took = time.monotonic() - begun
        if heard.status != each.status(wanted):
            wrong.append(f"{title}: {heard.status}, not {each.status(wanted)}: {heard.body[:200]!r}")
        if logs or b"Traceback" in heard.body:
            wrong.append(f"{title}: logged {logs}")
        if took > 1:
            wrong.append(f"{title}: took {took:.1f} s")
    assert wrong == []


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.kind)
def test_what_was_mended_is_said(intake: Any, each: Format):
    def stored(body: bytes) -> Any:
        assert intake.post(each.kind, body).status == each.taken
        return intake.alerts()[0]

    def told(build: Callable[[Format], bytes], name: str) -> Any:
        intake.clock.tick(1)
        return stored(build(each).replace(b"DiskFull", name.encode()))

    assert told(label(r'"a\u0000\u001b[31mb\u007f"'), "A").labels["x"] == "a[31mb"
    assert intake.alerts()[0].flags == ("unreadable characters were removed",)
    assert told(label(r'"a\ud800"'), "B").labels["x"] == "a�"
    assert "broken" in intake.alerts()[0].flags[0]
    cut = told(annotation(json.dumps("值" * 20_000)), "C")
    assert cut.annotations["summary"].endswith("值…")
    assert len(cut.annotations["summary"].encode()) <= 32 * 1024
    assert cut.flags == ("a text was cut",)
    assert told(start('"9999-12-31T23:59:59Z"'), "D").flags == ("starts_at not believed",)
    assert intake.alerts()[0].starts_at == intake.clock.now()
    assert told(annotation(json.dumps("a" + "́" * 500)), "E").annotations["summary"] == "a" + "́" * 8
    assert told(label("0.5"), "F").labels["x"] == "0.5"
    assert "x" not in told(label("null"), "G").labels


def test_a_batch_is_taken_in_part_where_the_protocol_does_so_and_else_not_at_all(intake: Any):
    alerts = [f'{{"labels": {{"alertname": "A{number}"}}, "status": "firing"}}' for number in range(10)]
    alerts[4] = '{"labels": {"alertname": ["no"]}, "status": "firing"}'
    batch = ", ".join(alerts)
    heard = intake.post("alertmanager_webhook", f'{{"version": "4", "alerts": [{batch}]}}'.encode())
    assert heard.status == 422
    assert heard.json["error"]["field"] == "alerts[4].labels.alertname"
    assert intake.post("webhook", f"[{batch}]".encode()).status == 422
    assert intake.alerts() == []
    heard = intake.post("alertmanager", f"[{batch}]".encode())
    assert (heard.status, heard.json) == (400, "[4].labels.alertname: must be text, not a list or a map")
    assert len(intake.alerts()) == 9
