"""How is an action asked, and what did it show? One attempt in a folder, taken up again where a crash cut it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from tocsin.act.actions.action import Action, Call, Found, Result, tail_of
from tocsin.respond.diagnosis.collector import Collected, Inquiry
from tocsin.respond.diagnosis.masking import masked

KEPT = 256 * 1024
"""So much of what a question shows is kept: the last 256 KiB, where the news is."""
Judge = Callable[[Result, Call], tuple[bool, str]]


def ask(action: Action, call: Call, inquiry: Inquiry, judge: Judge | None = None) -> Collected:
    """Carries the action out within the time-box; `judge` says whether that is as its author expects."""
    call = replace(
        call, timeout_s=min(call.timeout_s, inquiry.timeout_s), stopped=inquiry.stopped, level="read"
    )
    result, call = _attempt(action, call, inquiry.folder)
    ok, why = judge(result, call) if judge else (result.well, result.why)
    return Collected(ok=ok, said=masked(why), text=shown(call))


def shown(call: Call) -> str:
    """What it printed, errors last, secrets masked."""
    parts = [tail_of(call.out, KEPT), tail_of(call.err, KEPT)]
    text = "\n".join(each.rstrip("\n") for each in parts if each.strip())
    # Postgres keeps no NUL in a text.
    return masked(text).replace("\0", "␀")[-KEPT:]


def _attempt(action: Action, call: Call, folder: Path) -> tuple[Result, Call]:
    """A command that was under way when the last process died is followed to its end, not started beside itself."""
    for number in count(1):
        mine = replace(call, folder=folder / str(number))
        if not mine.folder.exists():
            mine.folder.mkdir(parents=True)
            return action.run(mine), mine
        if action.find(mine) in (Found.DONE, Found.RUNNING):
            return action.take_up(mine), mine
    raise AssertionError("counting never ends")
