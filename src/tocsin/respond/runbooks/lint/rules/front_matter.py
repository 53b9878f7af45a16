"""Can the front matter be read?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class FrontMatter(ToldByReader):
    id = "front-matter"
    level = "error"
    title = "The front matter cannot be read"
    why = (
        "Service, severity, owner and triggers are not known: the page is not offered for the alert"
        " it was written for."
    )
    fix = "correct the YAML between the two `---`"
    example = """\
---
service: shop
owner: [backend
---
# Shop is down
"""
    fixed = """\
---
service: shop
owner: backend
---
# Shop is down
"""
