"""UptimeRobot: monitors that are down, and certificates that run out.

Under My Settings, Alert Contacts (or Integrations), add a webhook with the URL `https://tocsin.example.com/in/KEY?`,
the POST value below, and "Send as JSON" switched on; "Send default variables as query string" works too:

    {"monitorID": "*monitorID*", "monitorURL": "*monitorURL*", "monitorFriendlyName": "*monitorFriendlyName*",
     "alertType": "*alertType*", "alertTypeFriendlyName": "*alertTypeFriendlyName*", "alertDetails": "*alertDetails*",
     "alertDuration": "*alertDuration*", "alertDateTime": "*alertDateTime*", "sslExpiryDate": "*sslExpiryDate*",
     "sslExpiryDaysLeft": "*sslExpiryDaysLeft*"}

UptimeRobot does not sign: whoever knows the address may send, so give it to nobody else. A variable that has no value
arrives as its own name, `*sslExpiryDate*`, and counts as left out. `alertType` 1 opens the alert MonitorDown, 2 ends
it, 3 opens CertificateExpires, which stays until a person resolves its incident, since UptimeRobot never takes it back.
The monitor's name and address become the labels `monitor` and `instance`; `tocsin key create uptimerobot --service
shop` gives all monitors to one service. Further fields of your own become annotations, except `service` and `severity`,
which become labels.

The format: https://help.uptimerobot.com/en/articles/14498593, variables of webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.document import Part, document, key_of, read_document, texts
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, accepted

_FORM = "application/x-www-form-urlencoded"
_DOWN, _UP, _CERTIFICATE = "1", "2", "3"
_KNOWN = {
    "monitorID", "monitorURL", "monitorFriendlyName", "alertType", "alertTypeFriendlyName", "alertDetails",
    "alertDuration", "alertFriendlyDuration", "alertDateTime", "monitorAlertContacts", "sslExpiryDate",
    "sslExpiryDaysLeft", "service", "severity",
}  # fmt: skip
_LONGEST = timedelta(days=3650)


class UptimeRobot(Source):
    title = "UptimeRobot"
    paths = ("", "/", "/webhook")
    methods = ("POST", "GET")
    content_types = ("application/json", _FORM)
    examples = (
        Example(
            title="the shop is down",
            body=b'{"monitorID": "777749809", "monitorURL": "https://shop.example.com", "monitorFriendlyName": "Shop",'
            b' "alertType": "1", "alertTypeFriendlyName": "Down", "alertDetails": "Connection Timeout",'
            b' "alertDuration": "*alertDuration*", "alertDateTime": "1795252390", "sslExpiryDate": "*sslExpiryDate*"}',
            alerts=1,
            path="/",
        ),
        Example(
            title="a certificate runs out, told in the query",
            body=b"",
            alerts=1,
            path="",
            method="GET",
            query="monitorID=777749809&monitorURL=https%3A%2F%2Fshop.example.com&monitorFriendlyName=Shop&alertType=3"
            "&alertDetails=Expires+soon&sslExpiryDate=1795884400&sslExpiryDaysLeft=7",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        return Reading(signals=[_signal(_given(message), message)])

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes, status=200)


def _given(message: Message) -> Part:
    """What was sent, wherever it stands; the body wins over the query. Unset variables are left out."""
    query = _pairs(message.query)
    told = document(query)
    if message.payload and _is_form(message):
        told = document(query | _pairs(message.payload.decode()))
    elif message.payload:
        sent = read_document(message.payload)
        told = document({**query, **sent.given}, sent.flags)
    return document({name: each for name, each in told.given.items() if each != f"*{name}*"}, told.flags)


def _is_form(message: Message) -> bool:
    return message.headers.get("content-type", "").lower().startswith(_FORM)


def _pairs(encoded: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=limits.LABELS, errors="strict")
    except ValueError:
        fix = f"Send at most {limits.LABELS} fields, as UTF-8."
        raise Malformed("the form cannot be read", field="body", fix=fix) from None
    if len(dict(pairs)) != len(pairs):
        raise Malformed("a field stands twice in the form", field="body", fix="Name each field once.")
    return dict(pairs)


def _signal(told: Part, message: Message) -> Signal:
    kind = told.needed("alertType")
    if kind not in (_DOWN, _UP, _CERTIFICATE):
        fix = "Send *alertType* as UptimeRobot fills it in."
        raise Invalid("must be 1 (down), 2 (up) or 3 (certificate)", field="alertType", fix=fix)
    monitor = told.line("monitorID") or told.line("monitorURL") or told.needed("monitorFriendlyName")
    at = told.moment("alertDateTime", epochs=True)
    name = "CertificateExpires" if kind == _CERTIFICATE else "MonitorDown"
    resolved = kind == _UP
    labels = {
        "alertname": name,
        "monitor": told.line("monitorFriendlyName") or monitor,
        "instance": told.line("monitorURL"),
        "severity": told.line("severity") or ("warning" if kind == _CERTIFICATE else "critical"),
        "service": told.line("service"),
    }
    return Signal(
        labels=text.read_labels(texts(labels), "body", told.flags),
        annotations=_annotations(told, kind),
        resolved=resolved,
        starts_at=_began(told, at) if resolved else at,
        ends_at=at if resolved else None,
        value=text.number(told.given.get("sslExpiryDaysLeft")) if kind == _CERTIFICATE else None,
        url=told.link("monitorURL"),
        dedup_key=key_of("certificate" if kind == _CERTIFICATE else "monitor", monitor),
        flags=tuple(sorted(told.flags)),
    )


def _annotations(told: Part, kind: str) -> dict[str, str]:
    own = {name: each for name, each in told.given.items() if name not in _KNOWN and each not in (None, "")}
    what = told.line("monitorFriendlyName") or told.line("monitorURL")
    expiry = told.moment("sslExpiryDate", epochs=True) if kind == _CERTIFICATE else None
    summary = f"{what}: {told.line('alertTypeFriendlyName')}".rstrip(": ")
    known: Mapping[str, str] = {
        "summary": f"The certificate of {what} runs out" if kind == _CERTIFICATE else summary,
        "description": told.prose("alertDetails"),
        "down_for": told.line("alertFriendlyDuration"),
        "expires": f"{expiry:%Y-%m-%d %H:%M} UTC" if expiry else "",
    }
    return texts(text.read_annotations({**own, **known}, "body", told.flags))


def _began(told: Part, at: datetime | None) -> datetime | None:
    """When an outage that is over began: its end without its duration in seconds."""
    seconds = text.number(told.given.get("alertDuration"))
    if at is None or seconds is None or not 0 <= seconds <= _LONGEST.total_seconds():
        return None
    return at - timedelta(seconds=seconds)
