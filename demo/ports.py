"""Which loopback port is free? One outside the range from which outgoing connections take theirs, so that it stays free
while the server that owns it is down."""

from __future__ import annotations

import random
import socket

FIRST, LAST = 20_000, 30_000


def free_port() -> int:
    """A port nobody listens on, on 127.0.0.1."""
    for port in random.sample(range(FIRST, LAST), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free loopback port between {FIRST} and {LAST}")
