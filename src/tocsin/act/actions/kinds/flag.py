"""Feature flags and degrade modes: what a service reads to know that it should do less for a while.

    targets: {flags: {kind: flags, url: "env:REDIS_URL", prefix: "flag:"}}
    targets: {flags: {kind: flags, file: /srv/shop/flags.json}}
    targets: {flags: {kind: flags, http: "https://config.internal/flags", token: "env:FLAGS_TOKEN"}}

A flag is a name with a value. It is kept where the service looks for it: as a key of Redis; as a name in a JSON file,
which is replaced as a whole; or behind HTTP, where `GET BASE/NAME` answers `{"value": …}` or 404, `PUT BASE/NAME` takes
`{"value": …, "reason": …}`, and `DELETE BASE/NAME` removes it. The reason is printed with the run.
"""

from __future__ import annotations

import json
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import quote

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.redis_talk import connected
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, setting, tell
from tocsin.act.targets.redis import Talk
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import Outbound, OutboundFailed

Name = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$", description="The flag: letters, digits, _ . : -")
Reason = Field(default="", max_length=500, description="Why, for whoever wonders tomorrow.")
_LARGEST = 1 << 20


class Show(Verb):
    """What a flag says; nothing where it is not set."""

    title = N_("Read a flag")
    level = "read"
    examples = ({"name": "degrade.recommendations"},)

    name: str = Name

    def plan(self) -> str:
        return f"Reads the flag {self.name}."


class Set(Verb):
    """Gives a flag a value, and says what it was before."""

    title = N_("Set a flag")
    level = "change"
    idempotent = True
    examples = ({"name": "degrade.recommendations", "value": "popular", "reason": "the model times out"},)

    name: str = Name
    value: Word = Field(description="Its value: on, off, popular, 10%.")
    reason: str = Reason

    def plan(self) -> str:
        return f"Sets the flag {self.name} to {self.value}."

    def undo(self) -> tuple[str, dict[str, Any]]:
        return "unset", {"name": self.name, "reason": "taken back"}


class Unset(Verb):
    """Removes a flag, so that the service goes by its own default; says what it was before."""

    title = N_("Unset a flag")
    level = "change"
    idempotent = True
    examples = ({"name": "degrade.recommendations"},)

    name: str = Name
    reason: str = Reason

    def plan(self) -> str:
        return f"Removes the flag {self.name}: the service goes by its own default."


class Flag(Toolbox):
    title = N_("Feature flags")
    verbs: ClassVar = (Show, Set, Unset)

    def act(self, verb: Verb, call: Call) -> Result:
        with _place(self.outbound, call) as flags:
            match verb:
                case Show():
                    return tell(call, [{"name": verb.name, "value": flags.get(verb.name)}])
                case Set():
                    before = flags.get(verb.name)
                    flags.put(verb.name, verb.value, verb.reason)
                    after = flags.get(verb.name)
                    row = {"name": verb.name, "value": after, "before": before, "reason": verb.reason}
                    same = after == verb.value
                    return tell(call, [row], well=same, why="" if same else "it did not take the value")
                case Unset():
                    before = flags.get(verb.name)
                    flags.remove(verb.name)
                    row = {"name": verb.name, "value": None, "before": before, "reason": verb.reason}
                    return tell(call, [row])
                case _:
                    raise CannotRun(f"there is no verb {type(verb).named()}")


class _Flags(ABC):
    """A place where flags are kept."""

    @abstractmethod
    def get(self, name: str) -> str | None: ...
    @abstractmethod
    def put(self, name: str, value: str, reason: str) -> None: ...
    @abstractmethod
    def remove(self, name: str) -> None: ...


def _place(outbound: Outbound, call: Call) -> AbstractContextManager[_Flags]:
    if call.target.get("file"):
        return _in_file(Path(setting(call, "file")))
    if call.target.get("http"):
        return _behind_http(outbound, call)
    return _in_redis(outbound, call)


@contextmanager
def _in_redis(outbound: Outbound, call: Call) -> Generator[_Flags]:
    with connected(outbound, call) as talk:
        yield _InRedis(talk, setting(call, "prefix", ""))


class _InRedis(_Flags):
    def __init__(self, talk: Talk, prefix: str) -> None:
        self._talk = talk
        self._prefix = prefix

    def get(self, name: str) -> str | None:
        found = self._talk.ask(("GET", f"{self._prefix}{name}"))
        return None if found is None else str(found)

    def put(self, name: str, value: str, reason: str) -> None:
        self._talk.ask(("SET", f"{self._prefix}{name}", value))

    def remove(self, name: str) -> None:
        self._talk.ask(("DEL", f"{self._prefix}{name}"))


@contextmanager
def _in_file(path: Path) -> Generator[_Flags]:
    if not path.is_file():
        raise CannotRun(f"there is no file {path}", fix="Make it, holding {}, where the service reads it.")
    yield _InFile(path)


class _InFile(_Flags):
    """A JSON map in a file, replaced in one move: a reader sees the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        found = self._all().get(name)
        return None if found is None else str(found)

    def put(self, name: str, value: str, reason: str) -> None:
        self._write({**self._all(), name: value})

    def remove(self, name: str) -> None:
        self._write({known: value for known, value in self._all().items() if known != name})

    def _all(self) -> dict[str, Any]:
        try:
            found: Any = json.loads(self._path.read_bytes()[:_LARGEST] or b"{}")
        except (ValueError, OSError, RecursionError) as error:
            raise OutboundFailed(f"{self._path} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise OutboundFailed(f"{self._path} holds no map of flags")
        return cast("dict[str, Any]", found)

    def _write(self, flags: dict[str, Any]) -> None:
        try:
            with tempfile.NamedTemporaryFile(
                "w", dir=self._path.parent, prefix=f".{self._path.name}.", delete=False, encoding="utf-8"
            ) as file:
                json.dump(flags, file, ensure_ascii=False, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).chmod(self._path.stat().st_mode & 0o777)
            Path(file.name).replace(self._path)
        except OSError as error:
            raise OutboundFailed(f"{self._path} cannot be written: {error}") from error


@contextmanager
def _behind_http(outbound: Outbound, call: Call) -> Generator[_Flags]:
    yield _BehindHttp(outbound, call)


class _BehindHttp(_Flags):
    def __init__(self, outbound: Outbound, call: Call) -> None:
        self._outbound = outbound
        self._call = call

    def get(self, name: str) -> str | None:
        status, told = self._ask("GET", name)
        if status == 404:
            return None
        value = told.get("value")
        return None if value is None else str(value)

    def put(self, name: str, value: str, reason: str) -> None:
        self._ask("PUT", name, {"value": value, "reason": reason})

    def remove(self, name: str) -> None:
        self._ask("DELETE", name)

    def _ask(self, method: str, name: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        token = setting(self._call, "token", "")
        answer = self._outbound.request(
            method,
            f"{setting(self._call, 'http').rstrip('/')}/{quote(name, safe='')}",
            headers={"authorization": f"Bearer {token}"} if token else {},
            json=body,
            timeout=self._call.timeout_s,
            trusted=True,
        )
        if not 200 <= answer.status < 300 and not (answer.status == 404 and method != "PUT"):
            raise OutboundFailed(f"{method} {name} was answered {answer.status}")
        try:
            told: Any = json.loads(answer.body) if answer.body else {}
        except ValueError:
            told = {}
        return answer.status, cast("dict[str, Any]", told) if isinstance(told, dict) else {}
