"""Is a block never closed?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class OpenFence(ToldByReader):
    id = "open-fence"
    level = "warning"
    title = "A block is never closed"
    why = "Everything below it is taken for code: the sections that follow are not there for anybody."
    fix = "close it with ```"
    example = """\
## Diagnosis

```bash
df -h /
"""
    fixed = """\
## Diagnosis

```bash
df -h /
```
"""
