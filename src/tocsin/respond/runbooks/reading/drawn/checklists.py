"""What does a drawing tell to go through? Its boxes, and the phases of a flow with what belongs to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin.respond.runbooks.document import CheckItem, Checklist
from tocsin.respond.runbooks.reading.drawn.answers import chain
from tocsin.respond.runbooks.reading.drawn.outline import Node
from tocsin.respond.runbooks.reading.drawn.words import is_bracketed, time_of, title_words


def has_boxes(node: Node) -> bool:
    return any(each.task is not None for each in node.walk())


def is_flow(nodes: Sequence[Node]) -> bool:
    return any(node.after_arrow for node in nodes)


def says_phases(nodes: Sequence[Node]) -> bool:
    """Whether they are phases by their own form: in brackets, or with minutes, and with something to do below."""
    return any(node.children and (is_bracketed(node.text) or time_of(node.text)) for node in nodes)


def checklists_of(nodes: Sequence[Node], taken: set[int], title: str) -> list[Checklist]:
    """One for each node with something below it; those with nothing below make one together, under `title`."""
    found: list[Checklist] = []
    loose: list[Node] = []
    for node in nodes:
        if id(node) in taken:
            continue
        items = _items(node.children, taken)
        if items and node.task is None:
            found.extend(_loose(loose, title))
            loose = []
            found.append(_checklist(title_words(node.text), node.text, node.line, items))
        elif node.task is not None or not (node.children or node.text.endswith((":", "："))):
            loose.append(node)
    found.extend(_loose(loose, title))
    return found


def chained(node: Node, title: str) -> Checklist | None:
    """`detect → record → fix → verify` on one line."""
    parts = chain(node.text)
    if len(parts) < 3 or node.children:
        return None
    items = tuple(_item(part, node) for part in parts)
    return _checklist(title, title, node.line, items)


def _loose(nodes: Sequence[Node], title: str) -> list[Checklist]:
    if not nodes:
        return []
    items = tuple(replace(_item(node.text, node), items=_items(node.children, set())) for node in nodes)
    return [_checklist(title, title, nodes[0].line, items)]


def _items(nodes: Sequence[Node], taken: set[int]) -> tuple[CheckItem, ...]:
    return tuple(
        replace(_item(node.text, node), items=_items(node.children, taken))
        for node in nodes
        if id(node) not in taken
    )


def _item(text: str, node: Node) -> CheckItem:
    span = time_of(text)
    return CheckItem(
        text=title_words(text), line=node.line, due_s=span.to_s if span else None, done=node.task is True
    )


def _checklist(title: str, marked: str, line: int, items: tuple[CheckItem, ...]) -> Checklist:
    span = time_of(marked)
    return Checklist(
        title=title,
        line=line,
        items=items,
        from_s=span.from_s if span else None,
        due_s=span.to_s if span else None,
    )
