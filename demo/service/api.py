"""What does the outside see? `/health` and `/recommendations/{reader}?limit=`, served by several processes on one port.

Every process binds the port with SO_REUSEPORT, so the kernel spreads the readers, and one process can be replaced
while the others serve.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo.service.home import Home
from demo.service.memory import Memory, MemoryTrouble
from demo.service.recommend import DatabaseTrouble, Ratings
from demo.service.titles import TOP, title

HEALTH_READER = 1
DEFAULT_LIMIT = 10
log = logging.getLogger("api")


class Personal:
    """The whole service: a list for each reader, from the database, with the store's memory of the last visit."""

    mode = "personal"

    def __init__(self, home: Home) -> None:
        self._ratings = Ratings(home.database)
        self._memory = Memory(home.redis_port)

    def titles(self, reader: int, limit: int) -> list[int]:
        """The reader's list; what stood first the last time goes to the end."""
        found = self._ratings.recommend(reader, limit)
        before = self._memory.remember(reader, found[0]) if found else None
        return [*(t for t in found if t != before), before] if before in found else found

    def health(self) -> dict[str, Any]:
        """The parts and how they are."""
        parts: dict[str, Any] = {}
        started = time.monotonic()
        try:
            usage = self._memory.probe()
            parts["redis"] = {
                "ok": True,
                "ms": _ms(started),
                "used_mb": round(usage.used_mb, 1),
                "limit_mb": round(usage.limit_mb, 1),
            }
        except MemoryTrouble as trouble:
            parts["redis"] = {"ok": False, "ms": _ms(started), "error": str(trouble)}
        started = time.monotonic()
        try:
            self._ratings.recommend(HEALTH_READER, DEFAULT_LIMIT)
            parts["database"] = {"ok": True, "ms": _ms(started)}
        except DatabaseTrouble as trouble:
            parts["database"] = {"ok": False, "ms": _ms(started), "error": str(trouble)}
        return parts


class Static:
    """Degraded on purpose: the editors' list for everybody, needing neither store nor database."""

    mode = "static"

    def titles(self, reader: int, limit: int) -> list[int]:
        """The same for every reader."""
        return list(TOP[:limit])

    def health(self) -> dict[str, Any]:
        """Nothing to look at."""
        return {}


def _ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


def application(lists: Personal | Static) -> Starlette:
    """The two routes over one way of making lists."""

    def health(_: Request) -> JSONResponse:
        parts = lists.health()
        ok = all(part["ok"] for part in parts.values())
        return JSONResponse(
            {"status": "ok" if ok else "failing", "mode": lists.mode, "pid": os.getpid(), **parts},
            status_code=200 if ok else 503,
        )

    def recommendations(request: Request) -> JSONResponse:
        reader = request.path_params["reader"]
        try:
            limit = min(50, max(1, int(request.query_params.get("limit", DEFAULT_LIMIT))))
        except ValueError:
            return JSONResponse({"error": "limit is a number from 1 to 50"}, status_code=400)
        try:
            found = lists.titles(reader, limit)
        except (DatabaseTrouble, MemoryTrouble) as trouble:
            log.warning("no list for reader %d: %s", reader, trouble)
            return JSONResponse({"error": str(trouble)}, status_code=503)
        return JSONResponse(
            {"reader": reader, "mode": lists.mode, "count": len(found), "titles": [title(t) for t in found]}
        )

    return Starlette(
        routes=[Route("/health", health), Route("/recommendations/{reader:int}", recommendations)]
    )


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    home = Home.of_environment()
    lists = Static() if home.static_mode.exists() else Personal(home)
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind(("127.0.0.1", home.api_port))
    log.info("serving %s lists on %s", lists.mode, home.url)
    server = uvicorn.Server(
        uvicorn.Config(application(lists), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    )
    server.run(sockets=[door])


if __name__ == "__main__":
    main()
