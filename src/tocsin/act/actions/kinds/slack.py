"""A message into Slack, from a step: what was found, what is about to happen, what others should know.

    targets: {team: {kind: slack, token: "env:SLACK_BOT_TOKEN", channel: C024BE91L}}

The app of the token has to be in the channel. The text is Slack's own markup, and values in it are quoted, so that
nobody is called and no link is made by an alert's label.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, setting, tell
from tocsin.act.notify.slack_client import API, Posted, SlackFailed
from tocsin.act.notify.slack_client import Slack as Client
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed

_LONGEST = 2_900


def _quoted(value: str) -> str:
    """A value as Slack shows it letter by letter (https://docs.slack.dev/messaging/formatting-message-text)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Post(Verb):
    """Posts a message into a channel; its `channel` and `ts` are what it came to be."""

    title = N_("Post a message")
    level = "change"
    quoted: ClassVar = {"text": _quoted}
    examples = (
        {"text": "Orders are served from the cache for now."},
        {"channel": "C024BE91L", "text": "*Rolled back*: ${VERSION}"},
    )

    text: str = Field(min_length=1, max_length=_LONGEST, description="The message, in Slack's markup.")
    channel: str | None = Field(
        default=None, pattern=r"^[CGD][A-Z0-9]{2,30}$", description="Without it, that of the target."
    )

    def plan(self) -> str:
        return f"Posts a message of {len(self.text)} characters into {self.channel or 'the channel of the target'}."


class Slack(Toolbox):
    title = "Slack"
    verbs: ClassVar = (Post,)

    def act(self, verb: Verb, call: Call) -> Result:
        if not isinstance(verb, Post):
            raise CannotRun(f"there is no verb {type(verb).named()}")
        client = Client(self.outbound, setting(call, "token"), setting(call, "api_url", API))
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": verb.text}}]
        try:
            posted: Posted = client.post(verb.channel or setting(call, "channel"), blocks, verb.text)
        except SlackFailed as error:
            raise OutboundFailed(f"{error.message}. {error.fix}" if error.fix else error.message) from error
        return tell(call, [{"channel": posted.channel, "ts": posted.ts}])
