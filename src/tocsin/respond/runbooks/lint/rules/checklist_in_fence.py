"""Does a checklist stand where nobody can tick it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.reading.code.attributes import split_info
from tocsin.respond.runbooks.reading.repairs import TEMPLATES

_BOX = re.compile(r"^\s{0,20}(?:[-*+]|\d{1,3}[.)])\s{1,4}\[[ xX]\]\s")


class ChecklistInFence(Rule):
    id = "checklist-in-fence"
    level = "note"
    title = "A checklist stands in a block of code"
    why = "Viewers show the boxes as text. Nobody ticks them, and the next one on call does them again."
    fix = "write the list outside of the block; a template to be copied goes into a `markdown` block"
    example = """\
## Checklist

```
- [ ] The lead knows
- [ ] The status page is up to date
```
"""
    fixed = """\
## Checklist

- [ ] The lead knows
- [ ] The status page is up to date
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for fence in subject.fences.values():
            if split_info(fence.info)[0] in TEMPLATES:
                continue
            boxes = [at for at, line in enumerate(fence.text.split("\n")) if _BOX.match(line[:200])]
            if boxes:
                how_many = "a box" if len(boxes) == 1 else f"{len(boxes)} boxes"
                yield self.at(fence.text_line + boxes[0], f"{how_many} in this block cannot be ticked")
