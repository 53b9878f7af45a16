"""Does a link leave the folder that the runbooks are kept in?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


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
