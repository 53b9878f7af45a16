"""Is a block that calls itself shell a drawing?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class NoShell(ToldByReader):
    id = "no-shell"
    level = "note"
    title = "A drawing calls itself shell"
    why = "Viewers colour its words at random, and other tools try to run it."
    fix = "call it text"
    example = """\
## Overview

```bash
shop
├── api
└── database
```
"""
    fixed = """\
## Overview

```text
shop
├── api
└── database
```
"""
