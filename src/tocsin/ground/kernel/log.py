"""What does the process say about itself? One line an event on stderr, secrets masked, control characters escaped.

JSON where a machine reads (not a terminal), words where a person does. A log that cannot be written never stops
the work: a closed stderr is let go.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from tocsin.ground.kernel.secret import scrub


def configure(*, level: str = "info", pretty: bool | None = None) -> None:
    """Once, at start. `pretty` defaults to whether stderr is a terminal."""
    words = sys.stderr.isatty() if pretty is None else pretty
    render: Any = structlog.dev.ConsoleRenderer(colors=True) if words else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "httpcore", "uvicorn.access", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Stderr:
    """The last station: writes a line, and shrugs when nobody listens any more."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(message, file=sys.stderr, flush=True)

    log = debug = info = warning = error = critical = fatal = exception = msg


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
    return event
