"""What has changed since the page was made? Server-sent events that say so; the page then fetches itself anew.

The hub reads the timeline on a beat, woken early by the bell, and tells each open page once a burst, however much
happened. What is told is only a name, never content: whoever may not see a page learns nothing from its stream. A
stream ends within seconds when the session behind it does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tocsin.faces.web import security
from tocsin.faces.web.context import Context
from tocsin.ground import timeline
from tocsin.ground.accounts import Identity, Permission, allowed
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.store import Store

BEAT_S = 1.0
_PAUSE_S = 0.25
_CHECK_S = 4.0
_RETRY_MS = 2_000
_MOST_STREAMS, _MOST_EACH = 2_000, 30
_log = structlog.get_logger(__name__)


class Stream:
    """One open page: the topics it watches and whether something happened to them. A burst is one wake-up."""

    def __init__(self, topics: set[str]) -> None:
        self.topics = topics
        self.changed = asyncio.Event()


class Hub:
    """Tells open pages. Lives on the event loop of the server; the bell may ring from any thread."""

    def __init__(self, store: Store, bell: Bell) -> None:
        self._store = store
        self._bell = bell
        self._streams: set[Stream] = set()
        self._each: Counter[str] = Counter()
        self._rung: set[str] = set()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._position = (0, 0)
        self._ending = False

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._position = await run_in_threadpool(self._newest)
        for topic in ("timeline", "alerts"):
            self._bell.on(topic, self._listener(topic))
        self._task = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Ends every stream, so that the server can stop."""
        self._ending = True
        for stream in self._streams:
            stream.changed.set()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def ending(self) -> bool:
        return self._ending

    def count(self) -> int:
        return len(self._streams)

    @contextlib.contextmanager
    def open(self, topics: set[str], who: str):
        """A stream on these topics; None when there are too many already, of all or of one reader."""
        if self._ending or len(self._streams) >= _MOST_STREAMS or self._each[who] >= _MOST_EACH:
            yield None
            return
        stream = Stream(topics)
        listeners = {
            topic: self._listener(topic) for topic in topics if topic.startswith(("run:", "diagnosis:"))
        }
        for topic, listener in listeners.items():
            self._bell.on(topic, listener)
        self._streams.add(stream)
        self._each[who] += 1
        try:
            yield stream
        finally:
            self._streams.discard(stream)
            self._each[who] -= 1
            if not self._each[who]:
                del self._each[who]
            for topic, listener in listeners.items():
                self._bell.off(topic, listener)

    def _listener(self, topic: str):
        def ring() -> None:
            if self._loop and not self._loop.is_closed():
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._ring, topic)

        return ring

    def _ring(self, topic: str) -> None:
        self._rung.add(topic)
        self._wake.set()

    async def _serve(self) -> None:
        while True:
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes with a ring, and `stop` would
            # wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._wake.wait()
            self._wake.clear()
            rung, self._rung = self._rung, set()
            try:
                # Also with no page open, so that the position does not fall behind by days.
                happened = await run_in_threadpool(self._read)
            except Exception:
                _log.exception("the timeline could not be read for the pages")
                happened = set[str]()
            topics = happened | rung
            for stream in self._streams:
                if stream.topics & topics:
                    stream.changed.set()
            await asyncio.sleep(_PAUSE_S)

    def _read(self) -> set[str]:
        topics: set[str] = set()
        with self._store.read() as conn:
            while events := timeline.after(conn, self._position, limit=500):
                self._position = events[-1].position
                topics |= {f"incident:{event.incident}" for event in events} | {"dashboard"}
        return topics

    def _newest(self) -> tuple[int, int]:
        with self._store.read() as conn:
            return timeline.newest(conn)


def route(context: Context, hub: Hub) -> Route:
    """`/live?page=incident:INC-…`: needs the permission to read, as every page that listens to it does."""

    async def live(request: Request) -> Response:
        session = request.cookies.get(security.SESSION_COOKIE, "")
        identity = await run_in_threadpool(_reader, context, session)
        if identity is None:
            return PlainTextResponse("sign in first\n", status_code=401)
        topics = await run_in_threadpool(_topics, context, request.query_params.get("page", ""))
        return StreamingResponse(
            _events(context, hub, topics, session, identity),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    live.permission = Permission.READ  # pyright: ignore[reportFunctionMemberAccess] - read by the list of routes
    return Route("/live", live, methods=["GET"])


async def _events(
    context: Context, hub: Hub, topics: set[str], session: str, identity: Identity
) -> AsyncIterator[str]:
    with hub.open(topics, identity.actor) as stream:
        if stream is None:
            # 204 would be the documented way to end a stream for good; the answer has begun, so ask for a long pause.
            yield "retry: 60000\nevent: full\ndata: \n\n"
            return
        yield f"retry: {_RETRY_MS}\nevent: hello\ndata: \n\n"
        while not hub.ending:
            try:
                async with asyncio.timeout(_CHECK_S):
                    await stream.changed.wait()
            except TimeoutError:
                if await run_in_threadpool(_reader, context, session) is None:
                    yield "event: bye\ndata: \n\n"
                    return
                yield ": still here\n\n"
                continue
            stream.changed.clear()
            if not hub.ending:
                yield "event: changed\ndata: \n\n"


def _reader(context: Context, session: str) -> Identity | None:
    identity = context.accounts.session(session) if session else None
    return identity if identity and allowed(identity, Permission.READ) else None


def _topics(context: Context, page: str) -> set[str]:
    """What a page watches. One about an incident also watches the output of its open runs, and its diagnosis."""
    kind, _, name = page.partition(":")
    match kind:
        case "incident":
            with context.store.read() as conn:
                runs = context.runs.of_incident(conn, name)
            return {page, f"diagnosis:{name}", *(f"run:{run.id}" for run in runs if run.is_open)}
        case "diagnosis":
            return {page}
        case "run":
            return {page}
        case "dashboard" | "alerts":
            return {kind, "alerts"}
        case _:
            return set()
