"""Names for rows: short, unguessable, and sorted by the time they were made.

48 bits of milliseconds and 80 random bits in Crockford's base 32, as ULID has it (github.com/ulid/spec).
"""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, *, at_ms: int | None = None) -> str:
    """A new id such as `run_01jd3x…`; ids of a later millisecond sort after those of an earlier one."""
    number = ((at_ms if at_ms is not None else time.time_ns() // 1_000_000) << 80) | secrets.randbits(80)
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(letters)}"


def new_token(prefix: str) -> str:
    """A bearer secret of 256 bits, shown once and stored hashed: `tok_…`."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"
