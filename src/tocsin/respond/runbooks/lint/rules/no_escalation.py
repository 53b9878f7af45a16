"""Who helps when nothing on the page has helped?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Document, Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_ROLES = frozenset({"escalation", "contacts"})


class NoEscalation(Rule):
    id = "no-escalation"
    level = "note"
    title = "Nothing says whom to call when nothing helps"
    why = "After the last attempt the person on call is alone, and tries things that stand on no page."
    fix = "add a section Escalation: who is called, and after how long"
    example = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```
"""
    fixed = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```

## Escalation

After 15 minutes call the lead of the backend team.
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        paged = subject.service is not None and subject.service.escalation
        if subject.outer is not None or paged or not subject.tells_what_to_do:
            return
        pages = list(subject.document.within())
        if any(each.ladders for each in pages) and not any(_names_somebody(each) for each in pages):
            yield self.at(subject.head, "nothing says who is called when none of the attempts has helped")


def _names_somebody(document: Document) -> bool:
    return bool(
        document.escalation
        or document.contacts
        or document.rota
        or any(section.role in _ROLES for section in document.sections)
    )
