"""Waiting for what another thread or process brings about, for as long as a loaded machine may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], Any], seconds: float = 30, what: str = "it") -> Any:
    """Waits for a truthy answer and returns it; fails by name after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return answer
