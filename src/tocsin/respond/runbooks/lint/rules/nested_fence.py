"""Does a block inside a template end the template?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class NestedFence(ToldByReader):
    id = "nested-fence"
    level = "note"
    title = "A block inside a template would end it"
    why = (
        "Most viewers end the template at the first inner mark, and show the rest of the page "
        "upside down: text as code, code as text."
    )
    fix = "open and close the template with more marks than any block inside it"
    example = """\
## Report

```markdown
# What happened

```bash
uptime
```

Owner:
```
"""
    fixed = """\
## Report

````markdown
# What happened

```bash
uptime
```

Owner:
````
"""
