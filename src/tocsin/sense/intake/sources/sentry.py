"""Sentry: its alerts and issues by webhook, or errors straight from the SDK of a program.

**Sentry tells us.** In Sentry, under Settings, Developer Settings, create an internal integration: the webhook URL is
`https://tocsin.example.com/in/KEY`, Alert Rule Action is switched on, and of the webhooks "issue" is chosen. Then add
the integration as an action to the alert rules that shall page. Its client secret signs every message:

    tocsin key create sentry --service shop --set secret=env:SENTRY_CLIENT_SECRET

With a secret, a message without its right `Sentry-Hook-Signature` is refused with 401. An issue alert opens the alert
of its issue, and the issue ends it when somebody resolves or archives it; one that comes back opens it again. New
issues alert by themselves only with `--set new_issues=true`. A metric alert opens and ends with its own critical,
warning and resolved. Errors are told where the webhook "error" is chosen. Installations, comments and anything else are
answered with 200 and forgotten. Sentry wants an answer within one second and gets it once everything is on disk. Issues
of cron monitors send no issue webhooks: add an alert rule for them.

**The program tells us**, without Sentry: the key is the public key of a DSN, and any number the project.

    sentry_sdk.init(dsn="https://KEY@tocsin.example.com/1", environment="production")

Errors of level `level` and above (`error`, if it is not set) become alerts, one for each type of exception and place in
the code, by project and environment; one that is not seen again for the resolve timeout is over. Transactions,
sessions, attachments, profiles, logs and check-ins are accepted and dropped. Compression is gzip or none: where the
package brotli is installed, set `_experiments={"transport_compression_algo": "gzip"}`. Whoever reads the program of a
browser knows its key, so give it one of its own, with a secret for its webhooks.

The formats: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ and
https://develop.sentry.dev/sdk/data-model/envelopes/.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs

import msgspec
from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, Malformed, Overloaded, TocsinError
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.document import LINE, Part, key_of, one_line, read_document, texts
from tocsin.sense.intake.signature import prove
from tocsin.sense.intake.source import (
    JSON,
    Answer,
    Example,
    Message,
    Reading,
    Source,
    SourceSettings,
    header_credential,
)
from tocsin.sense.intake.times import parse_time

_HOOKS = ("", "/", "/webhook")
_ENVELOPE = "/api/*/envelope/"
_LEVELS = ("debug", "info", "warning", "error", "fatal")
_SEVERITY = {"fatal": "critical", "error": "error", "warning": "warning", "info": "info", "debug": "info"}
_ITEMS = 100
_CORS = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "retry-after"),
    ("cross-origin-resource-policy", "cross-origin"),
)


class SentrySettings(SourceSettings):
    secret: Secret | None = Field(default=None, description="The client secret, which signs webhooks.")
    new_issues: bool = Field(default=False, description="Whether a new issue is an alert by itself.")
    level: Literal["debug", "info", "warning", "error", "fatal"] = Field(
        default="error", description="The least level at which an event of an SDK is an alert."
    )


class Sentry(Source):
    title = "Sentry (webhooks and SDKs)"
    paths = (*_HOOKS, _ENVELOPE)
    rooted = True
    keyed_only = _HOOKS
    content_types = (
        "application/json",
        "application/x-sentry-envelope",
        "text/plain",
        "application/octet-stream",
    )
    binary = True
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = SentrySettings
    examples = (
        Example(
            title="an issue alert",
            body=b'{"action": "triggered", "actor": {"id": "sentry", "name": "Sentry", "type": "application"}, "data":'
            b' {"event": {"event_id": "e4874d664c3540c1a32eab185f12c5ab", "title":'
            b' "ReferenceError: heck is not defined", "culprit": "?(<anonymous>)",'
            b' "datetime": "2026-11-21T08:06:17.677000Z", "level": "error", "project": 1,'
            b' "issue_id": "1117540176", "issue_url": "https://sentry.io/api/0/issues/1117540176/",'
            b' "platform": "javascript", "tags": [["browser", "Chrome 75.0.3770"], ["handled", "no"]],'
            b' "metadata": {"type": "ReferenceError"},'
            b' "web_url": "https://sentry.io/organizations/test-org/issues/1117540176/events/e4874d664c3540/"},'
            b' "triggered_rule": "Very Important Alert Rule!"}, "installation": {"uuid": "a8e5d37a-696c-4c54-adb5"}}',
            alerts=1,
            path="/",
            headers=(("Sentry-Hook-Resource", "event_alert"),),
        ),
        Example(
            title="an error of an SDK",
            body=b'{"event_id": "4913c50209cc42908af6fbdc32a84391", "sent_at": "2026-11-21T08:13:10.357502Z"}\n'
            b'{"type": "event", "content_type": "application/json"}\n'
            b'{"level": "error", "exception": {"values": [{"type": "ZeroDivisionError", "value": "division by zero"}]},'
            b' "event_id": "4913c50209cc42908af6fbdc32a84391", "transaction": "recommend", "environment": "lab",'
            b' "timestamp": "2026-11-21T08:13:10.259258Z", "platform": "python", "release": "reco@1.2.3"}\n',
            alerts=1,
            path="/api/42/envelope/",
            headers=(("Content-Type", "application/x-sentry-envelope"),),
        ),
    )

    def credential(self, message: Message) -> str:
        """The public key of the DSN: in `X-Sentry-Auth`, in the query, or as any client sends it."""
        scheme, _, pairs = message.headers.get("x-sentry-auth", "").partition(" ")
        if scheme.lower() == "sentry":
            for pair in pairs.split(","):
                name, _, value = pair.strip().partition("=")
                if name == "sentry_key":
                    return value
        named = parse_qs(message.query).get("sentry_key")
        return named[0] if named else header_credential(message.headers)

    def new_secret(self) -> str:
        """Letters and digits alone: SDKs for browsers take no other characters in a DSN."""
        return secrets.token_hex(16)

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, SentrySettings)
        if message.path not in _HOOKS:
            return _read_envelope(message, settings)
        if settings.secret:
            prove(message, settings.secret, signature="Sentry-Hook-Signature")
        resource = message.headers.get("sentry-hook-resource", "")
        if not resource:
            fix = "Send Sentry-Hook-Resource: it says what the message is about."
            raise Invalid("the header is missing", field="Sentry-Hook-Resource", fix=fix)
        return Reading(signals=_hook(resource, read_document(_utf8(message.payload)), settings, message))

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        if isinstance(reading, _EnvelopeReading):
            body = msgspec.json.encode({"id": reading.event} if reading.event else {})
            return Answer(status=200, body=body, headers=(*JSON, *_CORS))
        return Answer(status=200, body=b'{"status": "accepted"}', headers=JSON)

    def refuse(self, error: TocsinError) -> Answer:
        """In words of ours and of Sentry's. An SDK that hears 429 is silent for a while; after 503 it would go on."""
        status = 429 if isinstance(error, Overloaded) else error.status
        body = msgspec.json.encode({"detail": error.message, **error.as_json()})
        return Answer(status=status, body=body, headers=(*JSON, *_CORS))


@dataclass(frozen=True, kw_only=True, slots=True)
class _EnvelopeReading(Reading):
    """`event` is the id of the event in the envelope, which its sender hears."""

    event: str = ""


# Webhooks


def _hook(resource: str, told: Part, settings: SentrySettings, message: Message) -> list[Signal]:
    if resource == "metric_alert":
        return [_metric(told, message)]
    if resource == "event_alert":
        data = told.part("data")
        return [_event_alert(data.part("event"), data.line("triggered_rule"))]
    if resource == "error":
        return [_event_alert(told.part("data").part("error"), "")]
    if resource == "issue":
        return _issue(told, settings, message)
    return []


def _event_alert(event: Part, rule: str) -> Signal:
    """An event of an issue: the alert is that issue's."""
    issue = event.line("issue_id") or event.line("issue_url").rstrip("/").rpartition("/")[2]
    if not issue:
        fix = "Send it as Sentry does: with issue_id."
        raise Invalid("there is no issue", field=event.path("issue_id"), fix=fix)
    tags = _tags(event)
    return Signal(
        labels=_issue_labels(event, _project(event), tags.get("environment", "")),
        annotations=texts(
            {
                "summary": event.line("title", limits.LABEL_VALUE_BYTES),
                "culprit": event.line("culprit", limits.LABEL_VALUE_BYTES),
                "rule": rule,
                "release": event.line("release"),
                "platform": event.line("platform"),
            }
        ),
        starts_at=event.moment("datetime"),
        url=event.link("web_url"),
        dedup_key=key_of("issue", issue),
        flags=tuple(sorted(event.flags)),
    )


def _issue(told: Part, settings: SentrySettings, message: Message) -> list[Signal]:
    """An issue that was opened, came back, or is over. Who has it, and comments on it, changes nothing."""
    action = told.needed("action")
    resolved = action in ("resolved", "archived", "ignored")
    fires = action == "unresolved" or (action == "created" and settings.new_issues)
    if not (resolved or fires):
        return []
    issue = told.part("data").part("issue")
    at = _sent(message)
    return [
        Signal(
            labels=_issue_labels(issue, issue.maybe("project").line("slug"), ""),
            annotations=texts(
                {
                    "summary": issue.line("title", limits.LABEL_VALUE_BYTES),
                    "culprit": issue.line("culprit", limits.LABEL_VALUE_BYTES),
                    "issue": issue.line("shortId"),
                    "substatus": issue.line("substatus"),
                }
            ),
            resolved=resolved,
            starts_at=None if resolved else at,
            ends_at=at if resolved else None,
            url=issue.link("web_url") or issue.link("permalink"),
            dedup_key=key_of("issue", issue.needed("id")),
            flags=tuple(sorted(issue.flags)),
        )
    ]


def _metric(told: Part, message: Message) -> Signal:
    """A metric alert, one for each rule."""
    action, data = told.needed("action"), told.part("data")
    if action not in ("critical", "warning", "resolved"):
        fix = "Send critical, warning or resolved."
        raise Invalid("no action of a metric alert", field="action", fix=fix)
    incident = data.part("metric_alert")
    rule = incident.maybe("alert_rule")
    resolved = action == "resolved"
    name = rule.line("name") or incident.needed("title")
    at = _sent(message)
    return Signal(
        labels=texts(
            {
                "alertname": name,
                "severity": "" if resolved else action,
                "environment": rule.line("environment"),
                "project": one_line(", ".join(_projects(incident)), told.flags),
            }
        ),
        annotations=texts(
            {
                "summary": data.line("description_title", limits.LABEL_VALUE_BYTES),
                "description": data.prose("description_text"),
                "query": rule.line("query", limits.LABEL_VALUE_BYTES),
            }
        ),
        resolved=resolved,
        starts_at=None if resolved else at,
        ends_at=at if resolved else None,
        url=data.link("web_url"),
        dedup_key=key_of("metric", rule.line("id") or incident.needed("id")),
        flags=tuple(sorted(told.flags)),
    )


def _issue_labels(event: Part, project: str, environment: str) -> dict[str, str]:
    level = event.line("level") or "error"
    kind = event.maybe("metadata").line("type")
    return texts(
        {
            "alertname": kind or event.line("title") or "SentryIssue",
            "project": project,
            "environment": environment,
            "severity": _SEVERITY.get(level, "error"),
        }
    )


def _project(event: Part) -> str:
    """The short name, which stands in the address of the event alone; else its number."""
    parts = event.line("url", limits.URL).split("/")
    at = parts.index("projects") if "projects" in parts else -1
    return parts[at + 2] if 0 <= at < len(parts) - 2 else event.line("project")


def _projects(incident: Part) -> list[str]:
    named = incident.given.get("projects")
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else []  # pyright: ignore[reportUnknownVariableType] - decoded JSON


def _tags(event: Part) -> dict[str, str]:
    """Tags come as pairs, or as an object."""
    tags: Any = event.given.get("tags")
    if isinstance(tags, Mapping):
        return {str(name): str(each) for name, each in tags.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded JSON
    if not isinstance(tags, list):
        return {}
    return {
        one_line(str(each[0]), event.flags): one_line(str(each[1]), event.flags)  # pyright: ignore[reportUnknownArgumentType] - decoded JSON
        for each in tags  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        if isinstance(each, list) and len(each) == 2  # pyright: ignore[reportUnknownArgumentType] - decoded JSON
    }


def _sent(message: Message) -> Any:
    """When Sentry sent it, by its own clock; nothing where it does not say."""
    try:
        return parse_time(message.headers.get("sentry-hook-timestamp", ""), "", set(), epochs=True)
    except Invalid:
        return None


# Envelopes


def _read_envelope(message: Message, settings: SentrySettings) -> _EnvelopeReading:
    """The errors in an envelope; everything else in it is dropped. Raises Malformed where it is none."""
    project = message.path.removeprefix("/api/").partition("/")[0]
    head, _, rest = message.payload.partition(b"\n")
    header = read_document(_utf8(head))
    signals: list[Signal] = []
    event = header.line("event_id")
    for kind, payload in _items(rest):
        if kind != "event":
            continue
        told = read_document(_utf8(payload))
        event = event or told.line("event_id")
        signal = _event(told, project, settings)
        if signal:
            signals.append(signal)
    return _EnvelopeReading(signals=signals, event=event)


def _items(rest: bytes) -> list[tuple[str, bytes]]:
    """Kind and payload of each item. An item without a length ends with its line."""
    found: list[tuple[str, bytes]] = []
    while rest.strip():
        if len(found) >= _ITEMS:
            raise Invalid(f"at most {_ITEMS} items an envelope", field="body", fix="Send several envelopes.")
        head, _, rest = rest.lstrip(b"\n").partition(b"\n")
        header = read_document(_utf8(head))
        length = header.given.get("length")
        if length is None:
            payload, _, rest = rest.partition(b"\n")
        elif isinstance(length, int) and not isinstance(length, bool) and 0 <= length <= len(rest):
            payload, rest = rest[:length], rest[length:]
        else:
            fix = "Send as many bytes as the item's header says."
            raise Malformed("an item of the envelope is cut", field="length", fix=fix)
        found.append((header.needed("type"), payload))
    return found


def _event(told: Part, project: str, settings: SentrySettings) -> Signal | None:
    """An alert for each type of exception and place, or for each message, by project and environment."""
    level = told.line("level") or "error"
    if level not in _LEVELS or _LEVELS.index(level) < _LEVELS.index(settings.level):
        return None
    raised = told.maybe("exception").parts("values")
    last = raised[-1] if raised else None
    kind = last.line("type") if last else ""
    words = _message(told)
    culprit = _place(last) or told.line("transaction")
    name = kind or words or "Error"
    summary = f"{kind}: {last.line('value', limits.LABEL_VALUE_BYTES)}" if last and kind else words
    environment = told.line("environment") or "production"
    own = _fingerprint(told)
    return Signal(
        labels=texts(
            {
                "alertname": one_line(name, told.flags),
                "project": one_line(project, told.flags),
                "environment": environment,
                "culprit": culprit,
                "severity": _SEVERITY[level],
            }
        ),
        annotations=texts(
            {
                "summary": summary.rstrip(": "),
                "culprit": culprit,
                "release": told.line("release"),
                "server": told.line("server_name"),
                "platform": told.line("platform"),
                "event": told.line("event_id"),
            }
        ),
        fades=True,
        dedup_key=key_of("sdk", project, environment, *(own or (name, culprit))),
        flags=tuple(sorted(told.flags)),
    )


def _message(told: Part) -> str:
    """The message of an event: its template, so that the same message with other values is the same alert."""
    entry = told.given.get("logentry")
    if isinstance(entry, dict):
        part = told.part("logentry")
        return part.line("message") or part.line("formatted")
    message = told.given.get("message")
    return told.maybe("message").line("formatted") if isinstance(message, dict) else told.line("message")


def _place(raised: Part | None) -> str:
    """Module and function of the innermost frame of the program's own."""
    frames = raised.maybe("stacktrace").parts("frames") if raised else []
    own = [each for each in frames if each.given.get("in_app") is not False] or frames
    if not own:
        return ""
    frame = own[-1]
    module, function = frame.line("module") or frame.line("filename"), frame.line("function")
    return one_line(f"{module} in {function}" if function else module, frame.flags)


def _fingerprint(told: Part) -> tuple[str, ...]:
    """The grouping that the program asks for, unless it leaves that to Sentry."""
    own = told.given.get("fingerprint")
    if not isinstance(own, list):
        return ()
    parts = [one_line(text.scalar(each, "fingerprint"), told.flags, LINE) for each in own]  # pyright: ignore[reportUnknownVariableType] - decoded JSON
    return () if "{{ default }}" in parts else tuple(parts)


def _utf8(raw: bytes) -> bytes:
    """The same, if it is text. Raises Malformed."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        fix = "Send the text as UTF-8."
        raise Malformed(f"this is not UTF-8 (byte {error.start})", field="body", fix=fix) from None
    return raw
