"""Does a date stand in a command?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding, Step
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_DATE = re.compile(
    r"(?<![\w.:/-])20[1-4]\d-[01]\d-[0-3]\d(?![\w-]{0,1}\d)|(?<!\d)20[1-4]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)"
)
_VERSION = re.compile(r"version|api|policy|schema|://|@sha|^-[A-Za-z]*H$|Version|:20", re.IGNORECASE)


class FixedDate(Rule):
    id = "fixed-date"
    level = "note"
    title = "A date stands in a command"
    why = "It was right on the day the page was written: today it looks at the wrong day, or restores an old backup."
    fix = "write it relative (`1 hour ago`, `$(date -d yesterday +%F)`, `now() - interval '1 hour'`), or as <DATE>"
    example = """\
## Diagnosis

```bash
journalctl -u shop --since 2024-03-18
```
"""
    fixed = """\
## Diagnosis

```bash
journalctl -u shop --since '1 hour ago'
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for step, command in subject.commands():
            before = ""
            for word in command.words:
                found = _DATE.search(word[:2_000])
                if found and not _VERSION.search(f"{before} {word}"[:4_000]):
                    yield self.at(subject.line_of(step, command.row), _message(found))
                before = word
        for step in subject.runnable:
            if step.kind == "sql":
                yield from self._in_sql(subject, step)

    def _in_sql(self, subject: Subject, step: Step) -> Iterator[Finding]:
        for row, line in enumerate(step.text.split("\n")):
            code = line[:2_000].partition("--")[0]
            found = _DATE.search(code.replace("'", " "))
            if found:
                yield self.at(subject.line_of(step, row), _message(found))


def _message(found: re.Match[str]) -> str:
    return f"{found.group()} is the day on which this was written"
