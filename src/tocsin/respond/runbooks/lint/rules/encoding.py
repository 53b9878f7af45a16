"""Is the file written in UTF-8?"""

from __future__ import annotations

from tocsin.respond.runbooks.lint.rule import ToldByReader


class Encoding(ToldByReader):
    id = "encoding"
    level = "warning"
    title = "Some characters are not UTF-8"
    why = "Names and commands show question marks, and a command with one in it fails."
    fix = "save it as UTF-8"
    example = """\
# Caf\udce9 is down
"""
    fixed = """\
# Café is down
"""
