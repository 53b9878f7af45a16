"""What is a source? One file under `sources/`, which reads one protocol and answers as that protocol demands.

The file's docstring is its manual page. Keys, limits, encodings, commits and retries are the receiver's business; a
source turns a message into signals, and outcomes into the answer that its senders know. What is no message (questions,
silences of `amtool`, pings) it serves itself, with the rooms of the house at hand.
"""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from pydantic import Field, ValidationError

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.ground.kernel.ids import new_token
from tocsin.ground.kernel.settings import Settings
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change
from tocsin.sense.intake import limits
from tocsin.sense.intake.house import House

JSON = (("content-type", "application/json"),)
_SETTINGS_REMEMBERED = 1_024


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One request. `path` is what follows `/in/KEY`, or the whole path where a client speaks to the root.

    `raw` is the body as it came, for signatures; `payload` the same decompressed, within limits, and UTF-8 unless the
    source is `binary`. Names of headers are in lower case. `at` is when it came. `proven`: it is sent again from our
    own mailbook, and who sent it was proven when it came; what proved it was not kept.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    raw: bytes
    payload: bytes
    at: datetime
    proven: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message said: its signals and changes, and what could not be taken where the rest is stored anyway.

    `acknowledged` are the de-duplication keys of alerts that somebody has, says their sender.
    """

    signals: Sequence[Signal] = ()
    changes: Sequence[Change] = ()
    acknowledged: Sequence[str] = ()
    problems: tuple[TocsinError, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A message that the contract tests send: what it is, its body, and how many alerts and changes it tells of."""

    title: str
    body: bytes
    alerts: int
    path: str
    changes: int = 0
    method: str = "POST"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class SourceSettings(Settings):
    """What a key of a kind is told beside its name and service; secrets as references."""

    alerts_per_minute: int | None = Field(
        default=None, ge=1, description="What it may send for ever; without it, what `intake:` says."
    )


class Source(ABC):
    """Base of every source. `kind`, the file's name, is what a key is made for."""

    title: ClassVar[str]
    paths: ClassVar[tuple[str, ...]]
    """Where it takes messages, below `/in/KEY`; `*` stands for one part of a path."""
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    """How messages are sent to `paths`."""
    serves: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What else may be asked of it: the methods, by path (with `*` as above)."""
    rooted: ClassVar[bool] = False
    """Whether unmodified clients reach the same paths without `/in/KEY`, so that `credential` names the key."""
    keyed_only: ClassVar[tuple[str, ...]] = ()
    """Of a rooted source, the paths that are taken below `/in/KEY` alone."""
    key_in_body: ClassVar[bool] = False
    """Whether `credential` has to look into the payload."""
    content_types: ClassVar[tuple[str, ...]] = ("application/json",)
    binary: ClassVar[bool] = False
    """Whether a message may hold more than text: then `payload` may be other than UTF-8."""
    limit: ClassVar[int] = limits.BODY
    Settings: ClassVar[type[SourceSettings]] = SourceSettings
    examples: ClassVar[tuple[Example, ...]]

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is that of the configuration, from which the files of secrets are found."""
        self._folder = folder
        self._settings: dict[str, tuple[Mapping[str, Any], SourceSettings]] = {}

    def credential(self, message: Message) -> str:
        """The key that a message to the root names: here the bearer token or the password of basic authentication."""
        return header_credential(message.headers)

    def settings_of(self, key: Key) -> SourceSettings:
        """What this key was told. A setting that no longer fits raises Invalid, which its sender hears."""
        known = self._settings.get(key.id)
        if known and known[0] == key.settings:
            return known[1]
        try:
            told = self.Settings.model_validate(key.settings, context={"folder": self._folder})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            fix = "Whoever keeps this key has to mend its settings."
            raise Invalid(
                f"a setting of the key does not fit: {first['msg']}", field=field, fix=fix
            ) from None
        if len(self._settings) >= _SETTINGS_REMEMBERED:
            self._settings.clear()
        self._settings[key.id] = (key.settings, told)
        return told

    def new_secret(self) -> str:
        """A fresh key of this kind, of at least 128 random bits: the form is ours unless senders demand another."""
        return new_token("in")

    def usage(self, base: str, secret: str) -> Sequence[str]:
        """How a sender uses this key, in lines for who has just made it; `base` is our public address."""
        path = self.paths[0]
        lines = ["Post to the address that holds it:", f"  {base}/in/{secret}{path}"]
        if self.rooted or not path:
            lines += ["or send it as bearer token or basic-auth password to:", f"  {base}{path or '/in/'}"]
        return lines

    @abstractmethod
    def read(self, message: Message, key: Key) -> Reading:
        """The signals in a message. Raises Malformed, Invalid or Unauthenticated to refuse it whole."""

    @abstractmethod
    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        """What the sender hears once everything is stored."""

    def refuse(self, error: TocsinError) -> Answer:
        """What the sender hears when nothing was stored."""
        return Answer(status=error.status, body=msgspec.json.encode(error.as_json()), headers=JSON)

    def serve(self, message: Message, key: Key, house: House) -> Answer:
        """Answers what `serves` names. Runs in a thread; what it changes is on disk when it returns."""
        raise NotImplementedError  # never asked: `serves` is empty


def accepted(reading: Reading, outcomes: Sequence[Outcome], status: int = 202) -> Answer:
    """What a sender hears that has no words of its own: what became of each alert, and how many changes were noted."""
    alerts = [{"id": each.alert, "result": each.result} for each in outcomes]
    body = {"status": "accepted", "alerts": alerts, "changes": len(reading.changes)}
    return Answer(status=status, body=msgspec.json.encode(body), headers=JSON)


def of_service(signals: Sequence[Signal], service: str | None) -> Sequence[Signal]:
    """A key that belongs to a service speaks of that one alone."""
    if service is None:
        return signals
    return [replace(each, labels={**each.labels, "service": service}) for each in signals]


def header_credential(headers: Mapping[str, str]) -> str:
    """The bearer token, or the password of basic authentication."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return ""
