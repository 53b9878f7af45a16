"""Is the service well? All its checks at once, each within its time, judged as one round."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog

from tocsin.act.checks.finding import Finding, Round
from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.act.checks.section import kinds, read_check
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Outbound, OutboundFailed

_AT_ONCE = 16
_GRACE_S = 0.5
_log = structlog.get_logger(__name__)


class Checks:
    """Runs the checks of services."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    def of_service(self, name: str, service: Service) -> Round | None:
        """One round of the service's checks; None where it has none. Raises Invalid for a check that is none."""
        return self.round([read_check(each) for each in service.checks]) if service.checks else None

    def round(self, checks: Sequence[CheckSettings]) -> Round:
        """Looks at everything side by side and waits no longer than the checks allow."""
        probes = [kinds()[each.kind](each, self._outbound) for each in checks]
        return Round(at=self._clock.now(), findings=run_round(probes))


def run_round(probes: Sequence[Probe[Any]]) -> tuple[Finding, ...]:
    """What each probe found, in their order. One that hangs beyond its timeout is left behind, and has failed."""
    deadline_s = max((each.timeout_s for each in probes), default=0.0) + _GRACE_S
    pool = ThreadPoolExecutor(max_workers=min(max(len(probes), 1), _AT_ONCE), thread_name_prefix="check")
    try:
        looks: dict[Future[Finding], Probe[Any]] = {pool.submit(_look, each): each for each in probes}
        rounds = -(-len(probes) // _AT_ONCE)
        wait(looks, timeout=deadline_s * rounds)
        return tuple(look.result() if look.done() else _silent(probe) for look, probe in looks.items())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _look(probe: Probe[Any]) -> Finding:
    begun = time.monotonic()
    stage = "probe"  # it could not look, which says nothing of what it looks at
    try:
        return probe.look()
    except OutboundFailed as error:
        text, stage = error.message, error.stage
    except TocsinError as error:
        text = error.message
    except Exception as error:
        _log.exception("a probe failed", check=probe.settings.name)
        text = f"the probe failed: {type(error).__name__}"
    ms = round((time.monotonic() - begun) * 1000, 1)
    return Finding(check=probe.settings.name, ok=False, text=text, ms=ms, detail={"stage": stage})


def _silent(probe: Probe[Any]) -> Finding:
    text = f"no answer within {probe.timeout_s:g} s"
    return Finding(
        check=probe.settings.name, ok=False, text=text, ms=probe.timeout_s * 1000, detail={"stage": "answer"}
    )
