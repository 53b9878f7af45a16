"""How does a command run as if nobody watched? Its streams, signals and status are passed on; its last words are kept.

A stream that leads to a terminal is left alone, so that the command sees one, and its words are not kept. What still
writes into a stream after the command has ended (a daemon that it started) is passed on until that ends, too.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

OUTPUT_KEPT = 10_000
NOT_FOUND, NOT_EXECUTABLE = 127, 126
_CHUNK = 65_536
_LAST_WORDS_S = 0.5
_PASSED_ON = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGWINCH,
)
_FROM_KEYBOARD = (signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How it went: its exit status (128 and the number of a signal that killed it, as shells say it), seconds, and the
    last 10,000 bytes of what it said. `why` is set where it could not be started.
    """

    status: int
    seconds: float
    output: bytes
    why: str = ""


def run(command: Sequence[str], *, keep_output: bool, ended: Callable[[Ended], None]) -> int:
    """Runs it and returns its status. `ended` is called once the command is over, before its streams are."""
    words = _LastWords()
    began = time.monotonic()
    streams = _Streams(words) if keep_output else None
    relay = _Relay()
    try:
        child = subprocess.Popen(
            command,
            stdout=streams.out if streams else None,
            stderr=streams.err if streams else None,
            close_fds=False,  # what our caller has opened for it (a lock, a socket of systemd) is for it
        )
    except OSError as error:
        relay.end()
        status = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        why = f"{command[0]}: {error.strerror or error}"
        if streams:
            streams.close()
        ended(Ended(status=status, seconds=time.monotonic() - began, output=why.encode(), why=why))
        return status
    relay.to(child)
    if streams:
        streams.start()
    code = child.wait()
    relay.end()
    status = code if code >= 0 else 128 - code
    if streams:
        streams.wait(_LAST_WORDS_S)
    ended(Ended(status=status, seconds=time.monotonic() - began, output=words.said))
    if streams:
        streams.wait(None)
    return status


class _LastWords:
    def __init__(self) -> None:
        self._kept = bytearray()
        self._lock = threading.Lock()

    def add(self, data: bytes) -> None:
        with self._lock:
            self._kept += data
            del self._kept[:-OUTPUT_KEPT]

    @property
    def said(self) -> bytes:
        with self._lock:
            return bytes(self._kept)


class _Streams:
    """The pipes between the command and where its output goes; one for both where both go to the same file."""

    def __init__(self, words: _LastWords) -> None:
        self._words = words
        self._pumps: list[tuple[int, int]] = []
        self._ours: list[int] = []
        self._threads: list[threading.Thread] = []
        self.out = self._pipe(1)
        self.err = self.out if self.out is not None and _same(1, 2) else self._pipe(2)

    def _pipe(self, target: int) -> int | None:
        """The end that the command writes to; none where the stream is closed or a terminal."""
        try:
            if os.isatty(target):
                return None
            os.fstat(target)
        except OSError:
            return None
        reading, writing = os.pipe()
        self._pumps.append((reading, target))
        self._ours.append(writing)
        return writing

    def start(self) -> None:
        for writing in self._ours:
            os.close(writing)
        for reading, target in self._pumps:
            thread = threading.Thread(target=_pump, args=(reading, target, self._words), daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait(self, seconds: float | None) -> None:
        until = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))

    def close(self) -> None:
        for end in (*self._ours, *(reading for reading, _ in self._pumps)):
            os.close(end)


def _same(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False


def _pump(reading: int, target: int, words: _LastWords) -> None:
    """Passes on what comes until it ends; where nobody reads any more, the command is to notice as it would have."""
    try:
        while data := os.read(reading, _CHUNK):
            words.add(data)
            _write(target, data)
    except OSError:
        pass
    finally:
        os.close(reading)


def _write(target: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(target, left) :]
        except BlockingIOError:
            select.select([], [target], [])


class _Relay:
    """Passes signals on. One that the keyboard sends to the whole group, the command has got already."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before = {
            each: signal.signal(each, self._got)
            for each in _PASSED_ON
            if signal.getsignal(each) is not signal.SIG_IGN  # under nohup, for one
        }

    def to(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for each in self._early:
            child.send_signal(each)

    def end(self) -> None:
        """From now on a signal is for us, as ever."""
        for each, before in self._before.items():
            signal.signal(each, before)

    def _got(self, number: int, _: FrameType | None) -> None:
        if number in _FROM_KEYBOARD and _in_foreground():
            return
        if self._child is None:
            self._early.append(number)
        else:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
