"""Which attempts does a resolution offer, and in which order?

Sibling headings that read Option / Plan / Attempt / 方案 / 嘗試方案 / 選項 N, or that are numbered, are the rungs
of one ladder; so are the items of a numbered list with bold titles. Any other heading is a ladder of one rung.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tocsin.respond.runbooks.document import Ladder, Rung, Step
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Item, Paragraph, Part, Quote
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.headings import (
    is_attempt,
    is_numbered,
    is_step,
    is_verdict,
    plain,
    role_of,
    title_of,
)
from tocsin.respond.runbooks.reading.labels import label_of, labels_in
from tocsin.respond.runbooks.reading.steps import Found, Place, collect, done_or_run

_BOLD_TITLE = re.compile(r"^(?:\*\*|__)(.{1,120}?)(?:\*\*|__)")
_LINK_ALONE = re.compile(r"!?\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)\.?|<?https?://\S{1,500}>?")
_NOTHING = re.compile(
    r"n/?a|none|nothing|tbd|todo|not applicable|-+|無|无|沒有|没有|待補|待补", re.IGNORECASE
)
_TEXTUAL = frozenset(
    {"symptoms", "impact", "meaning", "related", "prevention", "report", "contacts", "escalation", "degrade"}
)


def ladders_of(reader: Reader, part: Part) -> Iterator[Ladder]:
    """The ladders of a resolution; what stands below a heading of another role is not looked at."""
    place = Place("resolution", part.heading, manual=True)
    items = bold_items(part.blocks)
    title = title_of(part.heading)
    if items:
        rungs = [rung for item in items if (rung := _of_item(reader, item)) is not None]
        loose = collect(reader, [block for block in part.blocks if not _holds(block, items)], place)
        rungs = [*_of_steps(loose, title, part.line), *rungs]
    else:
        rungs = _of_steps(collect(reader, part.blocks, place), title, part.line)
    children = [child for child in part.parts if role_of(child.heading) in (None, "resolution", "procedure")]
    if _alternatives(children):
        rungs.extend(
            rung for child in children if (rung := _of_part(reader, child, told_to=True)) is not None
        )
        children = []
    elif len(children) > 1 and all(is_step(child.heading) for child in children):
        # Numbered steps are one way, not several: they make one rung together.
        rungs.extend(_of_steps(steps_below(reader, children, "resolution"), title, part.line))
        children = []
    if not rungs and not children:
        rungs = _of_steps(by_hand(reader, part.blocks, "resolution"), title, part.line)
    if rungs:
        when = title if is_verdict(part.heading) else ""
        yield Ladder(title=title, line=part.line, rungs=tuple(rungs), when=when)
    for child in children:
        yield from _nested(reader, child)


def _nested(reader: Reader, part: Part) -> Iterator[Ladder]:
    if _alternatives(part.parts) or bold_items(part.blocks) or any(part.fences()):
        inner = [child for child in part.parts if role_of(child.heading) in (None, "resolution")]
        if _alternatives(inner) or bold_items(part.blocks):
            yield from ladders_of(reader, part)
            return
    rung = _of_part(reader, part)
    if rung is not None:
        when = rung.title if is_verdict(part.heading) else ""
        yield Ladder(title=rung.title, line=part.line, rungs=(rung,), when=when)


def _alternatives(parts: Sequence[Part]) -> bool:
    attempts = sum(1 for part in parts if is_attempt(part.heading))
    numbered = sum(1 for part in parts if is_numbered(part.heading) and not is_step(part.heading))
    return attempts >= 1 or numbered >= 2


def bold_items(blocks: Sequence[Block]) -> list[Item]:
    """The items of a numbered list in which each has a bold title."""
    for block in blocks:
        if not (isinstance(block, Bullets) and block.ordered):
            continue
        if block.items and all(_BOLD_TITLE.match(item.text) for item in block.items):
            return list(block.items)
    return []


def _holds(block: Block, items: Sequence[Item]) -> bool:
    return isinstance(block, Bullets) and any(item is items[0] for item in block.items)


def _of_item(reader: Reader, item: Item) -> Rung | None:
    found = _BOLD_TITLE.match(item.text)
    title = title_of(found.group(1) if found else item.text)
    place = Place("resolution", title, manual=True)
    steps = collect(reader, item.blocks, place, title)
    if not steps.steps and not steps.checks:
        steps.add(reader.manual(item, "resolution"), check=False)
    return Rung(
        title=title,
        line=item.line,
        steps=tuple(steps.steps),
        checks=tuple(steps.checks),
        risk=_risk(item.blocks),
    )


def _of_part(reader: Reader, part: Part, *, told_to: bool = False) -> Rung | None:
    """One heading as one rung, with everything below it. Prose alone is something for a person to do, where the
    heading is one of several attempts.
    """
    found = steps_below(reader, [part], "resolution")
    title = plain(part.heading)
    if not found.steps:
        text = prose(part.blocks)
        if text and told_to:
            found.steps.append(reader.prose(title, text, part.line, "resolution"))
        elif not found.checks:
            return None
    return Rung(
        title=title,
        line=part.line,
        steps=tuple(found.steps),
        checks=tuple(found.checks),
        risk=_risk(part.blocks),
    )


def _risk(blocks: Sequence[Block]) -> str:
    return next((plain(label.value) for label in labels_in(blocks) if label.label == "risk"), "")


def steps_below(reader: Reader, parts: Sequence[Part], role: str) -> Found:
    """The steps of these parts and of what stands below them; a heading that reads as verification holds checks."""
    found = Found()
    for part in parts:
        named = role_of(part.heading)
        if named in _TEXTUAL - {role}:
            continue
        here = collect(reader, part.blocks, Place(role, part.heading, manual=named != "verification"))
        below = steps_below(reader, part.parts, role)
        if named == "verification":
            found.checks.extend([*here.together(), *below.together()])
        else:
            found.extend(here)
            found.extend(below)
    return found


def by_hand(reader: Reader, blocks: Sequence[Block], role: str) -> Found:
    """What a section without a single step says to do: each point of its lists, else its text as a whole."""
    found = Found()
    for block in blocks:
        if isinstance(block, Bullets):
            for item in block.items:
                link = _LINK_ALONE.fullmatch(item.text.strip())
                if item.text.strip() and link is None and label_of(item.text, item.line) is None:
                    found.steps.append(done_or_run(reader, item, role))
    told = "" if found.steps else prose(blocks)
    if told and not _NOTHING.fullmatch(plain(told).strip(" .。!")):
        found.steps.append(reader.prose(title_of(told.split("\n")[0])[:200], told, blocks[0].line, role))
    return found


def _of_steps(found: Found, title: str, line: int) -> list[Rung]:
    if not found.steps and not found.checks:
        return []
    first: Step = [*found.steps, *found.checks][0]
    return [Rung(title=title, line=first.line or line, steps=tuple(found.steps), checks=tuple(found.checks))]


def prose(blocks: Sequence[Block]) -> str:
    """What these blocks say in words, lines that only label something left out."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            lines.extend(line for line in block.text.split("\n") if label_of(line, 0) is None)
        elif isinstance(block, Quote):
            lines.append(prose(block.blocks))
        elif isinstance(block, Bullets):
            lines.extend(f"- {plain(item.text)}" for item in block.items if label_of(item.text, 0) is None)
    return "\n".join(line for line in lines if line.strip())
