"""Can a request with curl fail at all?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class CurlStatus(ToldByReader):
    id = "curl-status"
    level = "note"
    title = "This curl cannot fail"
    why = "curl exits 0 on a 500, so the step is green while the service is down."
    fix = "add `-f`, or write a `http` block with an expectation"
    example = """\
## Diagnosis

```bash
curl http://127.0.0.1:8080/health
```
"""
    fixed = """\
## Diagnosis

```bash
curl -f http://127.0.0.1:8080/health
```
"""
