"""Does a shell block hold what is said to a database client?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class MixedLanguages(ToldByReader):
    id = "mixed-languages"
    level = "warning"
    title = "Shell and SQL stand in one block"
    why = (
        "The shell does not know `\\dt`; what stands below the first line is only typed by hand, "
        "into a prompt that the page does not show."
    )
    fix = "put what the client is told into a sql block of its own"
    example = """\
## Diagnosis

```bash
psql "$DATABASE_URL"
\\dt
SELECT count(*) FROM orders;
```
"""
    fixed = """\
## Diagnosis

```sql
SELECT count(*) FROM orders;
```
"""
