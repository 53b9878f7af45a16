"""Can a trigger be evaluated?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Trigger(ToldByReader):
    id = "trigger"
    level = "error"
    title = "A trigger cannot be used"
    why = "It is never true, so the page is not found by the alert that it is for."
    fix = 'write a condition such as alert.name == "HighErrorRate"'
    example = """\
---
triggers:
  - alert.nam == "HighErrorRate"
---
# Shop is down
"""
    fixed = """\
---
triggers:
  - alert.name == "HighErrorRate"
---
# Shop is down
"""
