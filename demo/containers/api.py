"""What does a container of the API answer? `/health` and `/recommendations/{reader}?limit=`, from Postgres and Redis.

A request opens a connection of its own, and nothing waits longer than its budget: a part that is slow or full gives an
error at once. `SERVING=static` serves the editors' list to everybody and needs neither of the two.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from valkey import Valkey, ValkeyError

from demo.service.titles import TOP, title

BUDGET_MS = 400
SHOWN_FOR_S = 24 * 3600
SETTINGS_EVERY_S = 1.0
PORT = 8080
SPOOL = Path("/srv/spool")
log = logging.getLogger("api")

_DATABASE = (
    f"host=postgres dbname=reco user=reco connect_timeout=2 options='-c statement_timeout={BUDGET_MS}'"
)
_LIKED_BY_NEIGHBOURS = """
select liked.title from neighbour join rating as liked on liked.reader = neighbour.peer and liked.stars >= 4
where neighbour.reader = %s group by liked.title
order by sum(neighbour.weight * liked.stars) desc, liked.title limit %s
"""
_TROUBLE = (psycopg.Error, ValkeyError, OSError)


class Personal:
    """A list for each reader: from Postgres, remembered in Redis, and noted in the spool for the night's statistics."""

    def __init__(self) -> None:
        # its annotations are those of the synchronous and the asynchronous client at once
        self._redis: Any = Valkey(
            host="redis", decode_responses=True, socket_timeout=0.4, socket_connect_timeout=0.4
        )

    def titles(self, reader: int, limit: int) -> list[int]:
        """What stood first the last time goes to the end. Raises one of the errors of its parts."""
        found = self.read(reader, limit)
        before = self.remember(reader, found[0]) if found else None
        _keep(f"{reader % 50}.json", json.dumps(found))
        return [*(each for each in found if each != before), before] if before in found else found

    def read(self, reader: int, limit: int) -> list[int]:
        """From Postgres."""
        with psycopg.connect(_DATABASE) as connection:
            return [row[0] for row in connection.execute(_LIKED_BY_NEIGHBOURS, (reader, limit))]

    def remember(self, reader: int, first: int) -> int | None:
        """Into Redis; returns what was there."""
        before = self._redis.set(f"shown:{reader}", first, ex=SHOWN_FOR_S, get=True)
        return int(before) if before else None

    def health(self) -> dict[str, Any]:
        """Each part with what it said."""
        return {
            "redis": _probe(lambda: self.remember(-1, 0)),
            "database": _probe(lambda: self.read(1, 10)),
            "spool": _probe(lambda: _keep("health", "ok")),
        }

    def follow_settings(self) -> None:
        """Read again and again; a process that cannot read them must not go on with old ones, and ends."""
        while True:
            with contextlib.suppress(ValkeyError):
                text = self._redis.get("settings") or "{}"
                try:
                    json.loads(text)
                except ValueError:
                    log.critical("settings are no JSON: %r", text)
                    os._exit(70)
            time.sleep(SETTINGS_EVERY_S)


class Static:
    """The same twelve titles for everybody."""

    def titles(self, reader: int, limit: int) -> list[int]:
        return list(TOP[:limit])

    def health(self) -> dict[str, Any]:
        return {}


def _keep(name: str, text: str) -> None:
    """Whole or not at all: the new file needs room beside the old one."""
    fresh = SPOOL / f"{name}.{threading.get_ident()}"
    fresh.write_text(text)
    fresh.replace(SPOOL / name)


def _probe(part: Callable[[], object]) -> dict[str, Any]:
    started = time.monotonic()
    try:
        part()
    except _TROUBLE as trouble:
        return {"ok": False, "error": str(trouble).strip()}
    return {"ok": True, "ms": round((time.monotonic() - started) * 1000, 1)}


def application(lists: Personal | Static) -> Starlette:
    """The two routes over one way of making lists."""

    def health(_: Request) -> JSONResponse:
        parts = lists.health()
        ok = all(part["ok"] for part in parts.values())
        return JSONResponse({"status": "ok" if ok else "failing", **parts}, status_code=200 if ok else 503)

    def recommendations(request: Request) -> JSONResponse:
        reader = request.path_params["reader"]
        try:
            found = lists.titles(reader, 10)
        except _TROUBLE as trouble:
            log.error("no list for reader %d: %s", reader, str(trouble).strip())
            return JSONResponse({"error": str(trouble)}, status_code=503)
        return JSONResponse(
            {"reader": reader, "count": len(found), "titles": [title(each) for each in found]}
        )

    return Starlette(
        routes=[Route("/health", health), Route("/recommendations/{reader:int}", recommendations)]
    )


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    serving = os.environ["SERVING"]
    lists = Static() if serving == "static" else Personal()
    if isinstance(lists, Personal):
        threading.Thread(target=lists.follow_settings, daemon=True).start()
    log.info("serving %s lists", serving)
    uvicorn.run(
        application(lists),
        host="0.0.0.0",
        port=PORT,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
