"""Is each declared input one that a step names?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, cast

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject


class InputUnused(Rule):
    id = "input-unused"
    level = "warning"
    title = "A declared input is not asked for"
    why = (
        "A value with a good default is declared under one name and asked for under another, by somebody who was "
        "woken a minute ago."
    )
    fix = "give both the same name, or take the declaration away"
    example = """\
---
inputs:
  RENDER_IP: {type: ip, default: 127.0.0.1}
---
## Diagnosis

```bash
ping -c 1 <RENDERIP>
```
"""
    fixed = """\
---
inputs:
  RENDER_IP: {type: ip, default: 127.0.0.1}
---
## Diagnosis

```bash
ping -c 1 <RENDER_IP>
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        told: Any = subject.document.front_matter.get("inputs")
        if subject.outer is not None or not isinstance(told, dict):
            return
        declared = cast("dict[str, Any]", told)
        used = {name for page in subject.document.within() for step in page.steps() for name in step.inputs}
        asked = sorted(used - set(declared))
        for name in declared:
            if name not in used:
                meant = get_close_matches(name, asked, n=1)
                message = f"the input {name} is declared, and no step names it"
                yield self.at(
                    subject.line_with(name),
                    f"{message}; {meant[0]} is asked for instead" if meant else message,
                )
