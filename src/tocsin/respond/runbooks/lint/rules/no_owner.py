"""Does anybody keep this page true?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject


class NoOwner(Rule):
    id = "no-owner"
    level = "warning"
    title = "Nobody owns it"
    why = "Nobody is told when it is due for a review, and nobody can be asked when it is wrong."
    fix = "add `owner:` to the front matter, or a last line `Owner: the team`"
    example = """\
# Shop is down

```bash
uptime
```
"""
    fixed = """\
---
owner: backend
---
# Shop is down

```bash
uptime
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        # What stands inside a file is owned by who owns the file.
        owned = subject.document.owner or (subject.service is not None and subject.service.team)
        if subject.outer is None and subject.tells_what_to_do and not owned:
            yield self.at(subject.head, "nobody is named who keeps this page true")
