"""Which ways are there to live on without the full service? The degrade section, option by option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.respond.runbooks.document import Option, Step
from tocsin.respond.runbooks.reading.blocks import Block, Part
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.headings import is_attempt, plain, role_of, title_of
from tocsin.respond.runbooks.reading.labels import OF_OPTION, labels_in
from tocsin.respond.runbooks.reading.rungs import bold_items, prose, steps_below
from tocsin.respond.runbooks.reading.steps import Place, collect


def options_of(reader: Reader, part: Part) -> Iterator[Option]:
    """An option for each heading or bold item of a degrade section; without any, one for the section itself."""
    children = [child for child in part.parts if role_of(child.heading) in (None, "degrade", "resolution")]
    items = bold_items(part.blocks)
    place = Place("degrade", part.heading, manual=True)
    if not children and not items:
        yield from _option(
            title_of(part.heading), part.line, part.blocks, collect(reader, part.blocks, place).together()
        )
        return
    for item in items:
        title = title_of(item.text.split("\n", 1)[0])
        yield from _option(
            title, item.line, item.blocks, collect(reader, item.blocks, place, title).together()
        )
    for child in children:
        blocks = [block for each in child.walk() for block in each.blocks]
        steps = steps_below(reader, [child], "degrade").together()
        text = prose(child.blocks)
        if not steps and text and is_attempt(child.heading):
            steps.append(reader.prose(plain(child.heading), text, child.line, "degrade"))
        yield from _option(plain(child.heading), child.line, blocks, steps)


def _option(title: str, line: int, blocks: Sequence[Block], steps: Sequence[Step]) -> Iterator[Option]:
    said = {label.label: label.value for label in labels_in(blocks) if label.label in OF_OPTION}
    if not steps and not said:
        return
    yield Option(
        title=title,
        line=line,
        steps=tuple(steps),
        condition=said.get("condition", ""),
        time=said.get("time", ""),
        risk=said.get("risk", ""),
        effect=said.get("effect", ""),
    )
