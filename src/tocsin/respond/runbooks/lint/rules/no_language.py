"""Does a block of commands say that it is one?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class NoLanguage(ToldByReader):
    id = "no-language"
    level = "note"
    title = "A block of commands has no language"
    why = "Tocsin and every viewer have to guess what it is; a line that is output one day is run the next."
    fix = "write ```bash"
    example = """\
## Diagnosis

```
df -h /
```
"""
    fixed = """\
## Diagnosis

```bash
df -h /
```
"""
