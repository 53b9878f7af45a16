"""Who sends what, and what do they hear? The way of one request, as raw ASGI in front of everything else.

1. A key is found: in the path (`/in/KEY/…`), or where the protocol of a source carries it; the kind of source comes
from the key. 2. The body is read within bounds of size and time. 3. The source makes signals of it. 4. The ledger
takes them, and the loop serves others until they are on disk. 5. The source says so in its protocol's words.
Nothing is ever answered with 2xx that is not stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import (
    Conflict,
    Denied,
    Malformed,
    NotFound,
    TocsinError,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from tocsin.ground.kernel.extensions import discover
from tocsin.sense.alerts import TOPIC, Entrance, Sender, acknowledge
from tocsin.sense.alerts.entrance import COMMIT_S
from tocsin.sense.changes import Change
from tocsin.sense.intake import limits
from tocsin.sense.intake.deliveries import Handled, Mailbook, result_of
from tocsin.sense.intake.flight import Flight, Gone, UnderWay
from tocsin.sense.intake.house import House
from tocsin.sense.intake.paths import Paths
from tocsin.sense.intake.quota import Quota, cost
from tocsin.sense.intake.refusal import WrongMethod, failed, refusal
from tocsin.sense.intake.short_way import ShortWay, Way
from tocsin.sense.intake.source import Answer, Message, Source, header_credential, of_service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

T = TypeVar("T")
_BY_KEY = "/in/"
_KEY_TRUSTED_S = 1.0
_KEYS_REMEMBERED = 1_024
_BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")
_QUESTIONS = ("GET", "HEAD", "OPTIONS")
_KEY_FIX = "`tocsin key create KIND` makes one; send it as bearer token, basic password or in the path."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """`key` is the one in the path; `rooted`: there is none, the path is what a client knows by itself."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    key: str
    rooted: bool
    receive: Receive
    under_way: UnderWay


@dataclass(kw_only=True, slots=True)
class _Talk:
    """One message of a known sender, as far as it has come: what the mailbook will tell of it."""

    key: Key
    source: Source
    secret: str
    message: Message
    begun: float
    entrance: Entrance
    alerts: int = 0
    changes: int = 0
    is_question: bool = False
    unproven: bool = False
    replay_of: str | None = None


def every_source(folder: Path | None = None) -> dict[str, Source]:
    """Every source, by kind. `folder` is that of the configuration."""
    found = discover("tocsin.sense.intake.sources", Source, "tocsin.sources")
    return {kind: _made(each, folder) for kind, each in found.items()}


def _made(kind: Callable[[Path | None], Source], folder: Path | None) -> Source:
    return kind(folder)


class Receiver:
    """An ASGI application for the paths that `serves` names.

    `authenticate` finds a live key by its secret, `by_id` any key by its id; `folder` is that of the configuration.
    """

    def __init__(
        self,
        house: House,
        authenticate: Callable[[str], Key | None],
        by_id: Callable[[str], Key | None],
        *,
        mailbook: Mailbook,
        quota: Quota,
        folder: Path | None = None,
    ) -> None:
        self._house = house
        self._entrance = Entrance(house.ledger)
        self._by_id = by_id
        self._mailbook = mailbook
        self._quota = quota
        self._flight = Flight()
        self._clock = house.clock
        self._authenticate = authenticate
        self._sources = every_source(folder)
        self._messages = {kind: Paths(each.paths) for kind, each in self._sources.items()}
        self._questions = {kind: Paths(each.serves) for kind, each in self._sources.items()}
        rooted = [each for each in self._sources.values() if each.rooted]
        self._rooted = Paths(
            path for each in rooted for path in (*each.paths, *each.serves) if path not in each.keyed_only
        )
        self._keys: dict[str, tuple[Key, float]] = {}
        self.short = ShortWay(
            self._known_way,
            clock=house.clock,
            entrance=self._entrance,
            flight=self._flight,
            quota=quota,
            mailbook=mailbook,
        )

    def serves(self, path: str) -> bool:
        return path.startswith(_BY_KEY) or self._rooted.has(path)

    def _known_way(self, path: str) -> Way | None:
        """Where a path below `/in/` leads, of a key that was looked up a moment ago."""
        secret, slash, rest = path.removeprefix(_BY_KEY).partition("/")
        known = self._keys.get(secret)
        source = self._sources.get(known[0].kind) if known else None
        rest = slash + rest
        if known is None or source is None or "POST" not in source.methods:
            return None
        if not self._messages[known[0].kind].has(rest):
            return None
        return Way(known[0], source, secret, rest, known[1] + _KEY_TRUSTED_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source: Source | None = None
        under_way: UnderWay | None = None
        try:
            under_way = self._flight.begin()
            request = _request(scope, receive, under_way)
            source = self._only_one(request)
            answer = await self._handle(request)
        except Gone:
            return
        except TocsinError as error:
            answer = refusal(source, error)
        except Exception:
            _log.exception("intake failed", path=_masked(scope["path"]))
            answer = refusal(source, failed())
        finally:
            if under_way:
                under_way.end()
        await _respond(send, answer)

    def _only_one(self, request: _Request) -> Source | None:
        """The source whose words a client of the root expects, before its key is known."""
        if not request.rooted:
            return None
        found = [
            each for kind, each in self._sources.items() if each.rooted and self._knows(kind, request.path)
        ]
        return found[0] if len(found) == 1 else None

    def _knows(self, kind: str, path: str) -> bool:
        return self._messages[kind].has(path) or self._questions[kind].has(path)

    async def _handle(self, request: _Request) -> Answer:
        message: Message | None = None
        if request.rooted:
            rooted = [
                each
                for kind, each in self._sources.items()
                if each.rooted and self._knows(kind, request.path)
            ]
            credential = ""
            for each in rooted:
                if each.key_in_body and message is None:
                    message = await self._message(request, each)
                credential = each.credential(message or _bodiless(request, self._clock.now()))
                if credential:
                    break
        else:
            credential = request.key or header_credential(request.headers)
        source, key = await self._admit(request, credential)
        request.under_way.belongs_to(key.id)
        talk = _Talk(
            key=key,
            source=source,
            secret=credential,
            message=message or _bodiless(request, self._clock.now()),
            begun=self._clock.monotonic(),
            entrance=self._entrance,
        )
        return await self._converse(talk, request, is_read=message is not None)

    def replay(self, id_: str) -> Answer:
        """Takes the delivery with this id in once more, by the same way, and says what its sender would hear now.

        Waits until that is stored; not for the loop. It is noted as a delivery of its own and counts for no quota. Who
        sent it was proven when it came, and is not asked again. Raises NotFound; Conflict where it was not kept whole,
        or its key is no longer.
        """
        kept = self._mailbook.get(id_)
        if kept.incomplete:
            fix = "Let its sender send it again."
            raise Conflict(f"this delivery cannot be sent again: {kept.incomplete}", fix=fix)
        key = self._by_id(kept.key)
        source = self._sources.get(key.kind) if key else None
        if key is None or key.revoked_at or source is None:
            raise Conflict(
                "the key of this delivery is no longer", fix="Let its sender send it with another key."
            )
        body = kept.body.encode()
        message = Message(
            method=kept.method,
            path=kept.path,
            query=kept.query,
            headers={name: value for name, value in kept.headers.items() if name != "content-encoding"},
            raw=body,
            payload=body,
            at=self._clock.now(),
            proven=True,
        )
        talk = _Talk(
            key=key,
            source=source,
            secret="",
            message=message,
            begun=self._clock.monotonic(),
            entrance=Entrance(self._house.ledger),  # of a loop of its own
            replay_of=kept.id,
        )
        return asyncio.run(self._hand_in(talk))

    async def take(self, key: Key, message: Message, secret: str) -> Answer:
        """Takes a message that came by another door than HTTP (a mail), on a loop of the caller's; says what its sender
        hears. `secret` is what it named its key by.
        """
        talk = _Talk(
            key=key,
            source=self._sources[key.kind],
            secret=secret,
            message=message,
            begun=self._clock.monotonic(),
            entrance=Entrance(self._house.ledger),  # of that loop
        )
        return await self._hand_in(talk)

    async def _hand_in(self, talk: _Talk) -> Answer:
        """The answer to a message that is there already. Who holds it bounds it: our own flight is our loop's alone."""
        under_way = Flight().begin()
        message = talk.message
        request = _Request(
            method=message.method,
            path=message.path,
            query=message.query,
            headers=message.headers,
            key="",
            rooted=False,
            receive=_nothing,
            under_way=under_way,
        )
        try:
            return await self._converse(talk, request, is_read=True)
        finally:
            under_way.end()

    async def _converse(self, talk: _Talk, request: _Request, *, is_read: bool) -> Answer:
        """The answer to a sender who is known, noted in the mailbook."""
        error: TocsinError | None = None
        try:
            answer = await self._answer(talk, request, is_read=is_read)
        except TocsinError as refused:
            # Without its traceback: that names this frame, which names the error, and the body that was refused would
            # stay until the collector comes by.
            error, answer = refused.with_traceback(None), refusal(talk.source, refused)
        except Gone:
            raise
        except Exception:
            _log.exception("intake failed", path=_shown(request, talk.secret))
            error = failed()
            answer = refusal(talk.source, error)
        self._note(talk, answer, error)
        return answer

    def _note(self, talk: _Talk, answer: Answer, error: TocsinError | None) -> None:
        if talk.is_question:
            return
        ms = (self._clock.monotonic() - talk.begun) * 1000
        handled = Handled(
            result_of(answer.status, talk.alerts + talk.changes, limited=isinstance(error, TooMany)),
            talk.alerts,
            talk.changes,
            ms,
            replay_of=talk.replay_of,
            unproven=talk.unproven or isinstance(error, Unauthenticated | Denied),
        )
        self._mailbook.note(talk.key.id, talk.secret, talk.message, answer, handled)

    async def _answer(self, talk: _Talk, request: _Request, *, is_read: bool) -> Answer:
        key, source = talk.key, talk.source
        if not talk.replay_of:
            self._quota.admit(key)
        asked = self._questions[key.kind].found(request.path)
        takes = self._messages[key.kind].has(request.path)
        if takes and request.method in source.methods:
            if request.method not in _BODILESS:
                limits.check_content_type(request.headers.get("content-type"), source.content_types)
            if not is_read:
                await self._listen(talk, request)
            try:
                reading = source.read(talk.message, key)
            except Unavailable:
                talk.unproven = True  # the secret could not be read: who sent it nobody has asked
                raise
            sender = Sender(key=key.id, source=key.kind, service=key.service)
            if reading.changes:
                await self._remember(reading.changes, sender)
                talk.changes = len(reading.changes)
            if reading.acknowledged:
                await self._acknowledge(reading.acknowledged, sender)
            outcomes = await talk.entrance.record(of_service(reading.signals, key.service), sender)
            talk.alerts = len(outcomes)
            if not talk.replay_of:
                self._quota.charge(key, (cost(outcomes) + talk.changes or 1) - 1)
            return source.answer(reading, outcomes)
        talk.is_question = request.method in _QUESTIONS
        if asked is None or request.method not in source.serves[asked]:
            allowed = {
                *(source.serves[asked] if asked is not None else ()),
                *(source.methods if takes else ()),
            }
            raise WrongMethod(request.method, ", ".join(sorted(allowed)))
        if not is_read:
            await self._listen(talk, request)
        return await asyncio.to_thread(self._serve, source, talk.message, key)

    def _serve(self, source: Source, message: Message, key: Key) -> Answer:
        """Whoever asks finds what was answered before."""
        self._house.ledger.catch_up()
        return source.serve(message, key, self._house)

    async def _listen(self, talk: _Talk, request: _Request) -> None:
        """Reads the body; where it cannot be read, the mailbook knows what came."""
        if request.method in _BODILESS:
            return
        talk.message = replace(talk.message, raw=await _read(request, talk.source.limit))
        talk.message = _decoded(talk.message, talk.source)

    async def _message(self, request: _Request, source: Source) -> Message:
        """The whole message, where the key stands in the body."""
        bodiless = _bodiless(request, self._clock.now())
        if request.method in _BODILESS:
            return bodiless
        return _decoded(replace(bodiless, raw=await _read(request, source.limit)), source)

    async def _admit(self, request: _Request, credential: str) -> tuple[Source, Key]:
        """The source that the key speaks for, on a path of its own. Raises what the sender has to hear instead."""
        exists = any(self._knows(kind, request.path) for kind in self._sources)
        key = await self._find(credential)
        if key is None and (exists or credential):
            raise Unauthenticated("no such key", fix=_KEY_FIX)
        if key is None or not exists:
            raise NotFound("there is nothing at this path", fix="Post to /in/KEY.")
        source = self._sources.get(key.kind)
        if source is None or not self._knows(key.kind, request.path):
            raise Denied(
                f"this key is for {source.title if source else key.kind}, which has no such path",
                fix="Use the path of its kind, or make a key for this one.",
            )
        return source, key

    async def _find(self, credential: str) -> Key | None:
        """Looks the key up beside the loop, since an unknown one costs a read; a known one is trusted for a second."""
        if not credential or len(credential) > limits.LABEL_VALUE_BYTES:
            return None
        now = self._clock.monotonic()
        known = self._keys.get(credential)
        if known and now - known[1] < _KEY_TRUSTED_S:
            return known[0]
        key = await asyncio.get_running_loop().run_in_executor(None, self._authenticate, credential)
        if len(self._keys) >= _KEYS_REMEMBERED:
            self._keys.clear()
        if key:
            self._keys[credential] = (key, now)
        return key

    async def _remember(self, changes: Sequence[Change], sender: Sender) -> None:
        """Changes are on disk before the alerts of the same message: who hears an error sends both again."""
        told = [replace(each, service=sender.service or each.service) for each in changes]
        await self._write(lambda conn: self._house.changes.record(conn, told, sender))

    async def _acknowledge(self, dedup_keys: Sequence[str], sender: Sender) -> None:
        now = self._clock.now()
        if self._house.ledger.behind:
            await asyncio.to_thread(self._house.ledger.catch_up)  # it may be about one of them
        if await self._write(lambda conn: acknowledge(conn, dedup_keys, sender, now)):
            self._house.bell.ring(TOPIC)

    async def _write(self, job: Callable[[Connection], T]) -> T:
        """What the job came to, once that is on disk. Raises Unavailable when it takes too long; it may still come."""
        try:
            async with asyncio.timeout(COMMIT_S):
                return await asyncio.to_thread(self._house.store.intake, job)
        except TimeoutError:
            raise Unavailable("the store is slow; it may still take it", fix="Send it again.") from None


def _request(scope: Scope, receive: Receive, under_way: UnderWay) -> _Request:
    limits.check_headers(scope["headers"])
    if len(scope["query_string"]) > limits.QUERY_BYTES:
        message = f"a query has at most {limits.QUERY_BYTES} bytes"
        raise Malformed(message, field="query", fix="Ask for less at once.")
    path: str = scope["path"]
    key = ""
    rooted = not path.startswith(_BY_KEY)
    if not rooted:
        key, slash, rest = path.removeprefix(_BY_KEY).partition("/")
        path = slash + rest
    return _Request(
        method=scope["method"],
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        key=key,
        rooted=rooted,
        receive=receive,
        under_way=under_way,
    )


def _bodiless(request: _Request, at: datetime) -> Message:
    return Message(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        raw=b"",
        payload=b"",
        at=at,
    )


def _decoded(message: Message, source: Source) -> Message:
    coding = message.headers.get("content-encoding", "")
    return replace(message, payload=limits.decode(message.raw, coding, source.limit, binary=source.binary))


async def _read(request: _Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    return await request.under_way.read(request.receive, announced, limit)


async def _nothing() -> MutableMapping[str, Any]:
    """What is sent again has been read."""
    return {"type": "http.disconnect"}


async def _respond(send: Send, answer: Answer) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _shown(request: _Request, secret: str) -> str:
    """The path without its key, for logs."""
    path = request.path.replace(secret, "…") if secret else request.path
    return path if request.rooted else f"{_BY_KEY}…{path}"


def _masked(path: str) -> str:
    """The path without its key, for logs."""
    if not path.startswith(_BY_KEY):
        return path
    rest = path.removeprefix(_BY_KEY).partition("/")[2]
    return f"{_BY_KEY}…/{rest}"
