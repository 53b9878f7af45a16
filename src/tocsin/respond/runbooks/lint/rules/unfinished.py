"""Is a part of the page still to be written?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.reading.blocks import Paragraph

_LEFT = re.compile(
    r"(?:^|[\s(\[*_])(?:TODO|TBD|FIXME|TBC|WIP)(?:$|[\s:.)\]*_,!(-])"
    r"|(?:^|\W)to be (?:written|defined|added|completed)\b"
    r"|(?<![等期接對对招])待(?:補充?|补充?|填寫?|填写?|完成|撰寫|撰写)|尚未完成|施工中"
)


class Unfinished(Rule):
    id = "unfinished"
    level = "note"
    title = "A part is still to be written"
    why = "The page is found, opened and read down to the place where the help should stand."
    fix = "write it, or take the section away until it is written"
    example = """\
# Shop is down

## Resolution

TODO: ask Mei how the restart goes
"""
    fixed = """\
# Shop is down

## Resolution

Restart the shop in the dashboard.
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for block in subject.blocks():
            if not isinstance(block, Paragraph):
                continue
            for offset, line in enumerate(block.text.split("\n")):
                if _LEFT.search(line[:2_000]):
                    yield self.at(block.line + offset, f"still to be written: {' '.join(line.split())[:80]}")
