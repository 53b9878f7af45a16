"""Which steps stand in these blocks, in which order? Fences, and in places where a person acts, list items.

A fence takes its title from what leads to it (a list item, a line that ends in a colon, its first comment, the
heading) and its conditions from its attributes and the lines below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tocsin.respond.runbooks.document import Step
from tocsin.respond.runbooks.reading import labels
from tocsin.respond.runbooks.reading.amounts import AMOUNT, seconds
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Item, Other, Paragraph, Quote
from tocsin.respond.runbooks.reading.code.fences import Lead, Reader
from tocsin.respond.runbooks.reading.facts.cells import command_in
from tocsin.respond.runbooks.reading.headings import title_of


@dataclass(slots=True)
class Found:
    """Steps of a stretch of blocks; `checks` are those marked as proving it."""

    steps: list[Step] = field(default_factory=list[Step])
    checks: list[Step] = field(default_factory=list[Step])

    def add(self, step: Step, *, check: bool) -> None:
        (self.checks if check else self.steps).append(step)

    def wait(self, seconds: float) -> None:
        """What a line below the last step says of waiting."""
        if seconds and self.steps and not self.steps[-1].wait_s:
            self.steps[-1] = replace(self.steps[-1], wait_s=seconds)

    def extend(self, other: Found) -> None:
        self.steps.extend(other.steps)
        self.checks.extend(other.checks)

    def together(self) -> list[Step]:
        return sorted([*self.steps, *self.checks], key=lambda step: step.line)


@dataclass(frozen=True, slots=True)
class Place:
    """Where blocks stand: the role of their section, its heading, and whether list items are things to do."""

    role: str
    heading: str
    manual: bool


def collect(reader: Reader, blocks: Sequence[Block], place: Place, title: str = "") -> Found:
    """The steps of these blocks. `title` is that of the list item around them."""
    found = Found()
    titles = _Titles(title or title_of(place.heading))
    caution = False
    check = False
    at = 0
    while at < len(blocks):
        block = blocks[at]
        at += 1
        if isinstance(block, Fence):
            if reader.is_taken(block):
                continue
            below = _below(reader, blocks, at)
            at += below.taken
            lead = Lead(title=titles.take(block), role=place.role, caution=caution)
            for step, is_check in reader.steps(block, lead, below.labels, below.sample):
                found.add(_alike(step, below.alike), check=check or is_check)
            caution = check = False
        elif isinstance(block, Paragraph):
            check = labels.is_check_line(block) or _leads_to_check(block)
            caution = False
            found.wait(_wait_in(block))
            titles.paragraph(block)
        elif isinstance(block, Quote):
            caution = block.callout == "CAUTION" and not any(isinstance(each, Fence) for each in block.blocks)
            found.extend(collect(reader, block.blocks, place, titles.current))
        elif isinstance(block, Bullets):
            leading = _leads_to_fence(block, blocks[at] if at < len(blocks) else None)
            for item in block.items:
                if item is leading:
                    titles.item(item)
                    found.extend(collect(reader, item.blocks[1:], place, title_of(item.text)))
                else:
                    found.extend(_item(reader, item, block.ordered, place))
            caution = check = False
    return found


@dataclass(frozen=True, slots=True)
class _Below:
    labels: list[labels.Label]
    sample: str
    alike: str  # how much of the sample has to come out again, in words
    taken: int  # blocks


def _below(reader: Reader, blocks: Sequence[Block], at: int) -> _Below:
    """What belongs to the fence above `at`: lines that say more, and the fence with what it printed."""
    above = blocks[at - 1]
    said: list[labels.Label] = []
    sample = alike = ""
    taken = 0
    while at + taken < len(blocks):
        more = labels.step_labels(blocks[at + taken])
        if more is not None:
            said.extend(more)
            taken += 1
            continue
        shown = _shown(reader, blocks, at + taken, above) if not sample else None
        if shown is None:
            break
        sample, alike = shown.fence.text.strip("\n"), shown.alike
        reader.use(shown.fence, "sample", "shows what the command above prints")
        taken += shown.taken
    return _Below(said, sample, alike, taken)


@dataclass(frozen=True, slots=True)
class _Shown:
    fence: Fence
    alike: str
    taken: int  # blocks, those that announce it included


def _shown(reader: Reader, blocks: Sequence[Block], at: int, above: Block) -> _Shown | None:
    """The fence that shows an output, perhaps announced by a line, perhaps with a comment of how alike it must be."""
    if not isinstance(above, Fence):
        return None
    announced = False
    alike = ""
    for taken, block in enumerate(blocks[at : at + 4], start=1):
        if isinstance(block, Fence):
            if reader.is_taken(block) or not Reader.is_sample(block, above, announced=announced):
                return None
            return _Shown(block, alike, taken)
        if isinstance(block, Other):
            found = _SIMILARITY.search(block.text)
            if found is None:
                return None
            announced, alike = True, found.group(1)
        elif isinstance(block, Paragraph) and not announced and _ANNOUNCES.search(block.text[-300:]):
            announced = True
        else:
            return None
    return None


_SIMILARITY = re.compile(r"expected_similarity\s*=\s*[\"']?([^\s\"'>]{1,60})")
_ANNOUNCES = re.compile(
    r"(?:\b(?:results?|outputs?|responses?|returns|prints|looks? like|see something|you should see|similar to)\b"
    r"|結果|结果|輸出|输出|回應|响应|顯示如下|显示如下|類似|类似)[^\n]{0,160}$",
    re.IGNORECASE,
)


_WAITS = re.compile(
    rf"^(?:then,?\s+)?(?:wait\b|give it\b|allow\b|等待|等候|等)[^\d\n]{{0,20}}({AMOUNT})", re.IGNORECASE
)
_LEADS_TO_CHECK = re.compile(
    r"\b(?:verify|validate|confirm|check (?:that|whether|if)|make sure|ensure)\b|驗證|验证|確認|确认",
    re.IGNORECASE,
)


def _wait_in(block: Paragraph) -> float:
    found = _WAITS.match(block.text[:200])
    return (seconds(found.group(1)) or 0.0) if found else 0.0


def _leads_to_check(block: Paragraph) -> bool:
    """A line such as `Then verify that it is up:` before the block that does."""
    last = block.text.rsplit("\n", 1)[-1].strip()
    return last.endswith((":", "：")) and len(last) <= 160 and _LEADS_TO_CHECK.search(last) is not None


class _Titles:
    """The nearest thing that names the next fence."""

    def __init__(self, heading: str) -> None:
        self._heading = heading
        self._near = ""
        self._used = 0

    @property
    def current(self) -> str:
        return self._near or self._heading

    def paragraph(self, block: Paragraph) -> None:
        last = block.text.rsplit("\n", 1)[-1].strip()
        leads = last.endswith((":", "：")) and len(last) <= 160 and not labels.is_check_line(block)
        self._near = title_of(last) if leads else ""

    def item(self, item: Item) -> None:
        self._near = title_of(item.text.split("\n", 1)[0])

    def take(self, fence: Fence) -> str:
        """The title of this fence. A second fence below one heading is named by its first comment, or numbered."""
        if self._near:
            title, self._near = self._near, ""
            return title
        self._used += 1
        if self._used == 1:
            return self._heading or _comment(fence) or f"line {fence.line}"
        return _comment(fence) or f"{self._heading} ({self._used})".strip()


def _alike(step: Step, alike: str) -> Step:
    """The step with the words of its sample's comment, where its author says nothing else of what must come out."""
    if not alike or step.expect is not None or step.expect_text is not None or step.kind == "reference":
        return step
    return replace(step, expect_text=f"the output looks like the sample (similarity {alike})")


_COMMENT = re.compile(r"^\s*(?:#|--|//)\s*(\S.{0,118}?)\s*$")


def _comment(fence: Fence) -> str:
    first = next((line for line in fence.text.split("\n") if line.strip()), "")
    found = _COMMENT.match(first)
    return title_of(found.group(1)) if found and not first.startswith("#!") else ""


def _leads_to_fence(bullets: Bullets, following: Block | None) -> Item | None:
    """The last item of a list that is broken by a fence right below it: it names that fence."""
    if not isinstance(following, Fence) or not bullets.items or not bullets.ordered:
        return None
    last = bullets.items[-1]
    return last if following.line - bullets.end <= 1 and not any(True for _ in last.fences()) else None


def _item(reader: Reader, item: Item, ordered: bool, place: Place) -> Found:
    if any(True for _ in item.fences()):
        return collect(reader, item.blocks, Place(place.role, item.text, place.manual), title_of(item.text))
    found = Found()
    if place.manual and (ordered or item.task is not None) and item.text.strip():
        found.add(done_or_run(reader, item, place.role), check=False)
    elif place.manual:
        for inner in _tasks_within(item):
            found.add(done_or_run(reader, inner, place.role), check=False)
    return found


def done_or_run(reader: Reader, item: Item, role: str) -> Step:
    """A point of a list as a step: the command that it names in a code span, else something that a person does.

    A command behind an `if` is for a person to decide, and of several nobody knows which is meant.
    """
    first = item.text.split("\n", 1)[0]
    command = command_in(first) if len(item.blocks) == 1 and "\n" not in item.text else None
    if command is None or "\n" in command[1] or _CONDITIONAL.search(first):
        return reader.manual(item, role)
    language, text = command
    fence = Fence(
        line=item.line, end=item.line + 1, info=language, text=f"{text}\n", text_line=item.line, piece=True
    )
    title = title_of(first)
    step, _ = reader.step(fence, Lead(title=title, role=role, caution=False))
    return step


_CONDITIONAL = re.compile(
    r"\b(?:if|when|unless|otherwise|in case|either|or|instead|e\.g\.|for example)\b"
    r"|如果|若|當|当|否則|否则|或|例如|視情況",
    re.IGNORECASE,
)


def _tasks_within(item: Item) -> Iterator[Item]:
    """Tasks and numbered items of lists below an item that is none itself."""
    for block in item.blocks:
        if isinstance(block, Bullets):
            for inner in block.items:
                if block.ordered or inner.task is not None:
                    yield inner
                else:
                    yield from _tasks_within(inner)
