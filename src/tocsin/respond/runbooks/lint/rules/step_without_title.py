"""Does something say what a block is for?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.reading.blocks import Block, Fence

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
        bare = _right_below_a_block(subject)
        for step in subject.runnable:
            if step.line in bare and (not step.title.strip() or _NUMBERED.match(step.title)):
                yield self.at(step.line, "nothing right above this block says what it is for")


def _right_below_a_block(subject: Subject) -> set[int]:
    """The fences above which stands another fence, or nothing at all."""
    found: set[int] = set()
    above: Block | None = None
    for block in subject.blocks():
        if isinstance(block, Fence) and (above is None or isinstance(above, Fence)):
            found.add(block.line)
        above = block
    return found
