"""`python -m demo`: exit status 0 only if Tocsin brought the service back."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from demo.installation import TocsinBroken
from demo.screen import Screen
from demo.stack import StackBroken
from demo.story import Story, Wishes

INTERRUPTED = 130


def main() -> int:
    """Tell the story that the environment asks for."""
    try:
        wishes = Wishes.of(os.environ)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    screen = Screen()
    try:
        return Story(wishes, screen).tell()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (StackBroken, TocsinBroken) as trouble:
        screen.moment("✕", str(trouble), "bold red")
        return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Be ended like with Ctrl-C, so that every process is cleaned up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
