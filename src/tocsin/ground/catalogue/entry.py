"""What stands in the catalogue for a service? Where it answers, who owns it, what may be done to it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr

from tocsin.ground.catalogue.names import PlaceToConnect, Slug, WebAddress
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.secret import SecretOrText
from tocsin.ground.kernel.settings import Settings

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


def _as_text(value: Any) -> Any:
    """`PORT: 8080` and `DEBUG: true` are text for a process."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


class Endpoint(Settings):
    """One address of a service."""

    url: WebAddress = Field(description="As users reach it.")
    origin: PlaceToConnect | None = Field(
        default=None,
        description="Address of the origin, `203.0.113.7` or `host:port`, to ask it past the CDN.",
    )


class Target(Settings):
    """What steps act on: a compose file, a database, a cluster. The kind decides which further keys it takes."""

    model_config = ConfigDict(extra="allow")
    # pydantic's way to say of what type further keys are
    __pydantic_extra__: dict[str, SecretOrText | int | float | bool | list[Any] | dict[str, Any] | None]  # pyright: ignore[reportIncompatibleVariableOverride]

    kind: str = Field(description="compose, postgres, redis, …")
    worker: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._=-]{0,62}$")] | None = Field(
        default=None, description="Only a process started with `--label` of this name acts on it."
    )
    _folder: Path | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Keeps the folder of the configuration, which the loader tells."""
        self._folder = context.get("folder") if isinstance(context, dict) else None  # pyright: ignore[reportUnknownMemberType] - the loader's plain dict

    @property
    def folder(self) -> Path | None:
        """Where relative paths begin; None where it was not read from a folder."""
        return self._folder


class Monitor(Settings):
    """Looks at a service on a beat, with the service's own checks."""

    every: Duration = Field(default=timedelta(seconds=30), description="Time between two rounds.")
    rounds: int = Field(default=2, ge=1, le=100, description="Failing rounds in a row that make an alert.")
    severity: str | None = Field(default=None, description="Becomes the label severity of that alert.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of that alert.")


class Grouping(Settings):
    """Which alerts become one incident, and when their people hear of them."""

    by: tuple[str, ...] = Field(
        default=(),
        description='Labels that must be the same, such as cluster; ["..."] for each alert an incident of its own. '
        "Empty: all of the service, or all of one name where there is none.",
    )
    wait: Duration = Field(
        default=timedelta(),
        description="How long the first page waits for others to join. Never for a level of critical or high urgency.",
    )
    interval: Duration | None = Field(
        default=None,
        description="With it, alerts that join later are told as well, together and at most so often.",
    )


class Service(Settings):
    """A service, as the people who keep it alive see it."""

    title: str = Field(default="", description="As people call it. Without it, its name.")
    team: Slug | None = Field(default=None, description="The team that owns it, under teams:.")
    tier: Literal["core", "supporting"] = Field(default="supporting", description="How much hangs on it.")
    endpoints: dict[str, Endpoint] = Field(default_factory=dict, description="Where it answers.")
    targets: dict[str, Target] = Field(default_factory=dict, description="What on: in a step may name.")
    baseline: dict[str, float] = Field(
        default_factory=dict,
        description="Normal values, such as latency_ms: m.latency_ratio is measured against it.",
    )
    environment: dict[EnvironmentName, Annotated[SecretOrText, BeforeValidator(_as_text)]] = Field(
        default_factory=dict, description="What the steps of its runbooks see, besides their inputs."
    )
    checks: tuple[dict[str, Any], ...] = Field(default=(), description="Checks that say whether it is well.")
    monitor: Monitor | None = Field(default=None, description="With it, the checks run on a beat.")
    policy: str | None = Field(
        default=None, description="Severity policy, under policies:. Without it: default."
    )
    group: Grouping | None = Field(
        default=None, description="How its alerts are grouped. Without it: as its policy says."
    )
    escalation: str | None = Field(default=None, description="Who is paged, under escalations:.")
    runbooks: tuple[str, ...] = Field(default=(), description='Globs below runbooks/, such as "reco/*.md".')
    automatic: Literal["none", "read", "change"] = Field(
        default="none", description="Up to which level a run may act without a person."
    )
    repair: dict[str, Any] = Field(
        default_factory=dict, description="How it is rolled back, restarted and scaled, if Tocsin may."
    )
    degrade: tuple[dict[str, Any], ...] = Field(
        default=(), description="Simpler modes that keep people served until it is repaired."
    )
    soak: Duration = Field(
        default=timedelta(minutes=15), description="How long it is watched after a repair."
    )
    soak_every: Duration = Field(
        default=timedelta(minutes=1), description="Time between two rounds of the soak."
    )
    match: tuple[dict[str, str], ...] = Field(
        default=(),
        description='Alerts that are its own: maps of label to value, `*` allowed: {job: "reco-*"}.',
    )
