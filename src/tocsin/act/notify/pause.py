"""How long until the next attempt? Doubling pauses with jitter, and what the receiver asked for."""

from __future__ import annotations

import random

_FIRST_S = 1.0
_LONGEST_S = 60.0
_JITTER = 0.2
_ASKED_AT_MOST_S = 300.0


def pause(attempt: int, retry_after: float | None, *, chance: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1).

    1, 2, 4 … 60 s, each ± 20 %, so that many pages that failed together do not come back together.
    `retry_after` is obeyed up to five minutes: a page that waits longer than that might as well not be sent,
    and the person's next channel is used after a minute whatever this receiver asks for.
    """
    grown = min(_LONGEST_S, _FIRST_S * 2 ** min(attempt - 1, 16))
    grown *= 1 + chance.uniform(-_JITTER, _JITTER)
    return max(grown, min(retry_after or 0.0, _ASKED_AT_MOST_S))
