"""How bad is it when this page is needed?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject


class NoSeverity(Rule):
    id = "no-severity"
    level = "note"
    title = "No severity is told"
    why = "Of two pages that fit an alert, the one for the worse case cannot be offered first."
    fix = "add `severity: P1` to the front matter, or a section Severity"
    example = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```
"""
    fixed = """\
---
severity: P1
---
# Shop is down

## Resolution

```bash
systemctl restart shop
```
"""
    kinds = frozenset({"incident"})

    def look(self, subject: Subject) -> Iterator[Finding]:
        document, outer = subject.document, subject.outer
        told = document.severity or (outer.severity if outer else "") or document.severities
        if document.ladders and subject.tells_what_to_do and not told:
            yield self.at(subject.head, "nothing says how bad it is when this page is needed")
