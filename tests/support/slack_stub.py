"""Slack, as its published interface describes it, on loopback: Web API, signed posts, Socket Mode.

Pages of docs.slack.dev by which this was written: /apis/web-api (calls, JSON and forms, `ok`),
/apis/web-api/rate-limits (429 and `Retry-After`), the page of each method under /reference/methods (arguments,
scopes, errors), /authentication/verifying-requests-from-slack (v0 signatures),
/interactivity/implementing-slash-commands, /reference/interaction-payloads/block_actions-payload,
/interactivity/handling-user-interaction (`response_url`: five times in 30 minutes), /apis/events-api (events,
retries) and /apis/events-api/using-socket-mode.

What the pages do not list is refused: unknown methods, arguments that a method does not have, calls without a token,
with a token of the wrong kind or without the scope, blocks that Block Kit does not know.
`tests/contracts/test_slack_stub.py` shows with Slack's own clients that it behaves.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import slack_blocks
from slack_socket import SlackSocket, accept_of

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-stub-bot-token", "xapp-stub-app-token", "stub-signing-secret"
TEAM, APP, BOT_USER = "T0001", "A0001", "U0BOT"
ALL_SCOPES = frozenset(
    {"chat:write", "channels:manage", "channels:join", "channels:write.invites", "channels:write.topic"}
    | {"channels:read", "pins:write", "users:read", "users:read.email", "commands", "channels:history"}
)


class Refused(Exception):
    """An error of a method, with what else its answer holds."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error, self.more = error, more


@dataclass
class Method:
    """`scope` that a bot token needs; `takes_json` is false for methods that read forms only."""

    arguments: frozenset[str]
    run: Callable[[SlackStub, dict[str, Any]], dict[str, Any]]
    scope: str | None = None
    takes_json: bool = True
    app_level: bool = False


@dataclass
class Message:
    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: dict[str, Any] | None = None
    updates: int = 0

    @property
    def buttons(self) -> dict[str, dict[str, Any]]:
        """By `action_id`."""
        return {
            each["action_id"]: each
            for block in self.blocks
            if block["type"] == "actions"
            for each in block["elements"]
        }

    @property
    def called(self) -> list[str]:
        """Whom markup calls: `@U0MEI`, `!channel`. Elements of plain text and rich text hold none."""
        marked = [self.text]
        for block in self.blocks:
            texts = [block.get("text"), *(block.get("elements") or [])]
            marked += [
                each["text"] for each in texts if isinstance(each, dict) and each.get("type") == "mrkdwn"
            ]
        return [
            part.partition(">")[0].partition("|")[0]
            for text in marked
            for part in text.split("<")[1:]
            if part[:1] in ("@", "!")
        ]

    @property
    def said(self) -> str:
        """All the text of the blocks that a reader sees, without that of the buttons."""
        found: list[str] = []

        def walk(thing: Any) -> None:
            if isinstance(thing, dict):
                if isinstance(thing.get("text"), str):
                    found.append(thing["text"])
                for name, each in thing.items():
                    if name != "text" or isinstance(each, dict):
                        walk(each)
            elif isinstance(thing, list):
                for each in thing:
                    walk(each)

        walk([block for block in self.blocks if block["type"] != "actions"])
        return "\n".join(found)


@dataclass
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    topic: str = ""
    archived: bool = False
    creator: str = "U0ELSE"
    created: int = 0
    pins: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """What was posted to a `response_url`."""

    url: str
    body: dict[str, Any]
    at: float


@dataclass
class Reply:
    """What the app answered to one of Slack's posts, and how long it took in seconds."""

    status: int
    body: str
    took: float

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class SlackStub:
    """One workspace. `calls` are the calls of methods (name, arguments), also the refused ones."""

    def __init__(self, scopes: frozenset[str] = ALL_SCOPES) -> None:
        self.scopes = scopes
        self.now: Callable[[], float] = time.time
        self.users: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.whispers: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Answer] = []
        self.sockets: list[SlackSocket] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.hellos = 0
        self._tickets: set[str] = set()
        self._used: dict[str, int] = defaultdict(int)
        self._next_failure: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
        self._hanging: dict[str, threading.Event] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self.add_user(BOT_USER, "tocsin", "", is_bot=True)
        self.add_channel("C0GENERAL", "general")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_url = f"{self.url}/api"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        for event in self._hanging.values():
            event.set()
        for each in self.sockets:
            if not each.closed.is_set():
                each.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # The workspace

    def add_user(
        self, id_: str, name: str, email: str, *, is_bot: bool = False, deleted: bool = False
    ) -> None:
        self.users[id_] = {
            "id": id_,
            "team_id": TEAM,
            "name": name,
            "real_name": name,
            "deleted": deleted,
            "is_bot": is_bot,
            "profile": {"display_name": name, "real_name": name, **({"email": email} if email else {})},
        }

    def add_channel(self, id_: str, name: str, *, member: bool = True, archived: bool = False) -> Channel:
        members = {BOT_USER} if member else set()
        self.channels[id_] = Channel(id=id_, name=name, members=members, archived=archived)
        return self.channels[id_]

    def message(self, index: int = -1) -> Message:
        return self.messages[index]

    def fail(self, method: str, error: str = "", *, status: int = 200, retry_after: float = 0) -> None:
        """The next call of `method` is refused; status 429 with `retry_after` is the rate limit."""
        self._next_failure[method].append((error, status, retry_after))

    def hang(self, method: str) -> threading.Event:
        """Calls of `method` are not answered until the event is set."""
        self._hanging[method] = threading.Event()
        return self._hanging[method]

    # What Slack sends

    def command(
        self, url: str, text: str, user: str = "U0MEI", channel: str = "C0GENERAL", **how: Any
    ) -> Reply:
        """Somebody types `/tocsin text`; posted to the request URL of the command."""
        return self.post(url, urlencode(self.command_payload(text, user, channel)), **how)

    def press(self, url: str, message: Message, action_id: str, user: str = "U0MEI", **how: Any) -> Reply:
        """Somebody presses a button of a message; posted to the interactivity request URL."""
        payload = self.press_payload(message, action_id, user)
        return self.post(url, urlencode({"payload": json.dumps(payload)}), **how)

    def event(
        self, url: str, event: Mapping[str, Any], *, event_id: str = "", retry: int = 0, **how: Any
    ) -> Reply:
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        body = json.dumps(self.event_payload(event, event_id))
        return self.post(url, body, content_type="application/json", headers=headers, **how)

    def command_payload(self, text: str, user: str, channel: str = "C0GENERAL") -> dict[str, Any]:
        known = self.channels.get(channel)
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "team_domain": "example",
            "channel_id": channel,
            "channel_name": known.name if known else "directmessage",
            "user_id": user,
            "user_name": self.users.get(user, {}).get("name", "someone"),
            "command": "/tocsin",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.response_url(),
            "trigger_id": f"{next(self._numbers)}.{TEAM}.trigger",
        }

    def press_payload(self, message: Message, action_id: str, user: str) -> dict[str, Any]:
        button = message.buttons[action_id]
        return {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "api_app_id": APP,
            "token": "verification-token",
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": False,
            },
            "trigger_id": f"{next(self._numbers)}.{TEAM}.trigger",
            "team": {"id": TEAM, "domain": "example"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": message.channel, "name": "general"},
            "message": {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks},
            "state": {"values": {}},
            "response_url": self.response_url(),
            "actions": [{**button, "block_id": "b1", "action_ts": f"{time.time():.6f}"}],
        }

    def event_payload(self, event: Mapping[str, Any], event_id: str = "") -> dict[str, Any]:
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": dict(event),
            "type": "event_callback",
            "event_id": event_id or f"Ev{next(self._numbers):06d}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }

    def response_url(self) -> str:
        return f"{self.url}/commands/{TEAM}/{next(self._numbers)}/secret"

    def post(
        self,
        url: str,
        body: str,
        *,
        content_type: str = "application/x-www-form-urlencoded",
        headers: Mapping[str, str] | None = None,
        secret: str = SIGNING_SECRET,
        at: float | None = None,
        signed: bool = True,
    ) -> Reply:
        """A post signed as Slack signs, at the present time unless told otherwise."""
        signature = signature_of(body, secret, time.time() if at is None else at) if signed else {}
        request = urllib.request.Request(
            url,
            data=body.encode(),
            headers={"Content-Type": content_type, **signature, **(headers or {})},
            method="POST",
        )
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=10) as got:
                return Reply(got.status, got.read().decode(), time.monotonic() - started)
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read().decode(), time.monotonic() - started)

    # Socket Mode

    @property
    def connected(self) -> list[SlackSocket]:
        return [each for each in self.sockets if not each.closed.is_set()]

    def envelope(self, type_: str, payload: dict[str, Any], *, envelope_id: str = "", **more: Any) -> str:
        """Sends a payload over the newest connection and returns the id that is wanted back."""
        id_ = envelope_id or f"env-{next(self._numbers)}"
        envelope = {"envelope_id": id_, "type": type_, "payload": payload}
        if type_ != "events_api":
            envelope["accepts_response_payload"] = type_ == "slash_commands"
        self.connected[-1].say(envelope | more)
        return id_

    def acknowledgements(self, envelope_id: str) -> list[dict[str, Any]]:
        return [each for each in self.acknowledged if each.get("envelope_id") == envelope_id]

    def _heard(self, _: SlackSocket, message: dict[str, Any]) -> None:
        self.acknowledged.append(message)

    def _connect(self, ticket: str) -> bool:
        with self._lock:
            if ticket not in self._tickets:
                return False
            self._tickets.discard(ticket)  # an address serves one connection
            return True

    # The Web API

    def call(
        self, name: str, token: str, content_type: str, body: bytes, query: str, verb: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """(status, answer, headers) of one call."""
        method = METHODS.get(name)
        if name in self._hanging:
            self._hanging[name].wait(30)
        with self._lock:
            try:
                arguments, warning = _arguments(method, content_type, body, query)
                token = arguments.pop("token", "") or token
                self.calls.append((name, arguments))
                if self._next_failure[name]:
                    error, status, retry_after = self._next_failure[name].pop(0)
                    headers = {"Retry-After": f"{retry_after:g}"} if retry_after else {}
                    return status, {"ok": False, "error": error or "ratelimited"}, headers
                self._check(method, token, verb)
                assert method is not None
                if unknown := arguments.keys() - method.arguments:
                    raise Refused("invalid_arg_name", detail=sorted(unknown))
                return 200, {"ok": True, **method.run(self, arguments), **warning}, {}
            except Refused as refused:
                return 200, {"ok": False, "error": refused.error, **refused.more}, {}

    def _check(self, method: Method | None, token: str, verb: str) -> None:
        if method is None:
            raise Refused("unknown_method")
        if not token:
            raise Refused("not_authed")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise Refused("invalid_auth")
        if method.app_level != (token == APP_TOKEN):
            raise Refused("not_allowed_token_type")
        if method.app_level and verb != "POST":
            raise Refused("insecure_request")
        if method.scope and method.scope not in self.scopes:
            raise Refused("missing_scope", needed=method.scope, provided=",".join(sorted(self.scopes)))

    def _channel(self, id_: Any) -> Channel:
        found = self.channels.get(id_) or next(
            (each for each in self.channels.values() if f"#{each.name}" == id_), None
        )
        if found is None:
            raise Refused("channel_not_found")
        return found

    def _writable(self, id_: Any) -> Channel:
        """The channel to write to; a person's id opens the direct messages with them."""
        if isinstance(id_, str) and id_ in self.users:
            person = self.users[id_]
            if person["is_bot"]:
                raise Refused("cannot_dm_bot")
            if person["deleted"]:
                raise Refused("user_disabled")
            direct = f"D{id_[1:]}"
            if direct not in self.channels:
                self.add_channel(direct, "directmessage").members.add(id_)
            return self.channels[direct]
        channel = self._channel(id_)
        if channel.archived:
            raise Refused("is_archived")
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(given.get("channel"))
        text, blocks = _said(given)
        ts = f"{int(time.time())}.{next(self._numbers):06d}"
        made = Message(
            channel=channel.id,
            ts=ts,
            text=text,
            blocks=blocks,
            thread_ts=given.get("thread_ts") or None,
            broadcast=given.get("reply_broadcast") in (True, "true", "1"),
            metadata=_metadata(given.get("metadata")),
        )
        self.messages.append(made)
        return {"channel": channel.id, "ts": ts, "message": {"text": text, "ts": ts, "bot_id": "B0001"}}

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(given.get("channel"))
        found = next(
            (each for each in self.messages if each.channel == channel.id and each.ts == given.get("ts")),
            None,
        )
        if found is None:
            raise Refused("message_not_found")
        found.text, found.blocks = _said(given)
        found.updates += 1
        return {"channel": channel.id, "ts": found.ts, "text": found.text}

    def _whisper(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(given.get("channel"))
        if given.get("user") not in self.users:
            raise Refused("user_not_in_channel")
        _said(given)
        self.whispers.append(given | {"channel": channel.id})
        return {"message_ts": f"{time.time():.6f}"}

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given.get("name")
        if not name:
            raise Refused("invalid_name_required")
        if len(name) > 80:
            raise Refused("invalid_name_maxlength")
        if not all(each.isalnum() or each in "-_" for each in name) or name != name.lower():
            raise Refused("invalid_name_specials")
        if any(each.name == name for each in self.channels.values()):
            raise Refused("name_taken")
        made = self.add_channel(f"C0NEW{next(self._numbers):04d}", name)
        made.creator, made.created = BOT_USER, int(self.now())
        return {"channel": {"id": made.id, "name": name, "is_channel": True, "creator": BOT_USER}}

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        """In pages; the cursor of the last one is empty (docs.slack.dev/reference/methods/conversations.list)."""
        wanted = str(given.get("types", "public_channel")).split(",")
        if set(wanted) - {"public_channel", "private_channel", "mpim", "im"}:
            raise Refused("invalid_types")
        shown = [each for each in self.channels.values() if each.id.startswith("C")]
        try:
            limit, start = int(given.get("limit", 100)), int(given.get("cursor") or 0)
        except ValueError:
            raise Refused("invalid_cursor") from None
        if not 0 < limit <= 1000:
            raise Refused("invalid_limit")
        after = start + limit
        page = [
            {
                "id": each.id,
                "name": each.name,
                "is_channel": True,
                "is_archived": each.archived,
                "creator": each.creator,
                "created": each.created,
            }
            for each in shown[start:after]
        ]
        return {
            "channels": page,
            "response_metadata": {"next_cursor": str(after) if after < len(shown) else ""},
        }

    def _invite(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(given.get("channel"))
        wanted = [each for each in str(given.get("users", "")).split(",") if each]
        if not wanted:
            raise Refused("no_user")
        if len(wanted) > 100:
            raise Refused("too_many_users")
        problems = [
            {"user": each, "ok": False, "error": "user_not_found"}
            for each in wanted
            if each not in self.users
        ] + [
            {"user": each, "ok": False, "error": "already_in_channel"}
            for each in wanted
            if each in channel.members
        ]
        good = [each for each in wanted if each in self.users and each not in channel.members]
        if problems and (not good or given.get("force") not in (True, "true", "1")):
            raise Refused(problems[0]["error"], errors=problems)
        channel.members.update(good)
        return {"channel": {"id": channel.id}}

    def _topic(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(given.get("channel"))
        if len(given.get("topic", "")) > 250:
            raise Refused("too_long")
        channel.topic = given.get("topic", "")
        return {"channel": {"id": channel.id}, "topic": channel.topic}

    def _archive(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(given.get("channel"))
        if channel.archived:
            raise Refused("already_archived")
        channel.archived = True
        return {}

    def _pin(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(given.get("channel"))
        stamp = given.get("timestamp")
        if not stamp:
            raise Refused("no_item_specified")
        if not any(each.ts == stamp and each.channel == channel.id for each in self.messages):
            raise Refused("message_not_found")
        if stamp in channel.pins:
            raise Refused("already_pinned")
        channel.pins.append(stamp)
        return {}

    def _lookup(self, given: dict[str, Any]) -> dict[str, Any]:
        email = given.get("email")
        if not email:
            raise Refused("invalid_arguments")
        for each in self.users.values():
            if each["profile"].get("email", "").casefold() == email.casefold() and not each["deleted"]:
                return {"user": each}
        raise Refused("users_not_found")

    def _info(self, given: dict[str, Any]) -> dict[str, Any]:
        found = self.users.get(given.get("user", ""))
        if found is None:
            raise Refused("user_not_found")
        if "users:read.email" not in self.scopes:
            profile = {name: each for name, each in found["profile"].items() if name != "email"}
            found = found | {"profile": profile}
        return {"user": found}

    def _auth(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"url": "https://example.slack.com/", "team": "Example", "team_id": TEAM, "user_id": BOT_USER,
                "user": "tocsin", "bot_id": "B0001"}  # fmt: skip

    def _open(self, _: dict[str, Any]) -> dict[str, Any]:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return {"url": f"{self.url.replace('http', 'ws')}/link/?ticket={ticket}&app_id={APP}"}

    def _respond(self, url: str, body: bytes) -> tuple[int, dict[str, Any] | None]:
        """A post to a `response_url`: five times, JSON with a text or blocks."""
        self._used[url] += 1
        if self._used[url] > 5:
            return 404, {"ok": False, "error": "used_url"}
        try:
            given = json.loads(body)
        except ValueError:
            return 400, {"ok": False, "error": "invalid_payload"}
        known = {
            "text",
            "blocks",
            "response_type",
            "replace_original",
            "delete_original",
            "thread_ts",
            "mrkdwn",
        }
        if not isinstance(given, dict) or given.keys() - known:
            return 400, {"ok": False, "error": "invalid_payload"}
        if not (given.get("text") or given.get("blocks") or given.get("delete_original")):
            return 400, {"ok": False, "error": "no_text"}
        if "blocks" in given and slack_blocks.mistakes(given["blocks"]):
            return 400, {"ok": False, "error": "invalid_blocks"}
        if given.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            return 400, {"ok": False, "error": "invalid_payload"}
        self.answers.append(Answer(url, given, time.monotonic()))
        return 200, None


def signature_of(body: str, secret: str, at: float) -> dict[str, str]:
    """The two headers by which a post proves that it is Slack's (v0)."""
    mac = hmac.new(secret.encode(), f"v0:{int(at)}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(int(at)), "X-Slack-Signature": f"v0={mac}"}


def _arguments(
    method: Method | None, content_type: str, body: bytes, query: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a call gives, and the warning of the answer. A method for forms does not see JSON."""
    given: dict[str, Any] = dict(parse_qsl(query))
    kind, _, parameters = content_type.partition(";")
    if not body:
        return given, {}
    if kind == "application/json":
        try:
            told = json.loads(body)
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(told, dict):
            raise Refused("json_not_object")
        warning = {} if "charset" in parameters else {"warning": "missing_charset"}
        return given | (told if method is None or method.takes_json else {}), warning
    if kind == "application/x-www-form-urlencoded":
        return given | dict(parse_qsl(body.decode(), keep_blank_values=True)), {}
    raise Refused("invalid_post_type" if kind else "missing_post_type")


def _said(given: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    text, blocks = given.get("text", ""), given.get("blocks", [])
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            raise Refused("invalid_blocks_format") from None
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if found := slack_blocks.mistakes(blocks):
        raise Refused("invalid_blocks", errors=found, response_metadata={"messages": found})
    return text, blocks


def _metadata(given: Any) -> dict[str, Any] | None:
    if given is None:
        return None
    told = json.loads(given) if isinstance(given, str) else given
    fits = isinstance(told, dict) and isinstance(told.get("event_type"), str)
    if (
        not fits
        or not isinstance(told.get("event_payload"), dict)
        or told.keys() - {"event_type", "event_payload"}
    ):
        raise Refused("invalid_metadata_format")
    return told


_SAYS = frozenset({"channel", "text", "blocks", "thread_ts", "mrkdwn", "parse", "link_names", "unfurl_links"})
METHODS: dict[str, Method] = {
    "chat.postMessage": Method(
        _SAYS | {"reply_broadcast", "metadata", "unfurl_media", "username", "icon_emoji"},
        SlackStub._post,
        "chat:write",
    ),
    "chat.update": Method(frozenset({"channel", "ts", "text", "blocks"}), SlackStub._update, "chat:write"),
    "chat.postEphemeral": Method(_SAYS | {"user"}, SlackStub._whisper, "chat:write"),
    "conversations.create": Method(
        frozenset({"name", "is_private", "team_id"}), SlackStub._create, "channels:manage"
    ),
    "conversations.list": Method(
        frozenset({"types", "limit", "cursor", "exclude_archived", "team_id"}),
        SlackStub._list,
        "channels:read",
        takes_json=False,
    ),
    "conversations.invite": Method(
        frozenset({"channel", "users", "force"}), SlackStub._invite, "channels:write.invites"
    ),
    "conversations.setTopic": Method(
        frozenset({"channel", "topic"}), SlackStub._topic, "channels:write.topic"
    ),
    "conversations.archive": Method(frozenset({"channel"}), SlackStub._archive, "channels:manage"),
    "pins.add": Method(frozenset({"channel", "timestamp"}), SlackStub._pin, "pins:write"),
    "users.lookupByEmail": Method(
        frozenset({"email"}), SlackStub._lookup, "users:read.email", takes_json=False
    ),
    "users.info": Method(
        frozenset({"user", "include_locale"}), SlackStub._info, "users:read", takes_json=False
    ),
    "auth.test": Method(frozenset(), SlackStub._auth),
    "apps.connections.open": Method(frozenset(), SlackStub._open, app_level=True),
}


def _handler(stub: SlackStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(body)

        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/link/":
                self._link()
            else:
                self._answer(b"")

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            if parts.path.startswith("/commands/"):
                status, answer = stub._respond(f"{stub.url}{parts.path}", body)
                self._send(status, answer)
                return
            if not parts.path.startswith("/api/"):
                self._send(404, {"ok": False, "error": "not_found"})
                return
            _, _, token = self.headers.get("Authorization", "").partition("Bearer ")
            status, answer, headers = stub.call(
                parts.path.removeprefix("/api/"),
                token.strip(),
                self.headers.get("Content-Type", ""),
                body,
                parts.query,
                self.command,
            )
            self._send(status, answer, headers)

        def _send(
            self, status: int, answer: dict[str, Any] | None, headers: Mapping[str, str] | None = None
        ) -> None:
            content = b"ok" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _link(self) -> None:
            """The handshake of RFC 6455, then Socket Mode until the connection ends."""
            ticket = dict(parse_qsl(urlsplit(self.path).query)).get("ticket", "")
            key = self.headers.get("Sec-WebSocket-Key", "")
            if not key or self.headers.get("Upgrade", "").lower() != "websocket" or not stub._connect(ticket):
                self._send(400, {"ok": False, "error": "invalid_ticket"})
                return
            self.send_response_only(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", accept_of(key))
            self.end_headers()
            self.wfile.flush()
            self.close_connection = True
            socket_ = SlackSocket(self.connection, stub._heard)
            stub.sockets.append(socket_)
            stub.hellos += 1
            socket_.say(
                {
                    "type": "hello",
                    "num_connections": len(stub.connected),
                    "connection_info": {"app_id": APP},
                    "debug_info": {"host": "applink-stub", "approximate_connection_time": 18_060},
                }
            )
            socket_.serve()

        def log_message(self, *_: Any) -> None:
            return

    return Handler
