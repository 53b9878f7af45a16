"""Do a drawing and a block tell the same attempts?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class LadderToldTwice(ToldByReader):
    id = "ladder-told-twice"
    level = "warning"
    title = "The attempts are told twice, and differently"
    why = "One of the two is wrong. Which of them is followed depends on where the eye falls first."
    fix = "say it once: keep the drawing, or write one heading per attempt with its block"
    example = """\
## Resolution

```
Shop is down
├─ Option 1: restart
│   └─ docker compose restart shop
├─ Option 2: rebuild
│   └─ docker compose down
└─ Call the lead
```

```bash
# Option 1
docker compose restart shop
# Option 2: loses the data
docker compose down -v
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
    fixed = """\
## Resolution

```
Shop is down
├─ Option 1: restart
│   └─ docker compose restart shop
├─ Option 2: rebuild
│   └─ docker compose down
└─ Call the lead
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
