"""Does the address on an alert lead to a runbook?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_ENDINGS = (".md", ".markdown", ".html")


class RunbookUrl(Rule):
    id = "runbook-url"
    level = "warning"
    title = "An alert points to a runbook that is not there"
    why = "The page is one click away in the alert, and the click ends in a 404."
    fix = "correct the address, or write the page"
    file = "alerts.yaml"
    beside = (("shop-down.md", "# Shop is down\n"),)
    example = """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up == 0
        annotations:
          runbook_url: https://wiki.test/runbooks/shop-dwon.md
"""
    fixed = """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up == 0
        annotations:
          runbook_url: https://wiki.test/runbooks/shop-down.md
"""
    kinds = frozenset({"alerts"})

    def look(self, subject: Subject) -> Iterator[Finding]:
        known = {_slug(PurePosixPath(path).stem) for path in subject.around.documents}
        for alert in subject.alerts if known else ():
            named = _last(alert.url)
            if named and _slug(named) not in known:
                yield self.at(alert.line, f"{alert.name} points to {alert.url}, and there is no {named}")


def _last(url: str) -> str:
    """The last part of an address, "" where it is only known when the alert fires."""
    path = url.partition("#")[0].partition("?")[0].rstrip("/")
    last = "" if "{{" in url else path.rsplit("/", 1)[-1]
    return next((last.removesuffix(each) for each in _ENDINGS if last.endswith(each)), last)


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")
