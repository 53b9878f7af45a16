"""Jobs that report when they run, as they do to Healthchecks.

A job pings an address; when no ping comes in time, when one says that the job failed, or when a start has no end,
there is an alert, and the next success ends it. Any client of [Healthchecks](https://healthchecks.io/docs/http_api/)
works with the address changed. `HEAD`, `GET` or `POST`:

    URL/ping/UUID                the job is well
    URL/ping/UUID/start          it begins; with `?rid=UUID` the end of the same run is known by it
    URL/ping/UUID/fail           it failed
    URL/ping/UUID/0 … /255       it ended with this status; all but 0 are failures
    URL/ping/UUID/log            something to keep, without any meaning
    URL/ping/KEY/SLUG…           the same by name, with an intake key of the kind `heartbeat`
    URL/in/KEY/ping/SLUG…        the same

`UUID` is the address of one job, shown by `tocsin heartbeat list`. With `?create=1` a name that is not known yet
becomes a heartbeat, as the settings of the key say. The first 10,000 bytes of a body are kept and shown on the alert of
a failure. Answers: 200 `OK`, 201 when it was made, 404 `not found`, 400 `invalid url format` or `invalid uuid format`,
409 `ambiguous slug`. Every ping counts, however many come.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, ClassVar, cast
from urllib.parse import parse_qs

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from tocsin.ground.accounts import Key
from tocsin.ground.catalogue import TimeZone
from tocsin.ground.kernel.errors import (
    Conflict,
    Denied,
    Invalid,
    Malformed,
    NotFound,
    TocsinError,
    Unauthenticated,
)
from tocsin.sense.alerts import Outcome
from tocsin.sense.heartbeats import Ping
from tocsin.sense.heartbeats.heartbeat import Kind
from tocsin.sense.heartbeats.schedule import checked_cron
from tocsin.sense.heartbeats.section import KEY_PREFIX, BeatSlug, HeartbeatSettings, Wait
from tocsin.sense.intake import limits
from tocsin.sense.intake.house import House
from tocsin.sense.intake.source import (
    Answer,
    Example,
    Message,
    Reading,
    Source,
    SourceSettings,
    header_credential,
)
from tocsin.sense.intake.text import clean

BODY_KEPT = 10_000
_AGENT_KEPT = 200
_HEADERS = (
    ("content-type", "text/plain; charset=utf-8"),
    ("ping-body-limit", str(BODY_KEPT)),
    ("access-control-allow-origin", "*"),
)
_WORDS: dict[str, Kind] = {"start": "start", "fail": "fail", "log": "log"}
_METHODS = ("HEAD", "GET", "POST")
_slugs = TypeAdapter[str](BeatSlug)


class HeartbeatKey(SourceSettings):
    """What a heartbeat is like that a ping with `?create=1` makes."""

    period: Wait = Field(default=timedelta(days=1), description="How often it reports.")
    cron: Annotated[str, AfterValidator(checked_cron)] | None = Field(
        default=None, description="When it runs, as in a crontab; instead of `period`."
    )
    time_zone: TimeZone | None = Field(default=None, description="Of `cron`.")
    grace: Wait = Field(default=timedelta(hours=1), description="How late it may be.")
    severity: str = Field(default="", description="The label `severity` of its alerts.")

    @property
    def made(self) -> HeartbeatSettings:
        when = {"cron": self.cron, "time_zone": self.time_zone} if self.cron else {"period": self.period}
        return HeartbeatSettings.model_validate({**when, "grace": self.grace, "severity": self.severity})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """Whom a path names, and what it says: `address` is a uuid, else `slug` is a name."""

    address: str = ""
    slug: str = ""
    kind: Kind = "success"
    exit_status: int | None = None


class Heartbeat(Source):
    title = "Heartbeats (Healthchecks)"
    paths = ("/ping",)
    methods = ()
    serves: ClassVar = {
        path + end: _METHODS for path in ("/ping", "/ping/*", "/ping/*/*", "/ping/*/*/*") for end in ("", "/")
    }
    rooted = True
    binary = True
    limit = limits.BATCH_BODY
    Settings: ClassVar[type[SourceSettings]] = HeartbeatKey
    examples = (
        Example(
            title="a job that is heard for the first time",
            body=b"copied 3 files",
            alerts=0,
            path="/ping/nightly-backup",
            query="create=1",
            headers=(("content-type", "text/plain"),),
        ),
    )

    def credential(self, message: Message) -> str:
        """The first part of the path, where it is a uuid or a key; else what the header Authorization says."""
        parts = [each for each in message.path.split("/")[2:] if each]
        if parts and (_is_address(parts[0]) or parts[0].startswith(KEY_PREFIX)):
            return parts[0]
        told = header_credential(message.headers)
        if not told and len(parts) < 2:
            raise _no_such_form()
        return told or parts[0]

    def usage(self, base: str, secret: str) -> Sequence[str]:
        return (
            "Ping a job by its name, which `?create=1` makes where there is none:",
            f"  curl -fsS -m 10 --retry 5 '{base}/ping/{secret}/NAME?create=1'",
            "or let it run under:",
            f"  TOCSIN_URL={base} TOCSIN_KEY={secret} tocsin exec --slug NAME --create -- COMMAND",
        )

    def read(self, message: Message, key: Key) -> Reading:
        return Reading()

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return _said(200, "OK")

    def refuse(self, error: TocsinError) -> Answer:
        if isinstance(error, NotFound | Unauthenticated | Denied):
            return _said(404, "not found")
        if isinstance(error, Conflict):
            return _said(409, "ambiguous slug")
        return _said(400 if isinstance(error, Malformed | Invalid) else error.status, error.message)

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        asked = _asked(message.query)
        wanted = _wanted(message.path)
        ping = Ping(
            kind=wanted.kind,
            at=message.at,
            rid=_rid(asked.get("rid")),
            exit_status=wanted.exit_status,
            body=clean(message.payload[:BODY_KEPT].decode("utf-8", "replace")),
            method=message.method,
            agent=clean(message.headers.get("user-agent", ""))[:_AGENT_KEPT],
        )
        if wanted.address:
            house.heartbeats.ping(wanted.address, ping)
            return _said(200, "OK")
        if house.heartbeats.is_address(key):
            raise NotFound("the address of one heartbeat opens no other", fix="Ping that address.")
        make = cast(HeartbeatKey, self.settings_of(key)).made if asked.get("create") == "1" else None
        heard = house.heartbeats.ping_slug(key, wanted.slug, ping, make)
        return _said(201, "Created") if heard.made else _said(200, "OK")


def _said(status: int, text: str) -> Answer:
    return Answer(status=status, body=text.encode(), headers=_HEADERS)


def _wanted(path: str) -> _Wanted:
    """What a path says. Raises Malformed."""
    parts = path.removesuffix("/").split("/")[2:]
    if parts and _is_address(parts[0]):
        return _ended(_Wanted(address=parts[0]), parts[1:])
    if parts and parts[0].startswith(KEY_PREFIX):
        parts = parts[1:]
    if not parts:
        raise _no_such_form()
    try:
        slug = _slugs.validate_python(parts[0])
    except ValidationError:
        raise _no_such_form() from None
    return _ended(_Wanted(slug=slug), parts[1:])


def _ended(wanted: _Wanted, rest: Sequence[str]) -> _Wanted:
    if not rest:
        return wanted
    word = rest[0]
    if len(rest) == 1 and word in _WORDS:
        return replace(wanted, kind=_WORDS[word])
    if len(rest) == 1 and word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) <= 255:
        return replace(wanted, kind="fail" if int(word) else "success", exit_status=int(word))
    raise _no_such_form()


def _asked(query: str) -> dict[str, str]:
    try:
        return {name: each[-1] for name, each in parse_qs(query, max_num_fields=20).items()}
    except ValueError:
        raise _no_such_form() from None


def _rid(given: str | None) -> str:
    if given is None:
        return ""
    rid = _uuid(given)
    if not rid:
        raise Malformed("invalid uuid format", field="rid", fix="Send ?rid= with a UUID.")
    return rid


def _is_address(part: str) -> bool:
    return len(part) == 36 and _uuid(part) != ""


def _uuid(text: str) -> str:
    """The uuid, as it is written in one way; empty if it is none."""
    try:
        return str(uuid.UUID(text)) if len(text) in (32, 36) else ""
    except ValueError:
        return ""


def _no_such_form() -> Malformed:
    return Malformed("invalid url format", field="path", fix="Ping /ping/UUID or /ping/KEY/NAME.")
