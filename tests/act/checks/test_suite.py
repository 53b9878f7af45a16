"""A round: all checks at once, none waited for in vain, passed only when all pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from structlog.testing import capture_logs

from tocsin.act.checks import Checks, CheckSettings, Finding, Probe, run_round
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.outbound import Outbound


class Stub(Probe[CheckSettings]):
    """Looks as it is told."""

    def __init__(self, name: str, does: Callable[[], Any], timeout: str = "1s") -> None:
        self.settings = CheckSettings.model_validate({"name": name, "kind": "stub", "timeout": timeout})
        self.does = does

    def look(self) -> Finding:
        self.does()
        return Finding(check=self.settings.name, ok=True, text="well", ms=1)


def test_checks_run_side_by_side():
    together = threading.Barrier(10)
    findings = run_round([Stub(f"c{each}", lambda: together.wait(5)) for each in range(10)])
    assert [each.check for each in findings] == [f"c{each}" for each in range(10)]
    assert all(each.ok for each in findings)


def test_a_check_that_hangs_is_left_behind():
    release = threading.Event()
    begun = time.monotonic()
    well, hung = run_round([Stub("well", lambda: None, "100ms"), Stub("hung", release.wait, "100ms")])
    assert time.monotonic() - begun < 3
    release.set()
    assert well.ok
    assert (hung.ok, hung.text) == (False, "no answer within 0.1 s")


def test_a_mistake_in_a_probe_is_a_failed_check():
    def broken() -> None:
        raise ZeroDivisionError

    with capture_logs():
        (finding,) = run_round([Stub("broken", broken)])
    assert (finding.ok, finding.text) == (False, "the probe failed: ZeroDivisionError")


def test_a_round_passes_only_when_all_checks_do(
    outbound: Outbound, web: Callable[..., str], talker: Callable[..., tuple[str, int]], clock: FrozenClock
):
    url = web(lambda *_: (200, {}, b"ok"))
    host, port = talker(lambda line: b"")
    up = [
        {"name": "web", "kind": "http", "url": url},
        {"name": "port", "kind": "tcp", "host": host, "port": port},
    ]
    checks = Checks(outbound, clock)
    well = checks.of_service("shop", Service.model_validate({"checks": up}))
    assert well is not None
    assert (well.ok, well.availability, well.at) == (True, 1.0, clock.now())
    assert well.summary.startswith(("1 / 1 ✓", "2 / 2 ✓"))
    down = [*up, {"name": "api", "kind": "http", "url": url, "expect": "status == 204"}]
    unwell = checks.of_service("shop", Service.model_validate({"checks": down}))
    assert unwell is not None
    assert (unwell.ok, round(unwell.availability, 2)) == (False, 0.67)
    assert unwell.summary.startswith("api ✗")
    assert unwell.latency_ms > 0
    assert checks.of_service("shop", Service()) is None
