"""Who may hold a connection, and for how long? The limits of the HTTP server itself, below every page and every source.

1. So many connections in all, and from one address: beyond that the one that has idled longest makes room, and where
none idles the new one is closed. 2. A head has ten seconds and 16 kB, a whole request thirty seconds; who is slower
hears 408. 3. What two readers might understand in two ways (two lengths, a length beside chunks) is 400, a verb that
nobody knows 405; after either the connection is closed. 4. Who is refused before they have sent everything may go on
sending a while, since a program that first writes and then reads would else find a broken connection, not the answer.

The parser and the way to the application are uvicorn's; it leaves these limits to a proxy, which need not be there.
A POST that is there whole may be taken by a shorter way (sense/intake/short_way.py), without a task for it.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import httptools
import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from tocsin.ground.kernel.errors import Malformed, TocsinError
from tocsin.sense.intake.limits import HEADER_BYTES, HEADERS, TooSlow, headers_too_large
from tocsin.sense.intake.source import Answer

MOST = 4_096
HEAD_SECONDS = 10.0
REQUEST_SECONDS = 30.0
WRITE_SECONDS = 60.0
LINGER_SECONDS = 5.0
LINGER_BYTES = 16 * 1024 * 1024
HEAD_BYTES = 48 * 1024
"""The first line, whose parts have limits of their own, and the headers."""
_VERBS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
Take = Callable[[bytes, Sequence[tuple[bytes, bytes]], bytes, Callable[[Answer], None]], bool]
"""The short way: a path, headers, a body, and who wants the answer; or False, and nothing has happened."""


class UnknownVerb(TocsinError):
    """Nobody here knows this method: use one of HTTP's own."""

    code = "method_not_allowed"
    status = 405


def room_for_connections() -> int:
    """How many connections this process may hold: half of the files it may open, which are made as many as it may.

    The other half stays for what matters more than the next request: the database, and pages on their way out.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST * 2 if hard == resource.RLIM_INFINITY else min(MOST * 2, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST if soft == resource.RLIM_INFINITY else max(8, min(MOST, soft // 2))


class Doorkeeper:
    """Every connection of one server. The idle ones stand in the order in which they fell idle."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_one = max(1, most // 4)
        self._all: dict[Connection, str] = {}
        self._idle: dict[str, dict[Connection, None]] = {}
        self._count: dict[str, int] = {}
        self._every_idle: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def enter(self, connection: Connection, address: str) -> bool:
        """Lets it in, for which another one may have to go; False where there is no room."""
        crowd: dict[Connection, None] | None = None
        if self._count.get(address, 0) >= self._of_one:
            crowd = self._idle.get(address, {})
        elif len(self._all) >= self._most:
            crowd = self._every_idle
        if crowd is not None:
            oldest = next(iter(crowd), None)
            if oldest is None:
                return False
            self.leave(oldest)
            oldest.drop()
        self._all[connection] = address
        self._count[address] = self._count.get(address, 0) + 1
        self.idles(connection)
        return True

    def idles(self, connection: Connection) -> None:
        address = self._all.get(connection)
        if address is not None:
            self._idle.setdefault(address, {})[connection] = None
            self._every_idle[connection] = None

    def works(self, connection: Connection) -> None:
        """It has a request under way."""
        address = self._all.get(connection)
        if address is not None:
            self._idle[address].pop(connection, None)
            self._every_idle.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        self.works(connection)
        address = self._all.pop(connection, None)
        if address is None:
            return
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address], self._idle[address]


class _Patient(asyncio.Transport):
    """A transport whose `close` is for its connection to do: perhaps not at once."""

    def __init__(self, real: asyncio.Transport, closes: Callable[[], None]) -> None:
        super().__init__()
        self._real = real
        self._closes = closes
        self.left = False
        self.write = real.write

    def close(self) -> None:
        self._closes()

    def is_closing(self) -> bool:
        return self.left or self._real.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._real.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._real.pause_reading()

    def resume_reading(self) -> None:
        self._real.resume_reading()


class _Short:
    """A request on the short way, as far as uvicorn asks about one that is under way."""

    message_event = asyncio.Event()  # of all of them: nobody waits for it

    def __init__(self) -> None:
        self.response_started = False
        self.response_complete = False
        self.more_body = False
        self.keep_alive = True
        self.disconnected = False


class Connection(HttpToolsProtocol):
    """One connection, held to the limits above."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        doorkeeper: Doorkeeper,
        take: Take | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._doorkeeper = doorkeeper
        self._take = take
        self._short_body: list[bytes] | None = None
        """What has come of the body of a request that may go the short way."""
        self._is_feeding = False
        self._seconds: float | None = None
        """While data is fed: how long what has begun may take, once all of it is read."""
        self._real: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._refusal: TocsinError | None = None
        self._head: int | None = 0
        """How much of a head has come; None while there is none under way."""
        self._header_bytes = 0
        self._is_deaf = False
        """Nothing that comes is read any more."""
        self._unheard = 0

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._real = cast("asyncio.Transport", transport)
        super().connection_made(_Patient(self._real, self._close))
        if self._doorkeeper.enter(self, self.client[0] if self.client else ""):
            self._within(HEAD_SECONDS)
        else:
            self._is_deaf = True
            self._real.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._doorkeeper.leave(self)
        self._stop_timers()
        super().connection_lost(exc)
        self._forget_body()

    def drop(self) -> None:
        """It has idled longest, and somebody else needs its place."""
        self._is_deaf = True
        if self._real:
            self._real.abort()

    def _close(self) -> None:
        """Closes once what was written is gone; while a request is still coming in, not before the client stops."""
        assert self._real
        if self._request and self._request.more_body:
            self._linger()
        else:
            self._real.close()

    def _linger(self) -> None:
        """Says no more, and hears no more, but gives the client the time to find the answer."""
        assert self._real
        patient = cast("_Patient", self.transport)
        if patient.left or self._real.is_closing():
            return
        patient.left = self._is_deaf = True
        self.flow.resume_reading()
        if self._real.can_write_eof():
            self._real.write_eof()
        self._stop_timers()
        self._timer = self.loop.call_later(LINGER_SECONDS, self._real.abort)

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._is_deaf or self.parser is None:
            self._unheard += len(data)
            if self._unheard > LINGER_BYTES and self._real:
                self._real.abort()
            return
        self._unset_keepalive_if_required()
        if self._head is None and not (self._request and self._request.more_body):
            self._begin_head()
        if self._head is not None:
            self._head += len(data)
        self._is_feeding = True
        try:
            self.parser.feed_data(data)
            if self._short_body is not None:
                self._go_the_long_way()  # it did not come in one piece
        except httptools.HttpParserUpgrade:
            pass  # there is nothing to upgrade to; the request stands as it is
        except httptools.HttpParserInvalidMethodError:
            fix = f"Use one of {_VERBS}."
            self._refuse(UnknownVerb("nobody here knows this method", fix=fix), ("allow", _VERBS))
        except httptools.HttpParserError as error:
            fix = "Send a request as RFC 9112 has it."
            self._refuse(Malformed(f"this is no HTTP request: {error}", fix=fix))
        else:
            if self._refusal is None and self._head is not None and self._head > HEAD_BYTES:
                self._refusal = headers_too_large()
            if self._refusal:
                self._refuse(self._refusal)
        finally:
            self._is_feeding = False
            if self._seconds is not None and not self._is_deaf:
                self._within(self._seconds)
            self._seconds = None

    @property
    def _request(self) -> RequestResponseCycle | None:
        """The request whose head came last."""
        return self.cycle

    def _begin_head(self) -> None:
        self._head = 0
        self._within(HEAD_SECONDS)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        if self._head is None:
            self._begin_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADER_BYTES or len(self.headers) > HEADERS:
            self._refusal = headers_too_large()

    def on_headers_complete(self) -> None:
        if self._refusal:
            return
        self._head = None
        self._doorkeeper.works(self)
        self._within(REQUEST_SECONDS)
        if self._take and self._may_be_short():
            self._short_body = []
        else:
            super().on_headers_complete()

    def _may_be_short(self) -> bool:
        """Is it a plain POST, and the only request under way?"""
        return (
            self.parser is not None
            and self.parser.get_method() == b"POST"
            and (self._request is None or self._request.response_complete)
            and not self.pipeline
            and not self.expect_100_continue
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )

    def _go_the_long_way(self) -> None:
        """To the application, with as much of the body as has come."""
        came, self._short_body = self._short_body or [], None
        super().on_headers_complete()
        if came:
            super().on_body(b"".join(came))

    def on_body(self, body: bytes) -> None:
        if self._refusal:
            return
        if self._short_body is not None:
            self._short_body.append(body)
            return
        if self.cycle.response_complete:  # it was answered already and still sends
            self._unheard += len(body)
            if self._unheard > LINGER_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refusal:
            return
        self._stop_timer()
        self._unheard = 0
        if self._short_body is not None:
            body = self._short_body[0] if len(self._short_body) == 1 else b"".join(self._short_body)
            self._short_body = None
            short = _Short()
            assert self._take
            if self._take(self.url, self.headers, body, partial(self._answer, short)):
                if not short.response_complete:
                    self.cycle = cast("RequestResponseCycle", short)
                return
            self._short_body = [body]
            self._go_the_long_way()
        super().on_message_complete()
        self.cycle.more_body = False

    def _answer(self, short: _Short, answer: Answer) -> None:
        """Writes the answer of a request that went the short way."""
        short.response_complete = True
        if self.transport.is_closing() or short.disconnected:
            return
        lines = [STATUS_LINE[answer.status]]
        lines += [b"%b: %b\r\n" % each for each in self.server_state.default_headers]
        if not short.keep_alive:
            lines.append(b"connection: close\r\n")
        for name, value in answer.headers:
            lines.append(f"{name}: {value}\r\n".encode("latin-1"))
            short.keep_alive &= (name, value) != ("connection", "close")
        lines.append(b"content-length: %d\r\n\r\n" % len(answer.body))
        lines.append(answer.body)
        self.transport.write(b"".join(lines))
        if not short.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        self._forget_body()
        super().on_response_complete()
        if not self.pipeline:
            self._doorkeeper.idles(self)

    def _forget_body(self) -> None:
        """Nobody reads on in it. Left to the collector, the bodies of a flood would stay for minutes."""
        cycle = self._request
        if cycle is not None and (cycle.response_complete or cycle.disconnected):
            cycle.body = bytearray()

    # What is too slow, too much or no HTTP

    def _within(self, seconds: float) -> None:
        self._stop_timer()
        if self._is_feeding:
            self._seconds = seconds
            return
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        if self.transport.is_closing():
            return
        answered = self._request is not None and self._request.response_complete
        if self._head == 0 or (self._head is None and answered):
            self.transport.close()  # nothing was asked, or it was answered and the rest of its body never came
            return
        self._refuse(TooSlow("the request did not arrive in time", fix="Send it again."))

    def _refuse(self, error: TocsinError, *headers: tuple[str, str]) -> None:
        """Says what is wrong, if it is its turn to hear it, and closes."""
        under_way = self._request if self._request and not self._request.response_complete else None
        if under_way and not under_way.more_body:
            # What is wrong is what came after a whole request: that one is still answered.
            self._is_deaf = True
            under_way.keep_alive = False
            return
        if under_way:
            started, under_way.disconnected = under_way.response_started, True
            under_way.message_event.set()
            if started:
                self.transport.close()
                return
        body = msgspec.json.encode(error.as_json())
        lines = [
            STATUS_LINE[error.status],
            *(f"{name}: {value}\r\n".encode() for name, value in headers),
            b"content-type: application/json\r\n",
            b"content-length: %d\r\n" % len(body),
            b"connection: close\r\n\r\n",
            body,
        ]
        assert self._real
        self._real.write(b"".join(lines))
        self._linger()

    # What does not go out

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._real and not self._write_timer:
            self._write_timer = self.loop.call_later(WRITE_SECONDS, self._real.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None

    def _stop_timer(self) -> None:
        self._seconds = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _stop_timers(self) -> None:
        self._stop_timer()
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None


def connections(doorkeeper: Doorkeeper, take: Take | None = None) -> type[asyncio.Protocol]:
    """The protocol class of a server whose connections this doorkeeper watches; `take` is the short way, if any."""

    class Kept(Connection):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named, doorkeeper=doorkeeper, take=take)

    return Kept
