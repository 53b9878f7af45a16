"""Inside a container that runs, through `docker exec`.

```yaml
targets:
  api: {kind: container, container: shop-api-1, user: app}
```

`container` is its name or id, `user` is as in docker. `host`, `context`, `config` and `certificates` say which engine,
as for `kind: docker`. The command sees only what it was given: not the environment of the container's own process, in
which secrets may stand that are none of this step's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from tocsin.act.targets.docker import EngineSettings, engine_environment
from tocsin.act.targets.place import LINE, Place
from tocsin.act.targets.target import read_target
from tocsin.ground.i18n import N_

_REFUSALS = ("Error response from daemon:", "Cannot connect to the Docker daemon", "Error: No such container")
_SHORT = 2_000
_OURS = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


class ContainerTarget(EngineSettings):
    """One container of an engine."""

    kind: Literal["container"]
    container: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$")]
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,100}$")] | None = None


class Container(Place):
    title = N_("Inside a container")

    def client(self, target: Mapping[str, Any], folder: Path, *, first: bool) -> list[str]:
        settings = read_target(ContainerTarget, target, "container")
        user = ["--user", settings.user] if settings.user else []
        return ["docker", "exec", "--interactive", *user, settings.container, "/bin/sh", "-c", LINE]

    def doubtful(self, code: int) -> bool:
        # The engine's client has no exit code of its own: 1 is both its failure and the command's.
        return code != 0

    def refused(self, folder: Path) -> bool:
        """All that there is to read is one line of the client, that it could not even begin."""
        try:
            if (folder / "out").stat().st_size or (folder / "err").stat().st_size > _SHORT:
                return False
            return (folder / "err").read_text(errors="replace").startswith(_REFUSALS)
        except FileNotFoundError:
            return False

    def environment(self, target: Mapping[str, Any]) -> dict[str, str]:
        ours = {name: os.environ[name] for name in _OURS if name in os.environ}
        return ours | engine_environment(read_target(ContainerTarget, target, "container"))
