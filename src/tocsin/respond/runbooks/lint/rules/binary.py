"""Is the file a text at all?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Binary(ToldByReader):
    id = "binary"
    level = "error"
    title = "The file is not a text"
    why = "It is listed among the runbooks and holds nothing that anybody can follow."
    fix = "save it as UTF-8"
    example = """\
# Shop is down\0
"""
    fixed = """\
# Shop is down
"""
