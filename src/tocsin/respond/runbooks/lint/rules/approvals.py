"""Can the number of people who have to say yes be read?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Approvals(ToldByReader):
    id = "approvals"
    level = "error"
    title = "The number of approvals cannot be read"
    why = "The author wanted several people to look at it, and one would be enough."
    fix = "write a number from 1 to 9: `approvals=2`"
    example = """\
## Resolution

```bash {approvals=both}
docker compose restart api
```
"""
    fixed = """\
## Resolution

```bash {approvals=2}
docker compose restart api
```
"""
