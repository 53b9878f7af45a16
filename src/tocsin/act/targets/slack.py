"""A workspace of Slack, as it is named: targets: {team: {kind: slack, token: "env:SLACK_BOT_TOKEN"}}"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import SecretOrText


class SlackTarget(TargetSettings):
    """What a step posts to."""

    kind: Literal["slack"] = "slack"
    token: SecretOrText = Field(description="Token of the bot, best as env:SLACK_BOT_TOKEN.")
    channel: SecretOrText | None = Field(default=None, description="Where to, unless the step says so.")
    api_url: SecretOrText | None = Field(default=None, description="Where the API is.")
