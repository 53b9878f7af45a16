"""Does a block hold nothing but comments?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class OnlyComments(ToldByReader):
    id = "only-comments"
    level = "warning"
    title = "A block holds only comments"
    why = "It looks like a step and does nothing. Somebody has to guess the command under pressure."
    fix = "write the command, or the words outside of a block"
    example = """\
## Diagnosis

```bash
# look at the queue in the dashboard
```
"""
    fixed = """\
## Diagnosis

1. Look at the queue in the dashboard.
"""
