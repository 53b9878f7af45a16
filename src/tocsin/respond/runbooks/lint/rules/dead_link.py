"""Does a relative link lead to a file that is there?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.links import relative_links
from tocsin.respond.runbooks.lint.rule import PAGES, Rule, Subject


class DeadLink(Rule):
    id = "dead-link"
    level = "warning"
    title = "A link leads nowhere"
    why = "The page that would have helped is looked for by hand, in the minutes that matter."
    fix = "correct the path, or take the link away"
    example = """\
# Shop is down

Look at [the queue](queue.md) first.
"""
    fixed = """\
# Shop is down

Look at [the database](database.md) first.
"""
    beside = (("database.md", "# The database is down\n"),)
    kinds = PAGES

    def look(self, subject: Subject) -> Iterator[Finding]:
        exists, inside = subject.around.exists, subject.around.inside
        if exists is None:
            return
        for led in relative_links(subject):
            kept = [each for each in led.paths if inside is None or inside(each)]
            if kept and not any(exists(each) for each in kept):
                yield self.at(led.link.line, f"there is no {led.link.target}")
