"""How does Tocsin speak to Slack? The few methods of Slack's Web API that it uses, through the one outbound client.

Slack's own client opens connections by itself, past the check of every address; so only what needs no
connection is taken from it. A call is a POST to `API/METHOD` with the token as bearer (docs.slack.dev/apis/web-api):
JSON where Slack writes something, a form where it is asked, since those methods read no JSON. The answer is
JSON with `ok`, also when it is a refusal; too many calls are answered 429 with `Retry-After`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from tocsin.act.notify import answers
from tocsin.act.notify.answers import Conversation
from tocsin.act.notify.channel import DEADLINE_S, DeliveryFailed
from tocsin.ground.kernel.outbound import Answer, Outbound, OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret

API = "https://slack.com/api"
_ANSWER_AT_MOST = 512 * 1024
_PAGES_AT_MOST = 100
_LASTING = """
access_denied account_inactive as_user_not_supported attachment_payload_limit_exceeded cannot_dm_bot
cannot_reply_to_message cant_update_message channel_not_found deprecated_endpoint duplicate_channel_not_found
edit_window_closed ekm_access_denied enterprise_is_restricted forbidden_team invalid_arg_name invalid_arguments
invalid_array_arg invalid_auth invalid_blocks invalid_blocks_format invalid_charset invalid_form_data
invalid_metadata_format invalid_metadata_schema invalid_name invalid_post_type is_archived is_inactive
markdown_text_conflict message_not_found messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large
method_deprecated missing_args missing_post_type missing_scope msg_blocks_too_long msg_too_long name_taken
no_permission no_text not_allowed_token_type not_authed not_in_channel org_login_required restricted_action
restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked
restricted_action_thread_only_channel team_access_not_granted team_not_found token_expired token_revoked
too_long too_many_attachments too_many_contact_cards two_factor_setup_required unknown_method user_disabled
user_is_restricted user_not_found user_not_visible users_not_found
"""
"""Refusals that the documentation of the methods used here lists, and that stay until somebody changes something.
The others are troubles of the moment: ratelimited, internal_error, fatal_error, service_unavailable…
"""
_LASTS = frozenset(_LASTING.split())
_CURES = {
    "account_inactive": "install the app again",
    "channel_not_found": "give the id of the channel (C…) and invite the app into it",
    "invalid_auth": "set the bot token (xoxb-…) of the installed app",
    "is_archived": "choose a channel that is not archived",
    "messages_tab_disabled": "switch on the Messages tab in the settings of the app",
    "not_authed": "set the bot token (xoxb-…) of the installed app",
    "not_in_channel": "invite the app into the channel: /invite @Tocsin",
    "token_expired": "install the app again",
    "token_revoked": "install the app again",
}


class SlackFailed(DeliveryFailed):
    """Slack did not do it; `error` is its own word for why, empty where it never answered.

    `permanent`: asking again the same way cannot help. A word that nobody documented is worth another try.
    """

    code = "slack_failed"

    def __init__(
        self,
        message: str,
        *,
        error: str = "",
        permanent: bool,
        retry_after: float | None = None,
        fix: str = "",
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.error = error
        self.fix = fix


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A message of ours: Slack names it by its channel (`C…`, or `D…` where it went to a person) and its time."""

    channel: str
    ts: str

    @property
    def receipt(self) -> str:
        return f"{self.channel}/{self.ts}"

    @classmethod
    def from_receipt(cls, receipt: str) -> Posted | None:
        """The message behind a receipt; None when it is not one of Slack's."""
        channel, slash, ts = receipt.partition("/")
        return cls(channel=channel, ts=ts) if slash and channel and ts else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody that the workspace shows. `email` is empty where the app may not see it, or where nobody confirmed it.

    `team` is the workspace they belong to: in a shared channel it may be another one.
    """

    id: str
    team: str
    name: str
    email: str
    is_bot: bool
    is_gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A channel of the workspace. `creator` is the id of whoever made it."""

    id: str
    name: str
    creator: str
    created_at: datetime
    is_archived: bool


class Slack:
    """The Web API of one workspace, as the owner of one token. Every method raises SlackFailed.

    Without a `conversation` each call has the deadline of an attempt to itself.
    """

    def __init__(
        self,
        outbound: Outbound,
        token: Secret | str,
        api_url: str = API,
        *,
        conversation: Conversation | None = None,
    ) -> None:
        self._outbound = outbound
        self._token = token
        self._api = api_url.rstrip("/")
        self._conversation = conversation

    @property
    def host(self) -> str:
        return urlsplit(self._api).netloc

    # Messages

    def post(
        self,
        channel: str,
        blocks: Sequence[Mapping[str, Any]],
        text: str,
        thread: str = "",
        *,
        key: str = "",
        broadcast: bool = False,
    ) -> Posted:
        """Says something in a channel, or to a person whose id (`U…`) stands for it.

        `text` is what notifications and screen readers give; `thread` is the time of the message that this
        one answers, and `broadcast` shows it in the channel too. `key` goes along as metadata, so that a repetition
        can be told from a new message. Nothing in `text` is expanded but what Slack's own markup says.
        """
        given: dict[str, Any] = {
            "channel": channel,
            "text": text,
            "blocks": list(blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread:
            given |= {"thread_ts": thread, "reply_broadcast": broadcast}
        if key:
            given["metadata"] = {"event_type": "tocsin_message", "event_payload": {"key": key}}
        answer = self._write("chat.postMessage", given)
        return Posted(
            channel=answers.text(answer.get("channel")) or channel, ts=answers.text(answer.get("ts"))
        )

    def update(self, channel: str, ts: str, blocks: Sequence[Mapping[str, Any]], text: str) -> None:
        """Changes a message of ours; `channel` as Slack named it in its answer."""
        self._write("chat.update", {"channel": channel, "ts": ts, "text": text, "blocks": list(blocks)})

    def whisper(self, channel: str, user: str, text: str) -> None:
        """Says something in a channel that only this person sees."""
        self._write("chat.postEphemeral", {"channel": channel, "user": user, "text": text})

    def pin(self, channel: str, ts: str) -> None:
        """Pins a message; one that is pinned already stays so."""
        self._write("pins.add", {"channel": channel, "timestamp": ts}, fine=("already_pinned",))

    # Channels

    def create_channel(self, name: str, *, private: bool = False) -> str:
        """Makes a channel and returns its id; the app is its first member.

        A name has at most 80 small letters, digits, `-` and `_`. Raises SlackFailed with the `error` `name_taken`
        when there is one of that name, also an archived one.
        """
        answer = self._write("conversations.create", {"name": name, "is_private": private})
        return answers.text(answers.table(answer.get("channel")).get("id"))

    def find_channel(self, name: str, *, private: bool = False) -> Channel | None:
        """The channel of exactly that name; None when there is none that the app may see."""
        given = {"types": "private_channel" if private else "public_channel", "limit": "200"}
        for _ in range(_PAGES_AT_MOST):
            answer = self._ask("conversations.list", given)
            for each in answers.rows(answer.get("channels")):
                if each.get("name") == name:
                    return _channel(each)
            given["cursor"] = answers.text(answers.table(answer.get("response_metadata")).get("next_cursor"))
            if not given["cursor"]:
                return None
        return None

    def invite(self, channel: str, users: Sequence[str]) -> None:
        """Invites people by their ids, up to 100; whoever is there already is no error."""
        if not users:
            return
        given = {"channel": channel, "users": ",".join(users), "force": True}
        self._write("conversations.invite", given, fine=("already_in_channel", "cant_invite_self"))

    def set_topic(self, channel: str, topic: str) -> None:
        """Slack cuts nothing: a topic has at most 250 characters, and is shortened here."""
        given = {"channel": channel, "topic": topic if len(topic) <= 250 else f"{topic[:249]}…"}
        self._write("conversations.setTopic", given)

    def archive(self, channel: str) -> None:
        self._write("conversations.archive", {"channel": channel}, fine=("already_archived",))

    # People

    def user_by_email(self, email: str) -> str | None:
        """The id of the person with this address; None when the workspace has none, or does not show it."""
        try:
            answer = self._ask("users.lookupByEmail", {"email": email})
        except SlackFailed as failed:
            if failed.error in ("users_not_found", "user_not_found"):
                return None
            raise
        return answers.text(answers.table(answer.get("user")).get("id")) or None

    def member(self, user: str) -> Member:
        """Who has this id."""
        found = answers.table(self._ask("users.info", {"user": user}).get("user"))
        profile = answers.table(found.get("profile"))
        names = (profile.get("display_name"), found.get("real_name"), found.get("name"))
        return Member(
            id=answers.text(found.get("id")),
            team=answers.text(found.get("team_id")),
            name=next((name for each in names if (name := answers.text(each))), ""),
            email=answers.text(profile.get("email")) if found.get("is_email_confirmed") is not False else "",
            is_bot=found.get("is_bot") is True,
            is_gone=found.get("deleted") is True,
        )

    # The app itself

    def whoami(self) -> tuple[str, str]:
        """The workspace and the id of the app's own user there: what it says itself is not heard."""
        found = self._ask("auth.test", {})
        return answers.text(found.get("team_id")), answers.text(found.get("user_id"))

    def open_socket(self) -> str:
        """An address (`wss://…`) for one websocket of Socket Mode. The token has to be one of the app, `xapp-…`."""
        return answers.text(self._ask("apps.connections.open", {}).get("url"))

    def answer(self, response_url: str, body: Mapping[str, Any]) -> None:
        """Answers a command or a button by the address that came with it: five times within half an hour."""
        # Slack's own address is public and needs no trust; where the interface stands elsewhere, so does this.
        trusted = urlsplit(response_url).netloc == self.host
        try:
            got = self._outbound.request(
                "POST",
                response_url,
                headers={"content-type": _JSON},
                content=_json(body),
                timeout=DEADLINE_S,
                trusted=trusted,
            )
        except OutboundRefused as error:
            raise SlackFailed(error.message, permanent=True) from None
        except OutboundFailed as error:
            raise SlackFailed(error.message, permanent=not error.temporary) from None
        if not 200 <= got.status < 300:
            raise _failed("the answer", "", got)

    def _write(self, method: str, given: Mapping[str, Any], *, fine: Sequence[str] = ()) -> Mapping[str, Any]:
        return self._call(method, _JSON, _json(given), fine)

    def _ask(self, method: str, given: Mapping[str, str]) -> Mapping[str, Any]:
        return self._call(method, "application/x-www-form-urlencoded", urlencode(given).encode(), ())

    def _call(self, method: str, form: str, content: bytes, fine: Sequence[str]) -> Mapping[str, Any]:
        conversation = self._conversation or Conversation(self._outbound)
        try:
            headers = {"authorization": f"Bearer {answers.revealed(self._token)}", "content-type": form}
            got = conversation.ask(
                "POST", f"{self._api}/{method}", headers=headers, content=content, limit=_ANSWER_AT_MOST
            )
        except DeliveryFailed as failed:
            raise SlackFailed(failed.message, permanent=failed.permanent) from None
        answer = answers.fields(got)
        if got.status == 200 and answer.get("ok") is True:
            return answer
        error = answers.text(answer.get("error"))
        if error in fine:
            return answer
        raise _failed(method, error, got, needed=answers.text(answer.get("needed")))


def _channel(found: Mapping[str, Any]) -> Channel:
    created = found.get("created")
    seconds = created if isinstance(created, int) and 0 <= created < 1 << 40 else 0
    return Channel(
        id=answers.text(found.get("id")),
        name=answers.text(found.get("name")),
        creator=answers.text(found.get("creator")),
        created_at=datetime.fromtimestamp(seconds, UTC),
        is_archived=found.get("is_archived") is True,
    )


_JSON = "application/json; charset=utf-8"  # without the charset Slack warns


def _json(given: Mapping[str, Any]) -> bytes:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _failed(method: str, error: str, got: Answer, *, needed: str = "") -> SlackFailed:
    """What Slack's answer means for another try."""
    wait = answers.retry_after(got, now=time.time())
    if got.status == 429:
        return SlackFailed(
            f"Slack: too many calls of {method}.", error="ratelimited", permanent=False, retry_after=wait
        )
    if not error:
        # 5xx passes; what is no JSON with status 200 comes from something in between, and may pass as well.
        lasts = 300 <= got.status < 500 and got.status not in (408, 425)
        return SlackFailed(f"Slack answered {got.status} to {method}.", permanent=lasts, retry_after=wait)
    fix = f"give the app the scope {needed} and install it again" if needed else _CURES.get(error, "")
    return SlackFailed(
        f"Slack refused {method}: {error}{f' ({fix})' if fix else ''}.",
        error=error,
        permanent=error in _LASTS,
        fix=fix,
    )
