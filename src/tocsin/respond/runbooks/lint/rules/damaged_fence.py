"""Are the marks of a block backticks?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class DamagedFence(ToldByReader):
    id = "damaged-fence"
    level = "warning"
    title = "The marks of a block are damaged"
    why = (
        "A translation or a word processor made quotes of the backticks: the commands run together "
        "into one line of text."
    )
    fix = "open and close the block with ```"
    example = """\
## Diagnosis

'''bash
df -h /
uptime
'''
"""
    fixed = """\
## Diagnosis

```bash
df -h /
uptime
```
"""
