"""Can a block be parsed?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Unparsed(ToldByReader):
    id = "unparsed"
    level = "warning"
    title = "A command cannot be parsed"
    why = (
        "It fails when it is needed for the first time, and until then nobody can tell what it "
        "does: it counts as destructive."
    )
    fix = "correct it, or mark what is no command as text"
    example = """\
## Resolution

```bash
for host in a b; do
  ssh "$host" uptime
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
    fixed = """\
## Resolution

```bash
for host in a b; do
  ssh "$host" uptime
done
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
