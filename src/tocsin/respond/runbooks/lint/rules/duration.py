"""Can a time be read?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Duration(ToldByReader):
    id = "duration"
    level = "warning"
    title = "A time cannot be read"
    why = "The step waits not at all, or for ever, and nobody knows why."
    fix = "write it like 30s, 15m or 1h30m"
    example = """\
## Diagnosis

```bash
uptime
```

Timeout: a while
"""
    fixed = """\
## Diagnosis

```bash
uptime
```

Timeout: 30s
"""
