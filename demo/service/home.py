"""Where does the recommendation service live? One folder, two ports, given to each of its processes by environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """The places every process of the service agrees on."""

    folder: Path
    api_port: int
    redis_port: int

    @classmethod
    def of_environment(cls) -> Home:
        """The home that `stack.py` wrote into supervisor's configuration."""
        return cls(
            folder=Path(os.environ["SERVICE_HOME"]),
            api_port=int(os.environ["API_PORT"]),
            redis_port=int(os.environ["REDIS_PORT"]),
        )

    @property
    def database(self) -> Path:
        """Built from the seed; lives on disk."""
        return self.folder / "data" / "recommendation.db"

    @property
    def seed(self) -> Path:
        """The backup a rebuild starts from."""
        return self.folder / "seed"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.folder / "log"

    @property
    def static_mode(self) -> Path:
        """While this file exists, an API that starts serves one fixed list to everybody and needs no store."""
        return self.folder / "static-mode"

    @property
    def supervisor(self) -> Path:
        """The configuration that `supervisorctl -c` wants."""
        return self.folder / "supervisord.conf"

    @property
    def url(self) -> str:
        """Where readers reach the API."""
        return f"http://127.0.0.1:{self.api_port}"
