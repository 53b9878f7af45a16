"""Do full-width marks stand where the shell wants its own?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class FullWidthMark(ToldByReader):
    id = "full-width-mark"
    level = "warning"
    title = "Full-width marks stand in a command"
    why = (
        "A translation or an input method wrote `＄` or `（`; the shell takes them for letters, "
        "and the command does something else."
    )
    fix = "write the half-width mark"
    example = """\
## Diagnosis

```bash
kubectl get pods -n ＄NAMESPACE
```
"""
    fixed = """\
## Diagnosis

```bash
kubectl get pods -n "$NAMESPACE"
```
"""
