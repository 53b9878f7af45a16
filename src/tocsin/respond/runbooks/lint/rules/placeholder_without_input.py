"""Does something that is meant to be filled in run as it stands?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_MEANT = re.compile(
    r"""
      (?<![\w$<{-])(?:your|YOUR)[-_]?[A-Za-z][\w-]{0,40}        # your-bucket, YOUR_TOKEN, yourdomain
    | (?<!\$)\{[A-Z][A-Z0-9_]{2,40}\}                           # {POD_NAME}
    | (?<!\w)[xX]{4,40}(?!\w)                                   # xxxxxxxx
    | <[A-Za-z][^<>\n$"']{0,40}[\w)]>                           # <whatever the reader could not bind>
    | (?<!\{)\{\{[ ]?[A-Za-z_][\w-]{0,40}[ ]?\}\}              # {{ namespace }}
    """,
    re.VERBOSE,
)
_DOTS = frozenset({"...", "…"})
_FORMATS = ("format", "template", "jsonpath", "-o")


class PlaceholderWithoutInput(Rule):
    id = "placeholder-without-input"
    level = "warning"
    title = "Something to be filled in is not a placeholder"
    why = "The step runs with `your-bucket` itself: it fails, or worse, it finds something of that name."
    fix = "write it as `<NAME>` or `$NAME`; then it is asked for before anything runs"
    example = """\
## Diagnosis

```bash
kubectl get pods --namespace {NAMESPACE}
```
"""
    fixed = """\
## Diagnosis

```bash
kubectl get pods --namespace <NAMESPACE>
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        told: set[str] = set()
        for step, command in subject.commands():
            shows = any(word.startswith(_FORMATS) or "format" in word for word in command.arguments)
            for word in command.arguments:
                found = _MEANT.search(word[:2_000])
                name = found.group() if found else word if word in _DOTS else ""
                if not name or name in told or (shows and name.startswith("{{")):
                    continue
                told.add(name)
                yield self.at(
                    subject.line_of(step, command.row),
                    f"{name} is meant to be filled in, and nobody asks for it",
                )
