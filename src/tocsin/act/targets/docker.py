"""How is a Docker engine spoken to? Through Docker's own command, which knows contexts, TLS and ssh.

targets: {engine: {kind: docker, host: "ssh://deploy@10.0.0.7"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from tocsin.act.targets.target import TargetSettings

NoOption = Annotated[str, Field(min_length=1, max_length=1_024, pattern=r"^[^\-\x00-\x1f][^\x00-\x1f]*$")]
"""A text that stands as a word of its own in a command: neither an option nor two lines."""


class EngineSettings(TargetSettings):
    """Which engine. Without any of them: the one that Docker's command finds by itself."""

    host: NoOption | None = Field(
        default=None, description="unix:///run/docker.sock, tcp://10.0.0.7:2376 or ssh://user@host."
    )
    context: NoOption | None = Field(default=None, description="A context of Docker's command.")
    config: NoOption | None = Field(default=None, description="Folder with Docker's config.json and plugins.")
    certificates: NoOption | None = Field(
        default=None,
        description="Folder with ca.pem, cert.pem and key.pem: TLS to the engine is on and checked.",
    )


class DockerTarget(EngineSettings):
    """An engine and its containers."""

    kind: Literal["docker"] = "docker"
    project: NoOption | None = Field(
        default=None, description="A compose project: `service` in a verb means one of this project."
    )


def engine_environment(target: EngineSettings) -> dict[str, str]:
    """What Docker's command has to see so that it speaks to this engine."""
    found = {
        "DOCKER_HOST": target.host,
        "DOCKER_CONTEXT": target.context,
        "DOCKER_CONFIG": target.config,
        "DOCKER_CERT_PATH": target.certificates,
        "DOCKER_TLS_VERIFY": "1" if target.certificates else None,
    }
    return {name: value for name, value in found.items() if value}


_UNITS = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}  # fmt: skip


def usage(row: Mapping[str, Any]) -> dict[str, Any]:
    """One line of `docker stats` in numbers: percent of one core, bytes, percent of the limit."""
    used, _, limit = str(row.get("MemUsage", "")).partition(" / ")
    return {
        "name": row.get("Name"),
        "cpu_percent": _percent(row.get("CPUPerc")),
        "memory_bytes": size(used),
        "memory_limit_bytes": size(limit),
        "memory_percent": _percent(row.get("MemPerc")),
        "processes": _whole(row.get("PIDs")),
    }


def size(text: str) -> int | None:
    """`9.383MiB` → bytes; None for what is no size."""
    number = text.strip().rstrip("BKMGTikmgt")
    unit = text.strip().removeprefix(number)
    try:
        return round(float(number) * _UNITS[unit])
    except (KeyError, ValueError, OverflowError):
        return None


def _percent(value: Any) -> float | None:
    try:
        return float(str(value).rstrip("%"))
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    return int(value) if str(value).isascii() and str(value).isdigit() else None
