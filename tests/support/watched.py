"""An installation whose engine stands still, with an auditor that looks when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from receiver import Receiver
from waiting import until

from tocsin.act.notify import Deliveries
from tocsin.configuration import Configuration
from tocsin.ground.engine import Engine
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.learn.watch import Auditor


@dataclass(kw_only=True)
class Watched:
    """What can be broken, and what was told of it."""

    store: Store
    clock: FrozenClock
    engine: Engine
    deliveries: Deliveries
    auditor: Auditor
    inbox: Receiver
    outside: Receiver
    answers: list[bool] = field(default_factory=lambda: [True])
    unknown: list[str] = field(default_factory=list)
    apart: list[timedelta] = field(default_factory=lambda: [timedelta()])
    deaf: list[str] = field(default_factory=lambda: [""])

    def later(self, seconds: float = 60) -> list[str]:
        """The parts that are not well after one more period."""
        self.clock.tick(seconds)
        self.engine.boots.beat()
        return [each.part for each in self.auditor.look()]

    def told(self, count: int) -> list[str]:
        """The subjects of what the fallback channel was told, once there are as many."""
        until(lambda: len(self.inbox.messages) >= count, 10, "the fallback's message")
        return [body["data"]["subject"] for _, _, body in self.inbox.messages]


@contextmanager
def watched_house(store: Store, clock: FrozenClock, tmp_path: Path) -> Generator[Watched]:
    inbox, outside = Receiver(), Receiver()
    values: dict[str, Any] = {
        "people": {
            "mei": {"name": "Mei-Ling Chen", "webhook": inbox.url},
            "jun": {"name": "Jun Wu", "webhook": "https://hooks.example.com/jun"},
        },
        "channels": {"hook": {"kind": "webhook"}},
        "watch": {"heartbeat_url": outside.url, "fallback": [{"channel": "hook", "person": "mei"}]},
    }
    configuration = Configuration.model_validate(values)
    current: Callable[[], Configuration] = lambda: configuration  # noqa: E731 - as the holder of the configuration
    bell, outbound = Bell(), Outbound(("127.0.0.0/8",))
    engine = Engine(store, clock, bell, folder=tmp_path)
    engine.boots.begin()
    links = Links(lambda: "https://tocsin.example.com", b"k" * 32)
    deliveries = Deliveries(
        store, clock, current, bell=bell, links=links, outbound=outbound, boots=engine.boots
    )
    answers, unknown, apart, deaf = [True], list[str](), [timedelta()], [""]

    def resolve(host: str, _: int) -> list[str]:
        if host in unknown:
            raise OSError("Name or service not known")
        return ["127.0.0.1"]

    auditor = Auditor(
        store,
        clock,
        current,
        engine=engine,
        sender=deliveries,
        outbound=outbound,
        links=links,
        pulse=lambda _: answers[0],
        deaf=lambda _: deaf[0],
        resolve=resolve,
        other_clock=lambda _: clock.now() + apart[0],
    )
    yield Watched(
        store=store,
        clock=clock,
        engine=engine,
        deliveries=deliveries,
        auditor=auditor,
        inbox=inbox,
        outside=outside,
        answers=answers,
        unknown=unknown,
        apart=apart,
        deaf=deaf,
    )
    outbound.close()
    inbox.stop()
    outside.stop()
