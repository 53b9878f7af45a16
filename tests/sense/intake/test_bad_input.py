"""Sixty kinds of bad input, each with the verdict that every format must give in its own words.

Every source there is answers every row of `tests/support/bad_input.py`; the three formats whose alerts are alike answer
a longer table as well, which knows each limit at n - 1, n and n + 1. A verdict is `taken`, `refused` (well formed, but
not acceptable: 422, or 400 where the protocol knows no other), `malformed` (400) or a status. Content-Length that lies
is met in `tests/test_connections.py`, more about times in `test_times.py`, about numbers in `test_strict_json.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import bad_input
import pytest
from structlog.testing import capture_logs

from tocsin.ground.kernel.errors import Unavailable
from tocsin.sense.intake import Source, every_source, limits
from tocsin.sense.intake.key_settings import settings_of
from tocsin.sense.intake.section import IntakeSection

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
        with capture_logs() as logs:
            heard = intake.post(each.kind, body)
        if heard.status != each.status(wanted):
            wrong.append(f"{title}: {heard.status}, not {each.status(wanted)}: {heard.body[:200]!r}")
        if logs or b"Traceback" in heard.body:
            wrong.append(f"{title}: logged {logs}")
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


# Every source, every row


def secrets_of(source: Source) -> list[str]:
    return [setting.name for setting in settings_of(source) if setting.form == "env:NAME or file:PATH"]


KINDS = {each.kind: each for each in bad_input.FORMATS}
ELSEWHERE = {
    46: "tests/test_connections.py: what two readers may understand in two ways",
    59: "no source speaks to Slack",
}


@pytest.mark.parametrize("kind", every_source())
def test_no_input_brings_any_source_down(
    intake: Any, kind: str, monkeypatch: pytest.MonkeyPatch, record_property: Any
):
    assert kind in KINDS, f"tests/support/bad_input.py has no Format for the source {kind}"
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.05)
    sent(intake, good(intake, kind))
    wrong: list[str] = []
    slowest = (0.0, "")
    for row in bad_input.ROWS:
        begun = time.monotonic()
        heard, logs = sent(intake, row.spoil(good(intake, kind)))
        slowest = max(slowest, (time.monotonic() - begun, row.title))
        wanted = KINDS[kind].statuses(row.title, row.verdict)
        if heard.status not in wanted:
            wrong.append(f"{row.title}: {heard.status}, not {sorted(wanted)}: {heard.body[:200]!r}")
        if logs or b"Traceback" in heard.body:
            wrong.append(f"{row.title}: logged {logs}")
    record_property("slowest", f"{slowest[1]}: {slowest[0] * 1000:.0f} ms")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", every_source())
def test_a_store_that_is_down_a_client_that_leaves_and_a_thousand_repeats(
    intake: Any, kind: str, monkeypatch: pytest.MonkeyPatch
):
    """Rows 54 to 57: over the quota, no store, no client, always the same."""
    request = good(intake, kind)
    sent(intake, request)
    gone, logs = sent(intake, replace(request, body=b"", chunks=(request.body[:3], b"")), leaves=True)
    assert gone is None or gone.status < 500
    before = len(intake.alerts())
    statuses = {sent(intake, request)[0].status for _ in range(30)}
    assert statuses == {KINDS[kind].taken}
    assert len(intake.alerts()) - before <= request.source.examples[0].alerts
    intake.clock.tick(3_600)

    def broken(job: Any) -> Any:
        raise Unavailable("the disk is full")

    fresh = replace(request, body=request.put("name", '"Another one"'))
    monkeypatch.setattr(intake.store, "intake", broken)
    monkeypatch.setattr(intake.store, "write", broken)
    down, logs = sent(intake, fresh)
    monkeypatch.undo()
    assert (down.status, "retry-after" in down.headers) == (503, True)
    assert not [each for each in logs if "exc_info" in each]
    share = {"alerts_per_minute": 1, "burst": 1}
    intake.settings.swap(IntakeSection.model_validate({"intake": share}))
    over = [sent(intake, request)[0] for _ in range(3)][-1]
    assert over.status in (429, 503)
    assert int(over.headers["retry-after"]) >= 1


@pytest.mark.parametrize("kind", [kind for kind, each in every_source().items() if secrets_of(each)])
def test_a_message_that_is_not_signed_as_it_should_be_is_of_nobody(
    intake: Any, kind: str, monkeypatch: pytest.MonkeyPatch
):
    """Row 53: missing, short, odd, endless, and the right one of another body."""
    monkeypatch.setenv("SIGNS", "a secret that nobody knows")
    request = good(intake, kind)
    for name in secrets_of(request.source):
        intake.keys["in_signed"] = replace(
            intake.keys[f"in_{kind}"], id=f"key_{name}", settings={name: "env:SIGNS"}
        )
        for value in ("", "0", "sha256=", "\xff" * 64, "v1,", "a" * 1_000, "sha256=" + "0" * 64, "9" * 400):
            claims = dict.fromkeys(SIGNATURES, value) | {"webhook-timestamp": value or "x"}
            heard, logs = sent(intake, replace(request, key="in_signed", headers=request.headers | claims))
            assert heard.status == 401, (name, value)
            assert not logs
    assert not intake.alerts()
    assert not intake.changes()


def test_every_row_of_the_design_is_met_somewhere():
    met = {row.number for row in bad_input.ROWS} | {53, 54, 55, 56, 57} | set(ELSEWHERE)
    assert met == set(range(1, 61))


SIGNATURES = (
    "x-grafana-alerting-signature",
    "sentry-hook-signature",
    "x-hub-signature-256",
    "x-gitlab-token",
    "webhook-signature",
    "webhook-id",
)


def good(intake: Any, kind: str) -> bad_input.Sending:
    return bad_input.sending(KINDS[kind], every_source()[kind], f"in_{kind}")


def sent(intake: Any, request: bad_input.Sending, *, leaves: bool = False) -> tuple[Any, list[Any]]:
    with capture_logs() as logs:
        heard = intake.send(
            request.method,
            f"/in/{request.key}{request.path}",
            request.chunks or request.body,
            request.headers,
            request.query,
            hang=request.hang,
            leaves=leaves,
        )
    return heard, [each for each in logs if each.get("log_level") != "debug"]
