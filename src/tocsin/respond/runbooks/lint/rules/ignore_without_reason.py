"""Does an ignore say why?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import EVERY_PAGE, Rule, Subject


class IgnoreWithoutReason(Rule):
    id = "ignore-without-reason"
    level = "warning"
    title = "An ignore gives no reason"
    why = "In half a year nobody knows whether the rule was wrong or the author in a hurry."
    fix = "write `tocsin: ignore[rule] reason`"
    example = """\
<!-- tocsin: ignore[no-owner] -->

# Shop is down

```bash
uptime
```
"""
    fixed = """\
<!-- tocsin: ignore[no-owner] the whole team keeps this page -->

# Shop is down

```bash
uptime
```
"""
    kinds = EVERY_PAGE

    def look(self, subject: Subject) -> Iterator[Finding]:
        for ignore in subject.ignores if subject.outer is None else ():
            if not ignore.rules:
                yield self.at(ignore.line, "this ignore names no rule, so nothing is ignored")
            elif not ignore.reason:
                yield self.at(ignore.line, f"nobody says why {', '.join(ignore.rules)} is ignored here")
