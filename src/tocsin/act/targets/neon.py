"""A project at Neon, as it is named: targets: {neon: {kind: neon, project: wind-028834, token: "env:NEON_API_KEY"}}"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import SecretOrText


class NeonTarget(TargetSettings):
    """One project."""

    kind: Literal["neon"] = "neon"
    project: SecretOrText = Field(description="Its id.")
    token: SecretOrText = Field(description="An API key, best as env:NEON_API_KEY.")
    api_url: SecretOrText | None = Field(default=None, description="Where the API is.")
