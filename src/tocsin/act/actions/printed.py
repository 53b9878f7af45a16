"""What did a program print, as rows and as a reason? For verbs that run one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tocsin.act.actions.action import Call, Result, tail_of
from tocsin.act.actions.toolbox import ROWS
from tocsin.ground.kernel.secret import scrub

_REASON = 300
_ERRORS = 16_384


def with_reason(call: Call, result: Result) -> Result:
    """The result, with the last line of its errors as the reason why it failed."""
    if result.well or result.cut or result.lost:
        return result
    said = [line.strip() for line in tail_of(call.err, _ERRORS).splitlines() if line.strip()]
    return replace(result, why=scrub(said[-1])[:_REASON]) if said else result


def with_rows(
    call: Call, result: Result, read: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda row: row
) -> Result:
    """The result, with the JSON objects that were printed, one a line, as rows. `read` tidies each of them."""
    if not result.well:
        return with_reason(call, result)
    return replace(result, rows=tuple(dict(read(row)) for row in json_lines(call.out)))


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The first JSON objects of a file, one a line; lines that are none are passed over."""
    found = 0
    try:
        file = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                row: Any = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                yield cast("dict[str, Any]", row)
                found += 1
                if found == ROWS:
                    return
