"""Prometheus and amtool, as if Tocsin were their Alertmanager (API v2).

    alerting:
      alertmanagers:
        - scheme: http
          path_prefix: /in/KEY
          static_configs: [{targets: ["tocsin.example.com:9911"]}]

The key may also be a bearer token or the password of basic authentication, without the prefix. What can be taken of
a batch is stored even when some of it cannot, as Alertmanager has it: the answer then is 400 and names each alert that
was refused. An alert that is not sent again is over after its `endsAt`, or after `resolve_timeout`. Several Prometheus
servers may send the same alerts, by one key or by several: each is one alert here, which goes on until the last of them
falls silent or the one that opened it says that it is over.

    amtool --alertmanager.url=http://tocsin.example.com:9911/in/KEY alert query
    amtool --alertmanager.url=http://tocsin.example.com:9911/in/KEY silence add alertname=DiskFull -c "new disk ordered"

`amtool` sees the alerts that its key opened, or all with the key's setting `sees: all`. Silences are shared by all:
an alert that one hides is recorded and pages nobody. `createdBy` is kept as it was sent, and beside it the key. A
silence that hides much is refused until its comment begins with `[confirmed]`. An alert's `state` is `unprocessed`
until it was judged, `suppressed` while a silence (`silencedBy`), another alert (`inhibitedBy`) or maintenance
(`mutedBy`) holds it back, else `active`. Groups are the alerts of one service, or of one name where no service is
known. Routing, receivers and inhibition are configured in Tocsin; `config show` says so.

The format: https://github.com/prometheus/alertmanager, api/v2/openapi.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs

import msgspec
from pydantic import Field

from tocsin import __version__
from tocsin.ground.accounts import Key
from tocsin.ground.catalogue import UNASSIGNED
from tocsin.ground.kernel.errors import Conflict, Invalid, Malformed, TocsinError
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.alerts.alert import fingerprint_of_id
from tocsin.sense.alerts.firing import Firing, firing, untriaged
from tocsin.sense.alerts.held import Folds, Held, held
from tocsin.sense.alerts.matchers import Matcher, parse_matcher
from tocsin.sense.alerts.selector import selector_of
from tocsin.sense.alerts.silence import Silence
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.details import read_object
from tocsin.sense.intake.house import House
from tocsin.sense.intake.prometheus_alert import patient, read_alert
from tocsin.sense.intake.prometheus_clean import read_clean
from tocsin.sense.intake.source import JSON, Answer, Example, Message, Reading, Source, SourceSettings
from tocsin.sense.intake.strict_json import read_json

CONFIRMED = "[confirmed]"
_RECEIVER = "tocsin"
_RECEIVERS = msgspec.Raw(b'[{"name":"tocsin"}]')
_ACTIVE = msgspec.Raw(b'{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"}')
_UNPROCESSED = msgspec.Raw(b'{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"unprocessed"}')
_SHOWN = 20_000
_HOLDS = timedelta(minutes=5)
_OPERATORS = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}
_FORMS = {operator: form for form, operator in _OPERATORS.items()}
_CONFIG = """\
# Tocsin is configured in tocsin.yaml; in Alertmanager's words it comes to this.
route:
  receiver: tocsin
  group_by: [service]
receivers:
- name: tocsin
"""
_labels_of = msgspec.json.Decoder(dict[str, str]).decode
_Shown = tuple[Firing, msgspec.Raw]


class AlertmanagerSettings(SourceSettings):
    sees: Literal["own", "all"] = Field(
        default="own", description="Which alerts amtool sees: those that this key opened, or all."
    )


class Alertmanager(Source):
    title = "Prometheus (Alertmanager API v2)"
    paths = ("/api/v2/alerts",)
    serves: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "/api/v2/alerts": ("GET",),
        "/api/v2/alerts/groups": ("GET",),
        "/api/v2/silences": ("GET", "POST"),
        "/api/v2/silence/*": ("GET", "DELETE"),
        "/api/v2/receivers": ("GET",),
        "/api/v2/status": ("GET",),
    }
    rooted = True
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = AlertmanagerSettings
    examples = (
        Example(
            title="a target is down",
            body=b'[{"labels": {"alertname": "TargetDown", "instance": "10.0.0.7:9100", "severity": "critical"},'
            b' "annotations": {"summary": "dead 10.0.0.7:9100 is down"}, "startsAt": "2026-11-21T09:00:36.418Z",'
            b' "generatorURL": "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"}]',
            alerts=1,
            path="/api/v2/alerts",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        clean = read_clean(message.payload, fades=True)
        if clean is not None:
            return Reading(signals=clean)
        value, mended = read_json(message.payload)
        if not isinstance(value, list):
            raise Malformed("alerts come as a JSON array", field="body", fix='Send [{"labels": {…}}].')
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - decoded JSON
        signals: list[Signal] = []
        problems: list[TocsinError] = []
        for at, each in enumerate(items):
            try:
                signal, _ = read_alert(each, f"[{at}]", mended)
                signals.append(replace(signal, fades=True))
            except TocsinError as error:
                problems.append(error)
        return Reading(signals=signals, problems=tuple(problems))

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        if not reading.problems:
            return Answer(status=200)
        return _said(400, "; ".join(f"{each.field}: {each.message}" for each in reading.problems))

    def refuse(self, error: TocsinError) -> Answer:
        status = 400 if error.status in (409, 422) else error.status
        field = f"{error.field}: " if error.field else ""
        said = _said(status, f"{field}{error.message}" + (f"; {error.fix}" if error.fix else ""))
        return patient(said)

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        asked = parse_qs(message.query)
        if message.path == "/api/v2/status":
            return _json(_status(house.started))
        if message.path == "/api/v2/receivers":
            return _json(_RECEIVERS if _is_for_us(asked) else [])
        if message.path == "/api/v2/alerts":
            return _json([_gettable(*each, message.at) for each in self._wanted(asked, key, house)])
        if message.path == "/api/v2/alerts/groups":
            return _json(_groups(self._wanted(asked, key, house), message.at))
        if message.path == "/api/v2/silences":
            if message.method == "POST":
                limits.check_content_type(message.headers.get("content-type"), self.content_types)
                return _put_silence(message, key, house)
            return _json([_silence(each, message.at) for each in _silences(asked, house, message.at)])
        silence = message.path.rpartition("/")[2]
        if message.method == "DELETE":
            with suppress(Conflict):  # it is over already, as was asked for
                house.folds.silences.expire(silence, f"key:{key.id}")
            return Answer(status=200)
        return _json(_silence(house.folds.silences.get(silence), message.at))

    def _wanted(self, asked: Mapping[str, list[str]], key: Key, house: House) -> list[_Shown]:
        """The alerts that a query asks for, each with its status.

        What was not judged yet is shown where either active or unprocessed alerts are: amtool asks for the former
        alone, and expects to see at once what it has just sent, as it does on Alertmanager.
        """
        settings = self.settings_of(key)
        assert isinstance(settings, AlertmanagerSettings)
        matchers = tuple(parse_matcher(each) for each in asked.get("filter", []))
        active, unprocessed = _flag(asked, "active"), _flag(asked, "unprocessed")
        silenced, inhibited = _flag(asked, "silenced"), _flag(asked, "inhibited")
        if not _is_for_us(asked):
            return []
        with house.store.read() as conn:
            waiting = untriaged(conn)
            alerts = list(firing(conn, key=None if settings.sees == "all" else key.id, limit=_SHOWN))
        alerts, holds = _judged(alerts, matchers, house.folds)
        shown: list[_Shown] = []
        for alert in alerts:
            why = holds.get(alert.id)
            if why is not None:
                if (silenced or not why.silences) and (inhibited or not why.inhibited_by):
                    shown.append((alert, _suppressed(why)))
            elif alert.id in waiting:
                if active or unprocessed:
                    shown.append((alert, _UNPROCESSED))
            elif active:
                shown.append((alert, _ACTIVE))
        return shown


class _Labelled(msgspec.Struct, frozen=True, gc=False):
    """As much of an alert as is asked to know what holds it back."""

    id: str
    service: str
    labels: Mapping[str, str]
    state: Literal["firing"] = "firing"


def _judged(
    alerts: list[Firing], matchers: tuple[Matcher, ...], folds: Folds
) -> tuple[list[Firing], Mapping[str, Held]]:
    """The alerts that all matchers hold for, and what holds some of them back. Labels are read only if anybody asks."""
    quiet = not (folds.silences.living() or folds.inhibition.rules() or folds.maintenance.under_way())
    if quiet and not matchers:
        return alerts, {}
    selector = selector_of(matchers)
    labelled = [_Labelled(each.id, each.service, _labels_of(each.labels_json)) for each in alerts]
    chosen = {each.id for each in labelled if selector.matches(each.labels)}
    holds = {} if quiet else held(folds, (each for each in labelled if each.id in chosen))
    return [each for each in alerts if each.id in chosen], holds


_NAMES = {
    "ends_at": "endsAt",
    "starts_at": "startsAt",
    "updated_at": "updatedAt",
    "generator_url": "generatorURL",
}


class _Gettable(msgspec.Struct, omit_defaults=True, gc=False, rename=_NAMES):
    """An alert as Alertmanager shows it, field by field."""

    annotations: msgspec.Raw
    ends_at: datetime
    fingerprint: str
    receivers: msgspec.Raw
    starts_at: datetime
    status: msgspec.Raw
    updated_at: datetime
    labels: msgspec.Raw
    generator_url: str = ""


class _Group(msgspec.Struct):
    alerts: list[_Gettable]
    labels: dict[str, str]
    receiver: dict[str, str]


def _gettable(alert: Firing, status: msgspec.Raw, now: datetime) -> _Gettable:
    """An alert that has no end of its own is shown as one that still holds for a while."""
    return _Gettable(
        msgspec.Raw(alert.annotations_json),
        alert.expires_at or now + _HOLDS,
        fingerprint_of_id(alert.id),
        _RECEIVERS,
        alert.starts_at,
        status,
        alert.last_seen,
        msgspec.Raw(alert.labels_json),
        alert.url,
    )


def _groups(shown: Iterable[_Shown], now: datetime) -> list[_Group]:
    found: dict[tuple[str, str], list[_Gettable]] = {}
    for alert, status in shown:
        known = alert.service != UNASSIGNED
        group = ("service", alert.service) if known else ("alertname", alert.name)
        found.setdefault(group, []).append(_gettable(alert, status, now))
    return [
        _Group(alerts, {name: value}, {"name": _RECEIVER}) for (name, value), alerts in sorted(found.items())
    ]


def _suppressed(why: Held) -> msgspec.Raw:
    status = {
        "inhibitedBy": [fingerprint_of_id(each) for each in why.inhibited_by],
        "mutedBy": [each.id for each in why.windows],
        "silencedBy": [each.id for each in why.silences],
        "state": "suppressed",
    }
    return msgspec.Raw(msgspec.json.encode(status))


def _is_for_us(asked: Mapping[str, list[str]]) -> bool:
    """Whether our one receiver was asked for, by its name (a pattern) or by labels, of which it has none."""
    names = tuple(Matcher(name="name", operator="=~", value=each) for each in asked.get("receiver", []))
    labels = tuple(parse_matcher(each) for each in asked.get("receiver_matchers", []))
    return selector_of(names).matches({"name": _RECEIVER}) and selector_of(labels).matches({})


def _flag(asked: Mapping[str, list[str]], name: str) -> bool:
    value = asked.get(name, ["true"])[-1].lower()
    if value not in ("true", "false"):
        raise Invalid("must be true or false", field=name, fix=f"Ask with {name}=true or {name}=false.")
    return value == "true"


# Silences


def _silences(asked: Mapping[str, list[str]], house: House, now: datetime) -> list[Silence]:
    """As Alertmanager sorts them: active ones first, soonest to end; pending, soonest to begin; expired, latest."""
    selector = selector_of(tuple(parse_matcher(each) for each in asked.get("filter", [])))
    shown = [state for state in ("active", "pending", "expired") if _flag(asked, state)]
    by_state: dict[str, list[Silence]] = {state: [] for state in shown}
    for each in house.folds.silences.list():
        named = {matcher.name: matcher.value for matcher in each.matchers}
        if each.state(now) in by_state and selector.matches(named):
            by_state[each.state(now)].append(each)
    return [
        *sorted(by_state.get("active", []), key=lambda each: each.ends_at),
        *sorted(by_state.get("pending", []), key=lambda each: each.starts_at),
        *sorted(by_state.get("expired", []), key=lambda each: each.ends_at, reverse=True),
    ]


def _silence(silence: Silence, now: datetime) -> dict[str, Any]:
    matchers = [
        {
            "isEqual": _FORMS[each.operator][1],
            "isRegex": _FORMS[each.operator][0],
            "name": each.name,
            "value": each.value,
        }
        for each in silence.matchers
    ]
    shown: dict[str, Any] = {
        "id": silence.id,
        "status": {"state": silence.state(now)},
        "updatedAt": silence.updated_at,
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": silence.ends_at,
        "matchers": matchers,
        "startsAt": silence.starts_at,
    }
    if silence.annotations:
        shown["annotations"] = silence.annotations
    return shown


def _put_silence(message: Message, key: Key, house: House) -> Answer:
    """Makes or changes one. Raises Conflict with the cure in words of this protocol when it is broad."""
    given = read_object(read_json(message.payload)[0], "body", fix='Send {"matchers": […], "startsAt": …}.')
    flags: set[str] = set()
    starts_at = text.moment(given.get("startsAt"), "startsAt", flags) or message.at
    ends_at = text.moment(given.get("endsAt"), "endsAt", flags)
    if ends_at is None:
        raise Invalid("is required", field="endsAt", fix="Write it like 2026-11-21T10:30:00Z.")
    comment = _text(given, "comment")
    try:
        silence = house.folds.silences.put(
            matchers=_matchers(given.get("matchers")),
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=_text(given, "createdBy"),
            comment=comment,
            id=_text(given, "id", required=False) or None,
            confirmed=comment.startswith(CONFIRMED),
            annotations=text.read_annotations(given.get("annotations"), "annotations", flags),
            by=f"key:{key.id}",
        )
    except Conflict as broad:
        fix = f"Name what is meant more closely, or confirm it: begin the comment with {CONFIRMED}."
        raise Conflict(broad.message, field=broad.field, fix=fix) from None
    return _json({"silenceID": silence.id})


def _text(given: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    value = given.get(name)
    if required and value is None:
        raise Invalid("is required", field=name, fix=f'Send {{"{name}": "…"}}.')
    return text.clean(text.scalar(value, name))


def _matchers(value: Any) -> list[Matcher]:
    if not isinstance(value, list) or not value:
        fix = 'Send [{"name": "alertname", "value": "DiskFull", "isRegex": false}].'
        raise Invalid("at least one matcher is needed", field="matchers", fix=fix)
    matchers: list[Matcher] = []
    for at, each in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded JSON
        given = read_object(
            each, f"matchers[{at}]", fix='Send {"name": "…", "value": "…", "isRegex": false}.'
        )
        form = given.get("isRegex"), given.get("isEqual", True)
        if not all(isinstance(part, bool) for part in form):
            fix = 'Send "isRegex": false, and "isEqual": false to mean the opposite.'
            raise Invalid("must be true or false", field=f"matchers[{at}].isRegex", fix=fix)
        matchers.append(
            Matcher(
                name=_text(given, "name"),
                operator=_OPERATORS[bool(form[0]), bool(form[1])],
                value=_text(given, "value"),
            )
        )
    return matchers


# Answers


def _said(status: int, sentence: str) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(sentence), headers=JSON)


def _json(value: Any) -> Answer:
    return Answer(status=200, body=msgspec.json.encode(value), headers=JSON)


def _status(started: datetime) -> dict[str, Any]:
    return {
        "cluster": {"peers": [], "status": "disabled"},
        "config": {"original": _CONFIG},
        "uptime": started.astimezone(UTC),
        "versionInfo": {
            "branch": "",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": "",
            "version": f"tocsin-{__version__}",
        },
    }
