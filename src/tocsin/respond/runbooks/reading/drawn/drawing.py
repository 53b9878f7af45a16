"""What does a drawing in a fence say? Decisions, ladders, options and checklists out of trees and flows.

Each line is read once: first as an option or a rung, then as a question with its answers; what is left is a list to
go through. Commands in it are steps like those of any other fence, so that the guard judges them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.document import Checklist, Decision, Ladder, Option, Rung, Step
from tocsin.respond.runbooks.reading.blocks import Fence
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.drawn.checklists import (
    chained,
    checklists_of,
    has_boxes,
    is_flow,
    says_phases,
)
from tocsin.respond.runbooks.reading.drawn.decisions import asks, decisions_of
from tocsin.respond.runbooks.reading.drawn.options import option, options_in
from tocsin.respond.runbooks.reading.drawn.outline import Node, outline_of
from tocsin.respond.runbooks.reading.drawn.rungs import Steps, acts, is_outcome, on_failure
from tocsin.respond.runbooks.reading.drawn.words import time_of, title_words
from tocsin.respond.runbooks.reading.headings import is_attempt, role_of, title_of

__all__ = ["Drawing", "Node", "outline_of", "read_drawing"]

_TO_DO = names(
    "diagnosis detection cause resolution degrade verification prevention checklist procedure report"
)
"""Roles below which a tree says what to do; elsewhere it may only show how things are built."""

_TOLD = names(
    """
    step steps flow flowchart workflow process procedure response checklist playbook phase phases stage stages timeline
    triage drill runbook actions handling
    """
)
_TOLD_HAN = names(
    """
    流程 步驟 步骤 階段 阶段 清單 清单 處理 处理 響應 响应 排查 演練 演练 分析 時間表 时间表
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """What was read from one drawing. `steps` are those of no ladder and no option, in the order of the drawing."""

    decisions: tuple[Decision, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    options: tuple[Option, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    steps: tuple[Step, ...] = ()


def read_drawing(reader: Reader, fence: Fence, role: str, heading: str) -> Drawing | None:
    """What this fence draws, below a heading of this role. None where it is no drawing, or one that only shows how
    something is built.
    """
    nodes = outline_of(fence)
    if nodes is None:
        return None
    reading = _Reading(reader, role, title_of(heading), nodes)
    drawing = reading.read()
    if drawing == Drawing():
        return None
    reader.use(fence, "drawing", _why(drawing))
    return drawing


def _why(drawing: Drawing) -> str:
    found = {
        "decisions": drawing.decisions,
        "ladders": drawing.ladders,
        "options": drawing.options,
        "checklists": drawing.checklists,
        "commands": drawing.steps,
    }
    return f"it draws {', '.join(name for name, each in found.items() if each)}"


class _Reading:
    def __init__(self, reader: Reader, role: str, title: str, nodes: Sequence[Node]) -> None:
        self._reader = reader
        self._role = role
        self._title = title
        self._nodes = nodes
        self._taken: set[int] = set()

    def read(self) -> Drawing:
        options = list(self._options())
        ladders = list(self._ladders())
        if self._role == "resolution":
            ladders.extend(self._ways())
        decisions = decisions_of(self._nodes, self._taken, self._title)
        checklists, steps = self._left()
        return Drawing(
            decisions=tuple(decisions),
            ladders=tuple(ladders),
            options=tuple(options),
            checklists=tuple(checklists),
            steps=tuple(steps),
        )

    def _siblings(self) -> Iterator[tuple[str, Sequence[Node]]]:
        """Every list of siblings with the words above it, those of nodes that are taken left out."""
        waiting: list[tuple[str, Sequence[Node]]] = [("", self._nodes)]
        while waiting:
            above, nodes = waiting.pop()
            yield above, nodes
            waiting.extend(
                (node.text, node.children)
                for node in reversed(nodes)
                if node.children and id(node) not in self._taken
            )

    def _options(self) -> Iterator[Option]:
        for above, nodes in self._siblings():
            degrading = self._role == "degrade" or role_of(title_words(above)) == "degrade"
            found = options_in(nodes, degrading)
            if any(is_outcome(each) for node in found for each in node.walk()):
                continue  # attempts with a test each: a ladder
            for node in found:
                yield option(self._reader, node, self._taken)

    def _ladders(self) -> Iterator[Ladder]:
        for above, nodes in self._siblings():
            attempts = [
                node for node in nodes if is_attempt(title_words(node.text)) and id(node) not in self._taken
            ]
            told = [node for node in attempts if node.children]
            if not told and len(attempts) < 2:
                continue
            if self._role != "resolution" and not any(map(acts, attempts)):
                continue
            makes = Steps(self._reader, "resolution")
            rungs = [self._rung(makes, node) for node in attempts]
            yield Ladder(title=self._named(above), line=attempts[0].line, rungs=tuple(rungs))

    def _ways(self) -> Iterator[Ladder]:
        """Below a resolution, what has commands is a way out of its own, unless arrows make one way of all."""
        nodes = [node for node in self._nodes if acts(node, self._taken) and not asks(node)]
        if not nodes:
            return
        makes = Steps(self._reader, "resolution")
        failing = any(map(on_failure, self._nodes))
        if is_flow(self._nodes) and not failing:
            whole = Node(
                self._title, nodes[0].line, children=[node for node in self._nodes if not asks(node)]
            )
            yield Ladder(title=self._title, line=nodes[0].line, rungs=(self._rung(makes, whole),))
        elif failing or any(is_outcome(each) for node in nodes for each in node.walk(self._taken)):
            rungs = tuple(self._rung(makes, node) for node in nodes)
            yield Ladder(title=self._title, line=nodes[0].line, rungs=rungs)
        else:
            for node in nodes:
                rung = self._rung(makes, node)
                yield Ladder(title=rung.title, line=rung.line, rungs=(rung,))

    def _rung(self, makes: Steps, node: Node) -> Rung:
        self._taken.add(id(node))
        return makes.rung(node, self._taken)

    def _left(self) -> tuple[list[Checklist], list[Step]]:
        """What no other reading took, as lists to go through, and the commands in them as steps."""
        left = [node for node in self._nodes if id(node) not in self._taken]
        if not left:
            return [], []
        chain = chained(left[0], self._title) if len(left) == 1 else None
        if chain is not None:
            return ([chain], []) if self._is_told() else ([], [])
        if not (self._is_told() or (is_flow(self._nodes) and says_phases(left))):
            left = [node for node in left if has_boxes(node) or (node.children and time_of(node.text))]
        lists = checklists_of(left, self._taken, self._title)
        makes = Steps(self._reader, self._role)
        makes.commands(left, self._taken)
        return lists, [*makes.steps, *makes.checks]

    def _is_told(self) -> bool:
        """Whether the section is one of things to do, by its role or its name."""
        if self._role in _TO_DO:
            return True
        low = self._title.casefold()
        return not self._role and (
            not _TOLD.isdisjoint(low.split()) or any(each in low for each in _TOLD_HAN)
        )

    def _named(self, above: str) -> str:
        return title_words(above) if above else self._title
