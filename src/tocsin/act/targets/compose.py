"""How is a compose project spoken to? Through `docker compose`, or `docker-compose` where there is no such plugin.

    targets: {stack: {kind: compose, file: /srv/shop/compose.yaml}}

Files and folders that are not absolute begin at the folder of the configuration.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from tocsin.act.targets.docker import EngineSettings, NoOption

_PLUGINS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class ComposeTarget(EngineSettings):
    """A project, as its compose files describe it."""

    paths: ClassVar = frozenset({"file", "directory", "env_file"})

    kind: Literal["compose"] = "compose"
    file: Annotated[tuple[NoOption, ...], BeforeValidator(_several)] = Field(
        default=(), description="compose.yaml, or several that are laid over each other."
    )
    directory: NoOption | None = Field(
        default=None, description="The project's folder. Without it: that of the first file."
    )
    project: NoOption | None = Field(
        default=None, description="Its name, where it is not that of the folder or the file."
    )
    env_file: NoOption | None = Field(default=None, description="A file with variables of the compose file.")
    profiles: tuple[NoOption, ...] = Field(default=(), description="Profiles that are switched on.")
    program: Annotated[tuple[NoOption, ...], BeforeValidator(_several)] = Field(
        default=(), description="How compose is called here. Without it: found by itself."
    )


def compose_words(target: ComposeTarget) -> list[str]:
    """The command up to the verb."""
    words = list(target.program) or _program(target)
    for each in target.file:
        words += ["--file", str(Path(each).absolute())]
    if target.directory:
        words += ["--project-directory", str(Path(target.directory).absolute())]
    if target.project:
        words += ["--project-name", target.project]
    if target.env_file:
        words += ["--env-file", str(Path(target.env_file).absolute())]
    for each in target.profiles:
        words += ["--profile", each]
    return words


def _program(target: ComposeTarget) -> list[str]:
    own = target.config or os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    folders = (f"{own}/cli-plugins", *_PLUGINS)
    plugged_in = any(os.access(f"{folder}/docker-compose", os.X_OK) for folder in folders)
    if not plugged_in and shutil.which("docker-compose"):
        return ["docker-compose"]
    return ["docker", "compose"]
