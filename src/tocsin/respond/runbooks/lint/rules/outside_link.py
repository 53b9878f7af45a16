"""Does a link leave the folder that the runbooks are kept in?"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Subject, ToldByReader


class OutsideLink(ToldByReader):
    id = "outside-link"
    level = "note"
    title = "A link leaves the folder"
    why = (
        "It works on the machine of its author and nowhere else; Tocsin opens no file outside of the library."
    )
    fix = "link to a page in the folder, or to an address"
    beside = (("notes.md", "# Notes\n"),)
    example = """\
# Shop is down

See [my notes](../../../notes.md).
"""
    fixed = """\
# Shop is down

See [the notes](notes.md).
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        """A path from the root of a site is an address, and not one of a file of this machine."""
        return (each for each in super().look(subject) if not each.message.startswith("/"))
