"""How does one find out that it is really this?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_LOOKING = frozenset({"diagnosis", "detection", "symptoms", "cause", "meaning"})


class NoDiagnosis(Rule):
    id = "no-diagnosis"
    level = "note"
    title = "It repairs without looking first"
    why = "The page is followed for the wrong trouble, and its repair hides the traces of the right one."
    fix = "add a section Diagnosis or Symptoms that tells this trouble from others"
    example = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```
"""
    fixed = """\
# Shop is down

## Diagnosis

```bash
systemctl status shop
```

## Resolution

```bash
systemctl restart shop
```
"""
    kinds = frozenset({"incident"})

    def look(self, subject: Subject) -> Iterator[Finding]:
        document = subject.document
        looks = document.diagnosis or document.causes or document.decisions or document.triggers
        if document.ladders and subject.tells_what_to_do and not looks and not subject.roles() & _LOOKING:
            yield self.at(
                document.ladders[0].line, "it repairs, and nothing says how to tell that it is this trouble"
            )
