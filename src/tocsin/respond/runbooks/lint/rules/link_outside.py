"""Does a link leave the folder that the runbooks are kept in?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.links import relative_links
from tocsin.respond.runbooks.lint.rule import PAGES, Rule, Subject


class LinkOutside(Rule):
    id = "link-outside"
    level = "warning"
    title = "A link leaves the folder"
    why = (
        "It works on the machine of its author and nowhere else; Tocsin opens no file outside of the library."
    )
    fix = "link to a page in the folder, or to an address"
    example = """\
# Shop is down

See [my notes](../../../notes.md).
"""
    fixed = """\
# Shop is down

See [the notes](notes.md).
"""
    beside = (("notes.md", "# Notes\n"),)
    kinds = PAGES

    def look(self, subject: Subject) -> Iterator[Finding]:
        inside = subject.around.inside
        if inside is None:
            return
        for led in relative_links(subject):
            if not any(inside(each) for each in led.paths):
                yield self.at(led.link.line, f"{led.link.target} leads out of the folder")
