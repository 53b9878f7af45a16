"""What does the configuration say about watching Tocsin itself? `watch:` and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.secret import SecretOrText
from tocsin.ground.kernel.settings import Problem, Section, Settings


class Fallback(Settings):
    """One way to say that Tocsin is not well. It is used directly, without the queue that may be what is broken."""

    channel: str = Field(description="A name under channels:, better one that nothing else depends on.")
    person: str = Field(description="A name under people:, who is told.")


class WatchSettings(Settings):
    """How Tocsin looks after itself."""

    every: Duration = Field(
        default=timedelta(seconds=60), description="How often everything that is due is checked to be done."
    )
    late: Duration = Field(
        default=timedelta(seconds=60),
        description="What is due for longer than this and not done is a finding.",
    )
    heartbeat_url: SecretOrText | None = Field(
        default=None,
        description="Called with GET at each look while all is well; whoever waits for it there, tells when it stops.",
    )
    fallback: tuple[Fallback, ...] = Field(
        default=(), description="Who is told of a finding, and by which channel, beside the queue of pages."
    )
    pages_within: Duration = Field(
        default=timedelta(seconds=30),
        description="The service level of a page: from its alert's receipt to sent.",
    )


class WatchSection(Section):
    watch: Annotated[
        WatchSettings,
        Field(default=WatchSettings(), description="Who notices when Tocsin itself is not well, and how."),
    ]

    def cross_check(self) -> Iterable[Problem]:
        known: Mapping[str, Mapping[str, Any]] = {
            "channel": getattr(self, "channels", {}),
            "person": getattr(self, "people", {}),
        }
        for index, fallback in enumerate(self.watch.fallback):
            for field, names in known.items():
                name = getattr(fallback, field)
                if name not in names:
                    yield Problem(
                        path=("watch", "fallback", index, field),
                        message=f"there is no {field} {name}",
                        fix=did_you_mean(name, names, f"{field}s" if field == "channel" else "people"),
                    )
