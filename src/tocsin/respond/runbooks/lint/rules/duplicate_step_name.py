"""Have two steps the same name?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.reading.code.attributes import split_info


class DuplicateStepName(Rule):
    id = "duplicate-step-name"
    level = "warning"
    title = "Two steps have the same name"
    why = (
        "The second one is renamed: what was proven of it, and who asks for it by name, belongs to the other."
    )
    fix = "give each its own name"
    example = """\
## Diagnosis

```bash {name=disk}
df -h /
```

```bash {name=disk}
df -h /var
```
"""
    fixed = """\
## Diagnosis

```bash {name=disk}
df -h /
```

```bash {name=disk-of-data}
df -h /var
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        first: dict[str, int] = {}
        for line, fence in subject.fences.items():
            name = split_info(fence.info)[1].get("name", "").lower()
            if name in first:
                yield self.at(line, f"{name} is the name of the step on line {first[name]} as well")
            elif name:
                first[name] = line
