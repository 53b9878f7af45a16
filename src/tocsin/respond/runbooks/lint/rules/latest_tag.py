"""Is something run whose version is `latest`?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_LATEST = re.compile(r"^[\w./-]{1,200}:latest$")


class LatestTag(Rule):
    id = "latest-tag"
    level = "note"
    title = "A step runs whatever is latest"
    why = "During an incident a version nobody has tried comes in, and going back has no name to go back to."
    fix = "name the version, or make it an input: `image:<VERSION>`"
    example = """\
## Diagnosis

```bash
docker pull registry.test/shop:latest
```
"""
    fixed = """\
## Diagnosis

```bash
docker pull registry.test/shop:<VERSION>
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for step, command in subject.commands():
            image = next((word for word in command.words if _LATEST.match(word[:300])), None)
            if image is not None:
                yield self.at(subject.line_of(step, command.row), f"{image} is another thing every week")
