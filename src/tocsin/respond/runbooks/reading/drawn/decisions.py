"""Which questions does a drawing ask, and what follows from each answer?

A line with answers below it is a question: yes and no in any words, or anything with an arrow behind it. An answer
leads to an outcome, to the next question, or, where it says nothing, to what the next arrow points at.
"""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.respond.runbooks.document import Branch, Decision
from tocsin.respond.runbooks.reading.drawn.answers import Answer, answer_of, is_question
from tocsin.respond.runbooks.reading.drawn.commands import command_of
from tocsin.respond.runbooks.reading.drawn.outline import MOST_DEPTH, Node
from tocsin.respond.runbooks.reading.drawn.words import title_words

_MOST_WORDS = 1_000  # characters of an outcome


def decisions_of(nodes: Sequence[Node], taken: set[int], title: str) -> list[Decision]:
    """The decisions drawn here. `taken` holds the `id` of each node that something else was read from; those of the
    questions are added. `title` is asked where answers stand without a question.
    """
    reading = _Reading(taken)
    loose = [node for node in nodes if _is_loose(node, taken)]
    if len(loose) > 1 and not any(is_question(node.text) for node in nodes):
        taken.update(id(node) for node in loose)
        reading.found.append(reading.decision(title, loose[0].line, loose, None))
    reading.visit(nodes)
    return sorted(reading.found, key=lambda each: each.line)


def _is_loose(node: Node, taken: set[int]) -> bool:
    answer = answer_of(node.text)
    return answer is not None and answer.sure and id(node) not in taken


def asks(node: Node) -> bool:
    """Whether a line is a question with its answers below."""
    answers = [(child, answer_of(child.text)) for child in node.children]
    sure = sum(1 for _, answer in answers if answer is not None and answer.sure)
    if is_question(node.text):
        plain_commands = any(answer is None and command_of(child.text) for child, answer in answers)
        return (sure > 0 and not plain_commands) or _all_lead_on(answers)
    told = sum(1 for child, answer in answers if answer is not None and _may_answer(child, answer))
    if told < 2:
        return False
    return sure > 0 or told == sum(1 for child in node.children if child.branch)


def _all_lead_on(answers: Sequence[tuple[Node, Answer | None]]) -> bool:
    """Whether each branch has an outcome or lines of its own: a question with plain lines below is a list of things to
    look at.
    """
    branches = [(child, answer) for child, answer in answers if child.branch]
    return bool(branches) and all(
        child.task is None and (child.children if answer is None else _may_answer(child, answer))
        for child, answer in branches
    )


def _may_answer(child: Node, answer: Answer) -> bool:
    return answer.sure or (child.branch and child.task is None and command_of(answer.text) is None)


class _Reading:
    def __init__(self, taken: set[int]) -> None:
        self.found: list[Decision] = []
        self._taken = taken

    def visit(self, nodes: Sequence[Node]) -> None:
        """Finds the decisions of these siblings and below them, the last first: an answer that says nothing leads to
        what comes after the question.
        """
        next_one: Decision | None = None
        next_words = ""
        depth = 0
        for node in reversed(nodes):
            decision: Decision | None = None
            if id(node) not in self._taken:
                if asks(node):
                    following = next_one if next_one is not None and depth < MOST_DEPTH else next_words
                    decision = self._below(node, following or None)
                else:
                    self.visit(node.children)
            linked = decision is not None and any(each.decision is next_one for each in decision.branches)
            if next_one is not None and not linked:
                self.found.append(next_one)
            depth = depth + 1 if linked and next_one is not None else 0
            next_one, next_words = decision, ""
            if not node.after_arrow and decision is not None:
                self.found.append(decision)
                next_one = None
            elif node.after_arrow:
                next_words = title_words(node.text)
        if next_one is not None:
            self.found.append(next_one)

    def _below(self, node: Node, following: Decision | str | None) -> Decision:
        self._taken.add(id(node))
        return self.decision(node.text, node.line, node.children, following)

    def decision(
        self, question: str, line: int, answers: Sequence[Node], following: Decision | str | None
    ) -> Decision:
        branches = [
            self._branch(child, answer, following)
            for child in answers
            if (answer := answer_of(child.text)) is not None or child.branch
        ]
        return Decision(question=title_words(question), line=line, branches=tuple(branches))

    def _branch(self, child: Node, answer: Answer | None, following: Decision | str | None) -> Branch:
        if answer is None or (not answer.sure and is_question(child.text) and asks(child)):
            text, outcome = (
                child.text,
                "",
            )  # the whole line: `Is it installed? → npm ls` has answers of its own below
        else:
            text, outcome = answer.text, answer.outcome
        rest = Node(outcome or text, child.line, children=child.children)
        if asks(rest) and (is_question(rest.text) or not any(map(asks, child.children))):
            decision = self.decision(rest.text, rest.line, rest.children, None)
            return Branch(answer=title_words(text), line=child.line, decision=decision)
        inner = [each for each in child.children if asks(each)]
        told = [outcome, *(_words(each) for each in child.children if not asks(each))]
        said = "; ".join(each for each in told if each)[:_MOST_WORDS]
        decisions = [self._below(each, None) for each in inner]
        self.found.extend(decisions[1:])
        if not said and not decisions:
            if isinstance(following, Decision):
                decisions = [following]
            else:
                said = following or ""
        decision = decisions[0] if decisions else None
        return Branch(answer=title_words(text), line=child.line, outcome=said, decision=decision)


def _words(node: Node) -> str:
    """What a line and the lines below it say, in one line."""
    said = ""
    for each in node.walk():
        joint = "" if not said else " → " if each.after_arrow else "; "
        said += joint + each.text
        if len(said) > _MOST_WORDS:
            break
    return said[:_MOST_WORDS]
