"""Does something say what a block is for?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_NUMBERED = re.compile(r"^(?:line \d{1,7}|.{0,200}\(\d{1,4}\))$")


class StepWithoutTitle(Rule):
    id = "step-without-title"
    level = "note"
    title = "Nothing says what a block is for"
    why = "The list of steps reads `Diagnosis (2)`, `Diagnosis (3)`; which of them failed says nothing to anybody."
    fix = "write a heading, a line that ends in a colon, or a first comment above it"
    example = """\
## Diagnosis

```bash
df -h /
```

```bash
free -m
```
"""
    fixed = """\
## Diagnosis

Is the disk full?

```bash
df -h /
```

```bash
# How much memory is left
free -m
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for step in subject.runnable:
            fence = subject.fences.get(step.line)
            if fence is not None and (not step.title.strip() or _NUMBERED.match(step.title)):
                yield self.at(step.line, "nothing right above this block says what it is for")
