"""What step is this fence? Its kind, its text as it will run, its level, and what must come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from tocsin.act.actions.toolbox import problem, verdict_on
from tocsin.act.guard import Verdict, http_block_level, redis_level, shell_level, sql_level
from tocsin.ground.kernel import yaml
from tocsin.ground.kernel.conditions import OUTCOME, BadCondition, compile_condition
from tocsin.respond.runbooks.document import FenceRead, FenceUse, Finding, Kind, Level, Step
from tocsin.respond.runbooks.reading.amounts import seconds
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Item, Paragraph
from tocsin.respond.runbooks.reading.code import printed, prompts
from tocsin.respond.runbooks.reading.code.attributes import split_info
from tocsin.respond.runbooks.reading.code.hindrances import hindrance
from tocsin.respond.runbooks.reading.code.languages import (
    CONSOLES,
    KINDS,
    STREAM_TIMEOUT,
    TIMEOUTS,
    UNLABELLED,
)
from tocsin.respond.runbooks.reading.code.pieces import Piece, pieces_of
from tocsin.respond.runbooks.reading.code.placeholders import (
    Filled,
    fill_shell,
    fill_sql,
    fill_template,
    hide_marks,
    show_marks,
)
from tocsin.respond.runbooks.reading.code.taking import is_output, runs, take
from tocsin.respond.runbooks.reading.headings import plain, title_of
from tocsin.respond.runbooks.reading.labels import Label, code_span
from tocsin.respond.runbooks.reading.quorum import UNREADABLE, no_quorum, quorum

HTTP_OK = "status >= 200 && status < 300"
"""What a request without an expectation has to answer."""

_JUDGES: dict[Kind, tuple[Callable[[str], Verdict], str, str]] = {
    "bash": (shell_level, "this block cannot be parsed as shell", "correct it"),
    "sql": (sql_level, "this block cannot be parsed as SQL", "correct it"),
    "http": (
        http_block_level,
        "this block is not a request",
        "write METHOD URL, then headers, an empty line, the body",
    ),
    "redis": (redis_level, "this block is not a list of commands", "write one command a line"),
}
_PROMPTS: dict[Kind, Callable[[str], prompts.Console]] = {
    "bash": prompts.split,
    "sql": prompts.split_sql,
    "redis": prompts.split_redis,
}
_SPLIT = frozenset({"verification", "diagnosis", "detection"})
_ROLES = frozenset({"responder", "operator", "approver", "admin"})
_YES = frozenset({"true", "yes", "y", "1", "on", "是", "需要", "要"})
_NO = frozenset({"false", "no", "n", "0", "off", "none", "否", "不", "不需要", "無", "无"})
_EXPECTED_COMMENT = re.compile(
    r"^\s*(?:#|--)\s*(?:(?:expected|expect|expected (?:result|output)|預期|预期|預期結果|预期结果)\s*[:：]|should)"
    r"\s*(\S.{0,300})$",
    re.IGNORECASE,
)
_FAILS_ON_ERROR = re.compile(r"(?:^|\s)(?:--fail(?:-with-body|-early)?|-[a-zA-Z]*f[a-zA-Z]*)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands before a fence."""

    title: str
    role: str
    caution: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What attributes and lines say of a step, attributes first."""

    attributes: Mapping[str, str]
    labels: Mapping[str, Label]
    line: int

    def value(self, name: str) -> str | None:
        if name in self.attributes:
            return self.attributes[name]
        label = self.labels.get(name)
        return None if label is None else label.value

    def line_of(self, name: str) -> int:
        label = self.labels.get(name)
        return label.line if label is not None and name not in self.attributes else self.line


class Reader:
    """Makes the steps of one document: gives each its id, and remembers findings and defaults of inputs."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.defaults: dict[str, str] = {}
        self.uses: dict[int, FenceRead] = {}  # by the line of the fence
        self._ids: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last number given to a stem

    def note(self, rule: str, level: str, line: int, message: str, fix: str = "") -> None:
        known = "error" if level == "error" else "warning" if level == "warning" else "note"
        self.findings.append(Finding(rule=rule, level=known, line=line, message=message, fix=fix))

    def use(self, fence: Fence, use: FenceUse, why: str) -> None:
        """Remembers what a fence was taken for; the first answer holds."""
        if fence.piece:
            return
        language, _ = split_info(fence.info)
        self.uses.setdefault(fence.line, FenceRead(line=fence.line, use=use, why=why, language=language))

    def is_taken(self, fence: Fence) -> bool:
        return fence.line in self.uses

    @staticmethod
    def is_sample(fence: Fence, above: Fence, *, announced: bool) -> bool:
        """Whether a fence shows what the command above printed. `announced` by a line such as `Output:`, it may stand
        further away and have any language that is not run.
        """
        language, attributes = split_info(fence.info)
        first, _ = split_info(above.info)
        near = fence.line - above.end <= 2
        return (
            not attributes
            and runs(first, above.text)
            and is_output(language, fence.text, near=near, announced=announced)
        )

    def manual(self, item: Item, role: str) -> Step:
        """A list item as something that a person does and ticks."""
        title = title_of(item.text.split("\n", 1)[0])
        return Step(
            id=self._id("", role),
            title=title[:200],
            kind="manual",
            text=_text_of(item),
            line=item.line,
            role=role,
            level=_by_hand(role),
            timeout_s=TIMEOUTS["manual"],
        )

    def prose(self, title: str, text: str, line: int, role: str) -> Step:
        """A stretch of text as something that a person does and ticks."""
        return Step(
            id=self._id("", role),
            title=title,
            kind="manual",
            text=text.strip(),
            line=line,
            role=role,
            level=_by_hand(role),
            timeout_s=TIMEOUTS["manual"],
        )

    def steps(
        self, fence: Fence, lead: Lead, said: Sequence[Label] = (), sample: str = ""
    ) -> list[tuple[Step, bool]]:
        """The steps of a fence, mostly one, each with whether it is marked as a check of what stands before it.

        A block that lists checks is one step per check, so that each is judged and shown by itself.
        """
        language, attributes = split_info(fence.info)
        splits = lead.role in _SPLIT and KINDS.get(language) == "bash" and not (attributes or said or sample)
        numbered_only = lead.role != "verification"
        pieces = pieces_of(fence.text.rstrip("\n"), numbered_only=numbered_only) if splits else []
        if not pieces:
            return [self.step(fence, lead, said, sample)]
        self.use(
            fence, "check" if lead.role == "verification" else "step", f"a list of {len(pieces)} commands"
        )
        return [self.step(_piece_of(fence, piece), replace(lead, title=piece.title)) for piece in pieces]

    def step(
        self, fence: Fence, lead: Lead, said: Sequence[Label] = (), sample: str = ""
    ) -> tuple[Step, bool]:
        """The step of a fence, and whether it is marked as a check of what stands before it."""
        language, attributes = split_info(fence.info)
        about = _Said(attributes, {label.label: label for label in said}, fence.line)
        kind = self._kind(language, fence, lead)
        text = fence.text.rstrip("\n")
        if kind in ("bash", "sql", "redis"):
            console = _PROMPTS[kind](text)
            if kind == "bash" and not console.prompted and language in UNLABELLED | CONSOLES:
                commands, below = printed.unhashed(text)
                console = prompts.Console(commands, below, prompted=True) if commands else console
            text, sample = console.commands, sample or console.output
            if console.prompted and language not in CONSOLES:
                self.note("prompt", "note", fence.line, "the commands begin with a prompt", "take `$ ` away")
            elif kind == "bash" and not console.prompted:
                text, below = printed.split(text)
                sample = sample or below
                if below and language in KINDS:
                    self.note(
                        "output-in-block",
                        "note",
                        fence.text_line + text.count("\n") + 1,
                        "what the commands print stands in the same block",
                        "put it into a block of its own, with the language text",
                    )
        blocked = self._blocked(kind, text, fence)
        filled = Filled(text) if blocked else _fill(kind, text)
        if filled.stuck:
            blocked = self._stuck(filled, fence)
        self.defaults |= filled.defaults
        verdict, action, arguments, kind = self._judge(kind, filled.text, fence, blocked)
        return (
            self._finish(
                Step(
                    id=self._id(attributes.get("name", ""), lead.role),
                    title=(attributes.get("title") or lead.title)[:200],
                    kind=kind,
                    text=text if kind in ("manual", "reference") else filled.text,
                    line=fence.line,
                    role=lead.role,
                    level=verdict.level,
                    language=language,
                    inputs=() if kind in ("manual", "reference") else tuple(filled.inputs),
                    sample_output=sample,
                    streams=verdict.streams,
                    action=action,
                    arguments=arguments,
                    why_level=tuple(dict.fromkeys(f"{each.part}: {each.why}" for each in verdict.telling)),
                    blocked=blocked,
                ),
                about,
                lead,
            ),
            _truth(attributes.get("check")) is True,
        )

    def _kind(self, language: str, fence: Fence, lead: Lead) -> Kind:
        """What a fence is, noted for every fence of the file."""
        taken = take(language, fence.text)
        if taken.told is not None:
            self.note(taken.told.rule, taken.told.level, fence.line, taken.told.message, taken.told.fix)
        self.use(fence, taken.use or ("check" if lead.role == "verification" else "step"), taken.why)
        return taken.kind

    def _blocked(self, kind: Kind, text: str, fence: Fence) -> str:
        """Why this block cannot be run although it is code; "" where it can be."""
        found = hindrance(kind, text, closed=fence.closed)
        if found is None:
            if not fence.closed:
                self.note(
                    "open-fence", "warning", fence.line, "this block is never closed", "close it with ```"
                )
            return ""
        line = fence.line if found.line is None else fence.text_line + found.line
        self.note(found.rule, "warning", line, found.message, found.fix)
        return found.why

    def _stuck(self, filled: Filled, fence: Fence) -> str:
        names = ", ".join(f"<{each.strip('<>')}>" for each in filled.stuck)
        self.note(
            "placeholder-in-quotes",
            "warning",
            fence.line,
            f"{names} stands where no value can be put in, so a person has to run this",
            "use double quotes around it",
        )
        filled.inputs.clear()
        return f"{names} stands where no value can be put in"

    def _judge(
        self, kind: Kind, text: str, fence: Fence, blocked: str
    ) -> tuple[Verdict, str | None, dict[str, Any], Kind]:
        """The verdict on a step; an action that cannot be read becomes something for a person."""
        if kind == "action":
            told = self._action(text, fence)
            if told is None:
                return Verdict.of([]), None, {}, "manual"
            wrong = problem(*told)
            if wrong is not None:
                self.note("action", "warning", fence.line, wrong.message, wrong.fix)
            return verdict_on(*told), told[0], told[1], kind
        if kind not in _JUDGES:
            return Verdict.of([]), None, {}, kind
        judge, message, fix = _JUDGES[kind]
        verdict = judge(text)
        if not verdict.parsed and not blocked:
            self.note("unparsed", "warning", fence.line, message, fix)
        return verdict, None, {}, kind

    def _action(self, text: str, fence: Fence) -> tuple[str, dict[str, Any]] | None:
        """`docker.restart: {service: api}` → its name and what it is given."""
        tree = yaml.read(hide_marks(text))  # `{service: ${NAME}}` is no YAML, `{service: <NAME>}` is
        fix = "write one map: docker.restart: {service: api}"
        if tree.problems:
            where = fence.text_line + tree.problems[0].line - 1
            self.note("action", "error", where, f"the action cannot be read: {tree.problems[0].message}", fix)
            return None
        data: Any = tree.data
        if not isinstance(data, dict) or len(cast("dict[str, Any]", data)) != 1:
            self.note("action", "error", fence.line, "an action block holds one map of one name", fix)
            return None
        [(name, given)] = cast("dict[str, Any]", data).items()
        if given is not None and not isinstance(given, dict):
            self.note("action", "error", fence.line, f"what {name} is given is no map", fix)
            return None
        return name, cast("dict[str, Any]", show_marks(given or {}))

    def _finish(self, step: Step, about: _Said, lead: Lead) -> Step:
        """The step with everything that its author said of it."""
        if step.kind == "reference":
            return replace(step, level="read", timeout_s=0.0)
        expect, expect_text = self._expectation(step, about)
        poll_s, poll_for_s = self._polling(about)
        timeout = self._seconds(about, "timeout")
        if timeout is None:
            timeout = STREAM_TIMEOUT if step.streams else TIMEOUTS[step.kind]
        done_when = about.value("done_when")
        return replace(
            step,
            expect=expect,
            expect_text=expect_text,
            wait_s=self._seconds(about, "wait") or 0.0,
            timeout_s=timeout,
            retries=_count(about.value("retries")),
            poll_s=poll_s,
            poll_for_s=poll_for_s,
            approve=_approval(step, about.value("approve"), lead.caution),
            approvals=self._approvals(about),
            idempotent=_truth(about.value("idempotent")) is True,
            done_when=self._condition(done_when, about.line_of("done_when")) if done_when else None,
            on=about.value("on") or None,
        )

    def _expectation(self, step: Step, about: _Said) -> tuple[str | None, str | None]:
        told = about.value("expect")
        expect: str | None = None
        words: str | None = None
        if told is not None and "expect" in about.attributes:
            expect = self._condition(told, about.line_of("expect"))
            words = None if expect else told
        elif told is not None:
            code = code_span(told)
            expect = self._condition(code, about.line_of("expect")) if code else None
            words = None if expect else plain(told)
        elif step.kind in ("bash", "sql"):
            lines = [
                found.group(1).strip()
                for line in step.text.split("\n")
                if (found := _EXPECTED_COMMENT.match(line))
            ]
            words = "; ".join(lines) or None
        if expect is None and step.kind == "http":
            expect = HTTP_OK
        if told is None and step.kind == "bash" and _only_curl(step.text):
            self.note(
                "curl-status",
                "note",
                step.line,
                "curl exits 0 on an error of the server, so this cannot fail",
                "add -f, or write a http block with an expectation",
            )
        return expect, words

    def _condition(self, told: str | None, line: int) -> str | None:
        """The text if it is CEL over a result; else a finding."""
        if not told:
            return None
        code = code_span(told) or told
        try:
            compile_condition(code, OUTCOME)
        except BadCondition as error:
            self.note("expectation", "warning", line, f"{code}: {error.message}".split("\n")[0], error.fix)
            return None
        return code

    def _seconds(self, about: _Said, name: str) -> float | None:
        told = about.value(name)
        if told is None:
            return None
        found = seconds(told)
        if found is None:
            message = f"{plain(told)!r} is not a duration"
            self.note("duration", "warning", about.line_of(name), message, "write it like 30s, 15m or 1h30m")
        return found

    def _approvals(self, about: _Said) -> int:
        """How many people have to say yes, as the author of the step has it."""
        told = about.value("approvals")
        found = quorum(told) if told is not None else 1
        if found is None:
            self.findings.append(no_quorum(plain(told or ""), about.line_of("approvals")))
        return found or UNREADABLE

    def _polling(self, about: _Said) -> tuple[float, float]:
        """`poll=5s for=90s`, or `Poll: 5s for 90s`."""
        told = about.value("poll")
        if told is None:
            return 0.0, 0.0
        every, _, lasting = told.partition(" for ")
        whole = about.attributes.get("for") or lasting
        return seconds(every) or 5.0, (seconds(whole) if whole else None) or 60.0

    def _id(self, name: str, role: str) -> str:
        """The name as its author gave it; else the role with a number. Unique in the document."""
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48]
        if stem and stem not in self._ids:
            self._ids.add(stem)
            return stem
        stem = stem or role or "step"
        number = self._numbers.get(stem, 0) + 1
        while f"{stem}-{number}" in self._ids:
            number += 1
        self._numbers[stem] = number
        self._ids.add(f"{stem}-{number}")
        return f"{stem}-{number}"


def _by_hand(role: str) -> Level:
    """What a person does below a resolution changes something; what they look at does not."""
    return "change" if role in ("resolution", "degrade") else "read"


def _piece_of(fence: Fence, piece: Piece) -> Fence:
    line = fence.text_line + piece.offset
    return replace(fence, line=line, text_line=line, text=piece.text, closed=True, piece=True)


def _fill(kind: Kind, text: str) -> Filled:
    if kind == "bash":
        return fill_shell(text)
    if kind == "sql":
        return fill_sql(text)
    if kind in ("http", "action", "redis"):
        return fill_template(text)
    return Filled(text)


def _only_curl(text: str) -> bool:
    """Whether the last command is a curl that does not tell success from failure."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and lines[-1].lstrip().startswith("curl ") and not _FAILS_ON_ERROR.search(lines[-1])


def _approval(step: Step, told: str | None, caution: bool) -> str | None:
    """Who has to approve. What destroys needs an approver, whatever its author says."""
    if step.level == "destroy":
        return "admin" if told is not None and told.strip().lower() == "admin" else "approver"
    if told is not None:
        word = plain(told).strip().lower().rstrip(".。")
        if word in _NO:
            return None
        return next((role for role in _ROLES if role in word.split()), "operator")
    return "operator" if caution else None


def _truth(told: str | None) -> bool | None:
    if told is None:
        return None
    word = plain(told).strip().lower().rstrip(".。")
    return True if word in _YES else False if word in _NO else None


def _count(told: str | None) -> int:
    found = re.search(r"\d{1,3}", told or "")
    return int(found.group()) if found else 0


def _text_of(item: Item) -> str:
    """What an item says, with the paragraphs and lists inside it."""
    lines: list[str] = []
    waiting: list[tuple[Block, int]] = [(block, 0) for block in reversed(item.blocks)]
    while waiting:
        block, depth = waiting.pop()
        if isinstance(block, Paragraph):
            lines.append("  " * depth + " ".join(plain(line) for line in block.text.split("\n")))
        elif isinstance(block, Bullets):
            for inner in reversed(block.items):
                waiting.extend((each, depth + 1) for each in reversed(inner.blocks))
    text = "\n".join(lines)
    return re.sub(r"^\[[ xX]\]\s+", "", text)
