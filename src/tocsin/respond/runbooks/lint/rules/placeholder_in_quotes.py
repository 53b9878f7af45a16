"""Does a placeholder stand where no value can reach it?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class PlaceholderInQuotes(ToldByReader):
    id = "placeholder-in-quotes"
    level = "warning"
    title = "A placeholder stands in single quotes"
    why = (
        "Values arrive as environment, and nothing is expanded in single quotes: a person has to "
        "run the step by hand."
    )
    fix = "use double quotes around it"
    example = """\
## Diagnosis

```bash
grep '<REQUEST-ID>' /var/log/shop.log
```
"""
    fixed = """\
## Diagnosis

```bash
grep "<REQUEST-ID>" /var/log/shop.log
```
"""
