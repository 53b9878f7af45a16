"""Did this change ever leave us, and what did the provider say to it? For verbs that are requests to a web interface.

- `sent` is made with O_EXCL before the first request that may change something; whoever makes it first decides. A
  finder that gets it knows that nothing was sent, and holds it for ever.
- `accepted` holds what the provider answered. From there on, an attempt only looks on and can be taken up.
- With `sent` alone nobody knows.
"""

from __future__ import annotations

import json
import os
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from tocsin.act.actions.action import Call, CannotRun, Found, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, tell
from tocsin.act.targets.target import TargetFailed
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.secret import scrub

_TURN_S = 0.2
_STOPS = {"cancelled": N_("was cancelled")}


class Requested(Toolbox):
    """A toolbox whose verbs are requests."""

    @abstractmethod
    def look(self, verb: Verb, call: Call) -> Result:
        """Carries out a verb that changes nothing. May raise TargetFailed and BadTarget."""

    @abstractmethod
    def change(self, verb: Verb, call: Call) -> Mapping[str, Any]:
        """Sends what changes something, after `fence(call)`; returns what was accepted, as JSON can hold it."""

    def conclude(self, verb: Verb, call: Call, accepted: Mapping[str, Any]) -> Result:
        """What came of it; where that takes time, waits for it. Also called after a crash."""
        return tell(call, [accepted])

    def act(self, verb: Verb, call: Call) -> Result:
        started = time.monotonic()
        try:
            if verb.level_of() == "read":
                result = self.look(verb, call)
            else:
                accepted = dict(self.change(verb, call))
                _keep(call, accepted)
                left = call.timeout_s - (time.monotonic() - started)
                result = self.conclude(verb, replace(call, timeout_s=left), accepted)
        except TargetFailed as error:
            result = _failed(call, error)
        return replace(result, ms=round((time.monotonic() - started) * 1000, 1))

    def find(self, call: Call) -> Found:
        if _kept(call) is not None:
            return Found.RUNNING
        if not call.same_machine or not call.folder.is_dir():
            return Found.UNKNOWN
        return Found.NOT_STARTED if _claim(call) else Found.UNKNOWN

    def take_up(self, call: Call) -> Result:
        left = replace(call, timeout_s=max(0.0, call.timeout_s - call.elapsed_s))
        try:
            return self.conclude(self.verb_of(call), left, _kept(call) or {})
        except TargetFailed as error:
            return _failed(call, error)


def fence(call: Call) -> Callable[[], None]:
    """To be called before each request that changes something. Raises CannotRun where the attempt was settled."""
    mine = False

    def close() -> None:
        nonlocal mine
        if not mine and not _claim(call):
            raise CannotRun("another process has settled this attempt")
        mine = True

    return close


def waited(
    call: Call, done: Callable[[], Result | None], *, every_s: float, left_s: Callable[[], float]
) -> Result:
    """Looks until there is a result, the time is up or the step is to end. A look that fails for the moment is
    repeated.
    """
    last = ""
    while True:
        try:
            result = done()
        except TargetFailed as error:
            if not error.temporary:
                raise
            result, last = None, error.message
        if result is not None:
            return result
        until = time.monotonic() + every_s
        while time.monotonic() < until:
            if stop := call.stopped():
                return Result(well=False, cut=True, why=_STOPS.get(stop, stop))
            if left_s() <= 0:
                with call.err.open("a", encoding="utf-8") as err:
                    err.write(f"{scrub(last)}\n" if last else "")
                return Result(well=False, cut=True, why=N_("did not end in time"))
            time.sleep(min(_TURN_S, every_s))


def _claim(call: Call) -> bool:
    try:
        os.close(os.open(call.folder / "sent", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def _keep(call: Call, accepted: Mapping[str, Any]) -> None:
    """Whole or not at all: it counts once its newline is there."""
    with (call.folder / "accepted").open("w", encoding="utf-8") as file:
        file.write(json.dumps(accepted, ensure_ascii=False) + "\n")


def _kept(call: Call) -> Mapping[str, Any] | None:
    try:
        text = (call.folder / "accepted").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return cast("Mapping[str, Any]", json.loads(text)) if text.endswith("\n") else None


def _failed(call: Call, error: TargetFailed) -> Result:
    why = scrub(f"{error.message} ({error.fix})" if error.fix else error.message)
    with call.err.open("a", encoding="utf-8") as err:
        err.write(f"{why}\n")
    return Result(well=False, why=why, status=error.answered)
