"""Which ways out does a drawing offer? `Plan A … └─ test └─ fails → plan B` as rungs with their steps and checks.

A wait belongs to the step before it. What the outcomes of a test say is kept as the verdict of the check. A test
without a command repeats the last one that the drawing names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from tocsin.respond.runbooks.document import Rung, Step
from tocsin.respond.runbooks.reading.blocks import Fence
from tocsin.respond.runbooks.reading.code.fences import Lead, Reader
from tocsin.respond.runbooks.reading.drawn.answers import answer_of
from tocsin.respond.runbooks.reading.drawn.commands import Command, command_of
from tocsin.respond.runbooks.reading.drawn.labels import group_of
from tocsin.respond.runbooks.reading.drawn.outline import Node
from tocsin.respond.runbooks.reading.drawn.words import Wait, test_of, title_words, wait_of
from tocsin.respond.runbooks.reading.headings import is_attempt, title_of
from tocsin.respond.runbooks.reading.labels import OF_STEP, Label, label_of

_AFTER_TITLE = re.compile(r"[^:：]{1,80}[:：]\s*(\S.{0,900})$")


def is_outcome(node: Node) -> bool:
    """Whether a line says what follows from success or failure: `失敗 ❌ → 嘗試方案 2`."""
    if label_of(node.text, node.line) is not None:
        return False  # `Timeout: 2m` says more of a step
    return _good(node.text) is not None or (not node.children and _good(node.via) is not None)


def on_failure(node: Node) -> bool:
    """Whether the arrow that leads to it says that what stands before it has failed."""
    return _good(node.via) is False


def _good(said: str) -> bool | None:
    answer = answer_of(said)
    return answer.good if answer is not None and answer.sure else None


def acts(node: Node, taken: Collection[int] = ()) -> bool:
    """Whether it, or anything below it that is not taken, is a command, a wait, or a test with outcomes."""
    return any(
        command_of(each.text) is not None
        or wait_of(each.text) is not None
        or (test_of(each.text) is not None and any(map(is_outcome, each.children)))
        for each in node.walk(taken)
    )


@dataclass(slots=True)
class _Told:
    """A command of a drawing, kept until the lines after it have said all of it."""

    command: Command
    title: str
    line: int
    check: bool
    labels: list[Label]
    wait_s: float = 0.0


@dataclass(slots=True)
class Steps:
    """Makes the steps of the lines of a drawing, one rung or option at a time."""

    reader: Reader
    role: str
    steps: list[Step] = field(default_factory=list[Step])
    checks: list[Step] = field(default_factory=list[Step])
    risk: str = ""
    _waiting: _Told | None = None
    _tested: _Told | None = None  # the last check that has a command
    _last_is_check: bool = False

    def rung(self, node: Node, taken: set[int]) -> Rung:
        """One attempt with everything below it."""
        self.steps, self.checks, self.risk, self._last_is_check = [], [], "", False
        title = title_words(node.text)
        behind = _AFTER_TITLE.match(title)
        command = (
            command_of(behind.group(1)) if behind else command_of(title) if not is_attempt(title) else None
        )
        if command is not None:
            self._tell(command, node.line, check=False)
        self.below(node.children, taken)
        self.flush()
        if not self.steps:
            words = behind.group(1) if behind else title
            self.steps.append(self.reader.prose(title, words, node.line, self.role))
        return Rung(
            title=title, line=node.line, steps=tuple(self.steps), checks=tuple(self.checks), risk=self.risk
        )

    def below(self, nodes: Sequence[Node], taken: set[int]) -> None:
        """What these lines tell to do, in their order."""
        for node in nodes:
            if id(node) not in taken:
                taken.add(id(node))
                self._line(node, taken)

    def commands(self, nodes: Sequence[Node], taken: set[int]) -> None:
        """Only the commands of these lines and of those below them, and the waits after them."""
        for node in nodes:
            if id(node) in taken:
                continue
            command = command_of(node.text)
            wait = wait_of(node.text) if command is None else None
            if command is not None:
                self._tell(command, node.line, check=self.role == "verification")
            elif wait is not None and self._waiting is not None:
                self._waiting.wait_s += wait.seconds
            self.commands(node.children, taken)
        self.flush()

    def flush(self) -> None:
        """Makes the step that is still open."""
        told, self._waiting = self._waiting, None
        if told is None:
            return
        lead = Lead(title=told.title, role=self.role, caution=False)
        fence = Fence(
            line=told.line,
            end=told.line + 1,
            info=told.command.language,
            text=told.command.text,
            text_line=told.line,
            piece=True,
        )
        step, _ = self.reader.step(fence, lead, told.labels)
        self._add(replace(step, wait_s=step.wait_s + told.wait_s), told.check)

    def _line(self, node: Node, taken: set[int]) -> None:
        label = label_of(node.text, node.line)
        if is_outcome(node) and (node.branch or node.children or node.via):
            self._outcome(node)
        elif label is not None and label.label == "risk":
            self.risk = "; ".join(each for each in (self.risk, label.value, *_texts(node.children)) if each)
        elif (words := group_of(node.text)) is not None:
            if words:
                self._do(words, node.line)
            self.below(node.children, taken)
        elif (wait := wait_of(node.text)) is not None and _is_beside(wait, node.text):
            if wait.before:
                self._do(wait.before, node.line)
            self._wait(wait.seconds, node)
            words = wait.after if not wait.purpose else ""
            if words and wait_of(words) is None:
                self._line(Node(words, node.line, children=node.children, branch=node.branch), taken)
            else:
                self.below(node.children, taken)
        elif label is not None and label.label in OF_STEP and self._waiting is not None:
            self._waiting.labels.append(label)
        elif self._is_test(node):
            self._test(node, taken)
        elif (command := command_of(node.text)) is not None:
            self._tell(command, node.line, check=False)
            self.below(node.children, taken)
        elif any(acts(each) for each in node.children):
            self.below(node.children, taken)
        else:
            self.flush()
            self._add(self._prose(node), check=False)

    def _do(self, words: str, line: int) -> None:
        command = command_of(words)
        if command is not None:
            self._tell(command, line, check=False)
        else:
            self.flush()
            self._add(self.reader.prose(title_words(words)[:200], words, line, self.role), check=False)

    def _is_test(self, node: Node) -> bool:
        if any(is_outcome(each) for each in node.children):
            return True
        test = test_of(node.text)
        if test is None:
            return False
        return test.strong or test.colon or command_of(test.rest) is not None

    def _test(self, node: Node, taken: set[int]) -> None:
        test = test_of(node.text)
        command = command_of(node.text) or (command_of(test.rest) if test else None)
        outcomes = _outcomes(node)
        others = [each for each in node.children if not any(each is one for one in outcomes)]
        if command is not None:
            self._tell(command, node.line, check=True, title=title_words(node.text))
        elif any(command_of(each.text) for each in others):
            for each in others:
                inner = command_of(each.text)
                if inner is not None:
                    taken.add(id(each))
                    self._tell(inner, each.line, check=True, title=inner.title or title_words(node.text))
        elif self._tested is not None and test is not None and not test.rest:
            again = self._tested
            title = f"{title_words(node.text)} (as in line {again.line})"
            self._tell(again.command, node.line, check=True, title=title, again=again)
        else:
            self.flush()
            self._add(self._prose(Node(node.text, node.line, children=others)), check=True)
            taken.update(id(each) for each in others)
        taken.update(id(each) for each in outcomes)
        for each in outcomes:
            self._outcome(each)
        self.below(others, taken)

    def _tell(
        self, command: Command, line: int, *, check: bool, title: str = "", again: _Told | None = None
    ) -> None:
        self.flush()
        labels = [Label("expect", command.result, line)] if check and command.result else []
        shown = title or command.title or ("" if check else command.result) or command.text
        self._waiting = _Told(command, shown, line, check, labels)
        if check and again is None:
            self._tested = self._waiting

    def _add(self, step: Step, check: bool) -> None:
        (self.checks if check else self.steps).append(step)
        self._last_is_check = check

    def _wait(self, wait_s: float, node: Node) -> None:
        found = self.checks if self._last_is_check else self.steps
        if self._waiting is not None:
            self._waiting.wait_s += wait_s
        elif found:
            found[-1] = replace(found[-1], wait_s=found[-1].wait_s + wait_s)
        else:
            self._add(replace(self._prose(Node(node.text, node.line)), wait_s=wait_s), check=False)

    def _outcome(self, node: Node) -> None:
        """Keeps what success and failure lead to beside the check that tells them apart."""
        self.flush()
        if self.checks:
            words = _texts([node])
            if node.via:
                words[0] = f"{node.via} → {words[0]}"
            said = "; ".join(each for each in (self.checks[-1].verdict_text, *words) if each)
            self.checks[-1] = replace(self.checks[-1], verdict_text=said)

    def _prose(self, node: Node) -> Step:
        text = "\n".join([node.text, *(f"- {each}" for each in _texts(node.children))])
        return self.reader.prose(title_of(title_words(node.text))[:200], text, node.line, self.role)


def _outcomes(node: Node) -> list[Node]:
    """The lines below a test that say what follows from it. Where one does, so does each with an arrow."""
    if not any(is_outcome(each) for each in node.children):
        return []
    return [each for each in node.children if is_outcome(each) or answer_of(each.text) is not None]


def _texts(nodes: Sequence[Node]) -> list[str]:
    return [each.text for node in nodes for each in node.walk()]


def _is_beside(wait: Wait, text: str) -> bool:
    """Whether a wait stands beside a command, not in its words: `docker restart api (wait 20s)`."""
    command = command_of(text)
    return command is None or wait.before.endswith(command.text)
