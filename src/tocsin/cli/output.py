"""How does the terminal say it? As JSON for programs, as text and tables for people.

Everything from an alert is hostile, also here: control characters, escape sequences and direction marks are
made visible, and nothing is read as markup. Secrets are taken out on the way.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_HARMLESS = "\n\t"


def clean(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return "".join(
        each if each in _HARMLESS or _is_harmless(each) else _visible(each) for each in _scrubbed(text)
    )


def _scrubbed(text: str) -> str:
    from tocsin.ground.kernel.secret import scrub  # only when there is something to say: --help stays quick

    return scrub(text)


def _is_harmless(letter: str) -> bool:
    """No control, no half of a pair; of the format characters only joiners, which emoji and scripts need."""
    return letter in "\u200c\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _visible(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) > 0xFF else f"\\x{ord(letter):02x}"


def say(text: str = "", *, style: str = "") -> None:
    """A line for people."""
    if style and sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        Console(highlight=False).print(Text(clean(text), style=style))
    else:
        print(clean(text))


def say_json(value: Any) -> None:
    """One JSON value for programs; times in ISO 8601, unknown things as text."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_as_json)
    print(
        "".join(
            each if each in _HARMLESS or _is_harmless(each) else f"\\u{ord(each):04x}"
            for each in _scrubbed(text)
        )
    )


def say_line(value: Any) -> None:
    """One JSON value on one line, for programs that read line by line."""
    text = _scrubbed(json.dumps(value, ensure_ascii=False, default=_as_json))
    print(text if text.isascii() else "".join(_json_letter(each) for each in text))


@lru_cache(maxsize=8192)
def _json_letter(letter: str) -> str:
    return letter if _is_harmless(letter) else f"\\u{ord(letter):04x}"


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table. In a terminal long cells are folded, names without a blank never; in a pipe a row is a line."""
    cells = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in _aligned([list(columns), *([" ".join(cell.split()) for cell in row] for row in cells)]):
            print(line)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for at, column in enumerate(columns):
        names = all(" " not in row[at] for row in cells)
        table.add_column(column, overflow="fold", no_wrap=names)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """The rows with their columns one below the other, as a terminal counts widths."""
    from rich.cells import cell_len

    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(padded).rstrip()


def say_pairs(pairs: Mapping[str, object]) -> None:
    """Names and values, one a line, aligned."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        say(f"{name:<{width}}  {'' if value is None else value}")


def complain(message: str, fix: str = "") -> None:
    """What went wrong and what to do, on the error stream."""
    print(f"tocsin: {clean(message)}", file=sys.stderr)
    if fix:
        print(f"    {clean(fix)}", file=sys.stderr)
