"""Does a row of a table go on in the next line?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class BrokenRow(ToldByReader):
    id = "broken-row"
    level = "note"
    title = "A table row is broken over two lines"
    why = "Viewers end the table there, and the rest of it is a heap of pipes."
    fix = "write the row in one line, with <br> for a new line in a cell"
    example = """\
## Diagnosis

| item | command | expected |
|---|---|---|
| disk | `df -h` |
less than 90 % |
"""
    fixed = """\
## Diagnosis

| item | command | expected |
|---|---|---|
| disk | `df -h` | less than 90 % |
"""
