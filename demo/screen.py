"""How is the story told? One line a moment, a bar for each wait, calm, and as readable in a file as on a screen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

WIDTH = 96
TIME_WIDTH = 9


class Screen:
    """The terminal, or whatever the output goes to."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=False)
        self._console.width = min(WIDTH, self._console.width) if self._console.is_terminal else WIDTH
        self._began: float | None = None
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    def begin(self, at: float) -> None:
        """From now on each moment carries its time since `at`, in seconds since the epoch."""
        self._began = at

    def heading(self, text: str) -> None:
        """A part of the story."""
        self._console.print()
        self._console.print(Padding(Rule(Text(text, style="bold"), align="left", style="dim"), (0, 0, 0, 1)))

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Names and what they are."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, fact in facts:
            table.add_row(name, fact)
        self._console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def moment(self, sign: str, text: str, style: str = "", at: float | None = None) -> None:
        """Something happened; `at` in seconds since the epoch, now if left out."""
        passed = "" if self._began is None else f"+{(at or time.time()) - self._began:6.1f} s"
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=TIME_WIDTH, justify="right", style="dim")
        table.add_column(width=2)
        table.add_column(overflow="fold", ratio=1)
        table.add_row(passed, Text(sign, style=style), Text(text, style=style if sign in "▲✓✕" else ""))
        self._console.print(table)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Rows under their headings; the last column takes what is left."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        for number, column in enumerate(columns):
            last = number == len(columns) - 1
            table.add_column(column, no_wrap=not last, overflow="fold", ratio=1 if last else None)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def markdown(self, text: str) -> None:
        """The beginning of a document, and a sign that it goes on."""
        self._console.print(Padding(Markdown(text), (1, 0, 0, 4)))
        self._console.print("    …", style="dim")

    def wait(self, what: str, seconds: float) -> None:
        """A wait begins: a bar on a terminal, a line elsewhere. It runs until `wait_over`."""
        self.wait_over()
        if not self._console.is_terminal:
            self.moment("◔", f"{what} …", "dim")
            return
        self._progress = Progress(
            TextColumn(" " * TIME_WIDTH + " ◔  {task.description}"),
            BarColumn(bar_width=28, complete_style="yellow", finished_style="green"),
            TextColumn("{task.completed:.0f} of {task.total:.0f} s", style="dim"),
            console=self._console,
            transient=True,
        )
        self._progress.start()
        self._bar = self._progress.add_task(what, total=seconds)

    def tick(self) -> None:
        """Let the bar stand where the time is."""
        if self._progress is not None and self._bar is not None:
            task = self._progress.tasks[0]
            self._progress.update(self._bar, completed=min(task.elapsed or 0.0, task.total or 0.0))

    def wait_over(self) -> None:
        """The wait has ended, in time or not."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._bar = None
