"""Can an expectation be evaluated?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Expectation(ToldByReader):
    id = "expectation"
    level = "warning"
    title = "An expectation cannot be evaluated"
    why = "The step is not judged by it: whatever comes out counts as good."
    fix = "write a condition over exit, stdout, status, json, rows or value"
    example = """\
## Diagnosis

```bash
uptime
```

Expect: `exitcode == 0`
"""
    fixed = """\
## Diagnosis

```bash
uptime
```

Expect: `exit == 0`
"""
