"""What does the configuration say about chat? `slack:`, by which commands and buttons in Slack reach Tocsin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from tocsin.act.notify.slack_client import API
from tocsin.ground.catalogue import WebAddress
from tocsin.ground.kernel.secret import Secret
from tocsin.ground.kernel.settings import Problem, Section, Settings


class SlackAccess(Settings):
    """The app in the workspace. One of `app_token` and `signing_secret` says how Slack reaches Tocsin."""

    bot_token: Secret = Field(description="By which Tocsin speaks, xoxb-….")
    app_token: Secret | None = Field(
        default=None,
        description="For Socket Mode, xapp-…: Tocsin calls Slack, and needs no address that Slack can reach.",
    )
    signing_secret: Secret | None = Field(
        default=None, description="Proves what Slack posts to PUBLIC_URL/chat/slack/…."
    )
    api_url: WebAddress = Field(default=API, description="Where Slack's Web API is.")


class ChatSection(Section):
    """The keys of chat."""

    slack: SlackAccess | None = Field(
        default=None, description="The app by which commands and buttons in Slack reach Tocsin."
    )

    def cross_check(self) -> Iterable[Problem]:
        if self.slack is not None and not (self.slack.app_token or self.slack.signing_secret):
            yield Problem(
                path=("slack",),
                message="nothing of Slack can reach Tocsin",
                fix="give an app_token: (Socket Mode), or a signing_secret: where Slack can reach public_url",
            )
        channels: Mapping[str, Any] = getattr(self, "channels", {})  # of notification, in the whole
        for name, channel in channels.items():
            if self.slack is None and channel.kind == "slack" and channel.buttons:
                yield Problem(
                    path=("channels", name),
                    message="its buttons lead nowhere without slack:",
                    fix="add slack: (docs/how-to/slack.md), or write buttons: false here",
                    level="warning",
                )
