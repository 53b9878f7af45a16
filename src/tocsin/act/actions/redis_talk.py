"""How does a step speak to the Redis (or Valkey) server that it names? Within its time, and until it is cancelled."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from tocsin.act.actions.action import Call, CannotRun
from tocsin.act.targets.redis import Talk, redis_server, redis_talk
from tocsin.act.targets.target import BadTarget
from tocsin.ground.kernel.outbound import Outbound


@contextmanager
def connected(outbound: Outbound, call: Call) -> Generator[Talk]:
    """A talk with the step's target, signed in and at its database. Raises CannotRun, and what `Outbound` raises."""
    try:
        server = redis_server(call.target)
    except BadTarget as error:
        raise CannotRun(error.message, fix=error.fix) from None
    with redis_talk(outbound, server, call.timeout_s, call.stopped) as talk:
        yield talk
