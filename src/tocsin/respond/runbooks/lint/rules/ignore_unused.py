"""Does an ignore still ignore something?"""

from __future__ import annotations

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.ignoring import Ignore
from tocsin.respond.runbooks.lint.rule import EVERY_PAGE, Rule


class IgnoreUnused(Rule):
    id = "ignore-unused"
    level = "note"
    title = "An ignore matches nothing"
    why = "What it was written for is mended; the next mistake of that kind would pass unseen."
    fix = "take it away"
    example = """\
# Shop is down

<!-- tocsin: ignore[prompt] copied from the vendor -->

```bash
uptime
```
"""
    fixed = """\
# Shop is down

```bash
uptime
```
"""
    kinds = EVERY_PAGE

    # Nothing to look at: only when all rules have looked is it known which ignore matched nothing.

    def told(self, ignore: Ignore) -> Finding:
        return self.at(ignore.line, f"{', '.join(ignore.rules)} says nothing here")

    def unknown(self, ignore: Ignore, names: list[str]) -> Finding:
        return self.at(
            ignore.line, f"there is no rule {', '.join(names)}", "`tocsin runbook rules` names them all"
        )
