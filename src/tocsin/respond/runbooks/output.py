"""What does a step print? Its files are followed while it runs and kept as chunks, whole, with secrets masked.

Only one window of 64 kB is in memory, however much is printed. A chunk ends at a line where it can, and never in
the middle of a secret: a cut is safe when masking the two halves gives the same as masking the whole.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.store import Store
from tocsin.respond.runbooks import store as rows

CHUNK = 60_000
"""Bytes of a chunk; masking may make it a little longer, and 64 kB is the promise."""
_BEAT_S = 0.2
_BATCH = 16
_BACK = 128
_log = structlog.get_logger(__name__)


class Tail:
    """Follows `out` and `err` of one attempt, as a context; what is left at its end is for the caller to write."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bell: Bell,
        *,
        run: str,
        step: str,
        attempt: int,
        folder: Path,
        is_new: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._bell = bell
        self._run = run
        self._step = step
        self._attempt = attempt
        self._folder = folder
        self._is_new = is_new
        self._seq = 0
        self._offsets: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"tail-{run}", daemon=True)

    def __enter__(self) -> Self:
        if not self._is_new:
            with self._store.read() as conn:
                self._seq, self._offsets = rows.kept_output(conn, self._run, self._step, self._attempt)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def rest(self) -> list[dict[str, Any]]:
        """The rows of what has been printed and not yet kept; long output is kept on the way."""
        while len(found := self._take(last=True)) == _BATCH:
            self._keep(found)
        return found

    def _follow(self) -> None:
        while not self._over.wait(_BEAT_S):
            try:
                while found := self._take(last=False):
                    self._keep(found)
            except Exception:
                _log.exception("output could not be kept for the moment", run=self._run, step=self._step)

    def _keep(self, found: list[dict[str, Any]]) -> None:
        self._store.write(lambda conn: rows.put_output(conn, found))
        self._bell.ring(f"run:{self._run}")

    def _take(self, *, last: bool) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for stream in ("out", "err"):
            while len(found) < _BATCH and (window := self._window(stream)):
                cut = cut_of(window, last=last and len(window) <= CHUNK)
                if not cut:
                    break
                self._offsets[stream] = self._offsets.get(stream, 0) + cut
                self._seq += 1
                found.append(self._row(stream, window[:cut]))
        return found

    def _window(self, stream: str) -> bytes:
        try:
            with (self._folder / stream).open("rb") as file:
                file.seek(self._offsets.get(stream, 0))
                return file.read(CHUNK + _BACK)
        except FileNotFoundError:
            return b""

    def _row(self, stream: str, data: bytes) -> dict[str, Any]:
        return {
            "run": self._run,
            "step": self._step,
            "attempt": self._attempt,
            "seq": self._seq,
            "stream": stream,
            "offset": self._offsets[stream],
            # Postgres keeps no NUL in a text.
            "text": scrub(data.decode("utf-8", "replace")).replace("\0", "␀"),
            "at": self._clock.now(),
        }


def cut_of(window: bytes, *, last: bool) -> int:
    """How many bytes of the window make the next chunk; 0 to wait for more. `last`: nothing more will come."""
    if last:
        return len(window)
    full = len(window) > CHUNK
    cut = window.rfind(b"\n", 0, CHUNK) + 1
    if cut and _is_safe(window, cut):
        return cut
    if not full:
        return 0
    whole = cut = _character_start(window, CHUNK)
    while cut > _BACK:
        if _is_safe(window, cut):
            return cut
        cut = _character_start(window, cut - _BACK)
    return whole


def _is_safe(window: bytes, cut: int) -> bool:
    before, after = window[:cut].decode("utf-8", "replace"), window[cut:].decode("utf-8", "replace")
    return scrub(before) + scrub(after) == scrub(before + after)


def _character_start(window: bytes, cut: int) -> int:
    while cut > 0 and cut < len(window) and window[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
