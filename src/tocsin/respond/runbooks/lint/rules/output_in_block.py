"""Does what a command prints stand in its block?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class OutputInBlock(ToldByReader):
    id = "output-in-block"
    level = "note"
    title = "Output stands in the block of its command"
    why = "Whoever copies the block runs the output as well, and one line of it may be a command."
    fix = "put it into a block of its own, with the language text"
    example = """\
## Diagnosis

```bash
uptime
 03:12:01 up 41 days,  2 users,  load average: 9.81, 9.34, 7.02
```
"""
    fixed = """\
## Diagnosis

```bash
uptime
```

```text
 03:12:01 up 41 days,  2 users,  load average: 9.81, 9.34, 7.02
```
"""
