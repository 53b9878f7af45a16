"""Does it say how to tell that all is well again?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class NoVerification(ToldByReader):
    id = "no-verification"
    level = "warning"
    title = "Nothing says how to tell that the service is well again"
    why = "The last command ends with 0, everybody goes back to bed, and the service is still down."
    fix = "add a section Verification with a request and what it must answer"
    example = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```
"""
    fixed = """\
# Shop is down

## Resolution

```bash
systemctl restart shop
```

## Verification

```http
GET http://127.0.0.1:8080/health
```

Expect: `status == 200`
"""
