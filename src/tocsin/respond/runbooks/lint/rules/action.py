"""Can an action be read?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Action(ToldByReader):
    id = "action"
    level = "error"
    title = "An action cannot be read"
    why = "A step that was meant to run by itself waits for a person who has to guess what it was."
    fix = "write one map: docker.restart: {service: api}"
    example = """\
## Diagnosis

```action
docker.restart api
```
"""
    fixed = """\
## Diagnosis

```action
docker.restart: {service: api}
```
"""
