"""Is the file larger than what is read?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class TooLarge(ToldByReader):
    id = "too-large"
    level = "error"
    title = "The file is too large"
    why = "What stands at its end is not there for anybody."
    fix = "split the document"
    example = "# Shop is down\n\n" + "a picture pasted as text " * 250_000
    fixed = """\
# Shop is down
"""
