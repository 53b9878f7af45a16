"""Does a link lead to something that is there?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class DeadLink(ToldByReader):
    id = "dead-link"
    level = "warning"
    title = "A link leads nowhere"
    why = "The page that would have helped is looked for by hand, in the minutes that matter."
    fix = "correct the path, or take the link away"
    beside = (("database.md", "# The database is down\n"),)
    example = """\
# Shop is down

Look at [the queue](queue.md) first.
"""
    fixed = """\
# Shop is down

Look at [the database](database.md) first.
"""
