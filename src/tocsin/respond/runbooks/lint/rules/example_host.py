"""Does a command speak to a host that only stands for another?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding, Step
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_EXAMPLE = re.compile(
    r"(?<![\w-])(?:[\w-]{1,63}\.){0,8}(?:example\.(?:com|org|net|edu)|(?:my-?domain|my-?company|yourdomain)\.com|example)"
    r"(?![\w.-]{0,1}\w)",
    re.IGNORECASE,
)


class ExampleHost(Rule):
    id = "example-host"
    level = "warning"
    title = "A step speaks to an example host"
    why = (
        "A stranger's machine is asked how your service is: the answer tells nothing, and your token is gone."
    )
    fix = "write the host, or a placeholder such as <API_HOST>"
    example = """\
## Diagnosis

```bash
curl -f https://api.example.com/health
```
"""
    fixed = """\
## Diagnosis

```bash
curl -f "https://<API_HOST>/health"
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        """In shell the reader makes an input of it; unless somebody types another, it is asked all the same."""
        first: dict[str, int] = {}
        for each in subject.document.inputs:
            if each.lines and each.default and (host := _host(each.default)):
                first.setdefault(host, each.lines[0])
        for step in subject.runnable:
            if step.kind == "http" and (host := _host(_first_line(step))):
                first.setdefault(host, step.line)
        for host, line in first.items():
            yield self.at(line, f"{host} stands for a host of yours")


def _first_line(step: Step) -> str:
    return next((line for line in step.text.split("\n") if line.strip()), "")


def _host(text: str) -> str | None:
    """The example host of a text: one with a dot, since `example` alone is a name like any other."""
    return next((each.group() for each in _EXAMPLE.finditer(text[:2_000]) if "." in each.group()), None)
