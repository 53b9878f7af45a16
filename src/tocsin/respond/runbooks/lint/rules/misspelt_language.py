"""Is the language of a block misspelt?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class MisspeltLanguage(ToldByReader):
    id = "misspelt-language"
    level = "warning"
    title = "The language of a block is misspelt"
    why = "Viewers show it without colours, other tools pass over it, and nobody notices."
    fix = "write the language as it is spelt"
    example = """\
## Diagnosis

```bahs
df -h /
```
"""
    fixed = """\
## Diagnosis

```bash
df -h /
```
"""
