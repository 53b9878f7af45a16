"""When was it last looked through, and should that have happened again since?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_CYCLES = {"weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}
_NOBODY_SAID = 366


class ReviewOverdue(Rule):
    id = "review-overdue"
    level = "warning"
    title = "A review is overdue"
    why = "Hosts, commands and people have changed since, and the page says so nowhere."
    fix = "walk through it once, then set `reviewed:` to that day"
    example = """\
---
reviewed: 2021-03-01
review: monthly
---
# Shop is down

```bash
uptime
```
"""
    fixed = """\
---
reviewed: 2026-11-02
review: monthly
---
# Shop is down

```bash
uptime
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        document, now = subject.document, subject.around.now
        if now is None or subject.outer is not None or not document.reviewed:
            return
        try:
            reviewed = date.fromisoformat(document.reviewed)
        except ValueError:  # in the author's words
            return
        days = _CYCLES.get(document.review, _NOBODY_SAID)
        late = now.astimezone(UTC).date() - reviewed - timedelta(days=days)
        if late > timedelta(0):
            how_often = f"{document.review} review" if document.review in _CYCLES else "yearly look at least"
            yield self.at(
                subject.line_with(document.reviewed),
                f"last reviewed on {reviewed}; a {how_often} was due {late.days} days ago",
            )
