"""Which ways to live on does a drawing offer? Its options by condition, time, operations, risk and effect."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.respond.runbooks.document import Option
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.drawn.labels import group_of, option_label
from tocsin.respond.runbooks.reading.drawn.outline import Node
from tocsin.respond.runbooks.reading.drawn.rungs import Steps
from tocsin.respond.runbooks.reading.drawn.words import title_words
from tocsin.respond.runbooks.reading.headings import is_attempt
from tocsin.respond.runbooks.reading.labels import OF_OPTION


def options_in(nodes: Sequence[Node], degrading: bool) -> list[Node]:
    """Those of these siblings that are options: their condition, time, risk or effect is said. Below a heading that
    names ways to degrade, an attempt or one such word is enough.
    """
    return [node for node in nodes if _is_option(node, degrading)]


def _is_option(node: Node, degrading: bool) -> bool:
    said = {
        name
        for child in node.children
        if (found := option_label(child.text)) is not None
        for name in found[:1]
    }
    attempt = is_attempt(title_words(node.text))
    if degrading:
        return bool(node.children) and (bool(said) or attempt)
    return ("condition" in said and len(said) > 1) or (attempt and bool(said & {"condition", "effect"}))


def option(reader: Reader, node: Node, taken: set[int]) -> Option:
    taken.add(id(node))
    words: dict[str, list[str]] = {name: [] for name in OF_OPTION}
    makes = Steps(reader, "degrade")
    for child in node.children:
        said = option_label(child.text)
        if said is not None:
            taken.add(id(child))
            words[said[0]].extend(
                [said[1], *(each.text for below in child.children for each in below.walk())]
            )
        elif group_of(child.text) is not None:
            makes.below([child], taken)
    if not makes.steps and not makes.checks:
        makes.below(node.children, taken)
    makes.flush()
    steps = sorted([*makes.steps, *makes.checks], key=lambda step: step.line)
    told = {name: "; ".join(each for each in values if each) for name, values in words.items()}
    return Option(
        title=title_words(node.text),
        line=node.line,
        steps=tuple(steps),
        condition=told["condition"],
        time=told["time"],
        risk=told["risk"],
        effect=told["effect"],
    )
