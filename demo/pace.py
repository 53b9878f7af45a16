"""How fast does the story run? Waits, probes and clocks are divided by ten, and shown as such.

The configuration and the runbook in `config/` say the real times; only the copies in the work folder are shortened.
Time-outs of steps are left alone: commands do not run faster because the story does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WAITED = re.compile(
    r"^(?P<key>[ \t]*(?:-[ \t]+)?(?:every|soak|soak_every|after|assess|act|restore|report|Wait):[ \t]*)"
    r"(?P<time>\d+[smh])[ \t]*$",
    re.MULTILINE,
)
_DRAWN = re.compile(r"(?P<key>等待[ ：]*)(?P<seconds>\d+)(?P<unit> 秒)")
"""As a ladder that is drawn, or a line under a block, says it in Chinese."""
_CONTAINERS = 2
"""Those ladders wait for containers, which do not start faster because the story does: half as much is left out."""
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Every wait is divided by `by`."""

    by: float = 10.0

    def quicken(self, text: str) -> str:
        """The same text with its waits divided."""
        text = _WAITED.sub(lambda found: found["key"] + self.show(seconds(found["time"])), text)
        return _DRAWN.sub(
            lambda found: f"{found['key']}{int(found['seconds']) / self._drawn:g}{found['unit']}", text
        )

    @property
    def _drawn(self) -> float:
        return max(1.0, self.by / _CONTAINERS)

    def used(self, real: str) -> float:
        """Seconds that are really waited for what the configuration calls `real`."""
        return seconds(real) / self.by

    def show(self, real_s: float) -> str:
        """`3s`, as configuration and runbook write it."""
        return f"{real_s / self.by:g}s"

    def tell(self, real: str) -> str:
        """`3 s (30 s ÷ 10)`."""
        told = f"{real[:-1]} {'min' if real[-1] == 'm' else real[-1]}"
        return told if self.by == 1 else f"{self.used(real):g} s ({told} ÷ {self.by:g})"


def seconds(text: str) -> float:
    """`5m` → 300."""
    return int(text[:-1]) * _SECONDS[text[-1]]


def waits(text: str, key: str) -> list[str]:
    """The real times behind one key, in the order of the text: `waits(runbook, "Wait")` → ["30s", "60s", …]."""
    return [found["time"] for found in _WAITED.finditer(text) if found["key"].strip(" -:") == key]
