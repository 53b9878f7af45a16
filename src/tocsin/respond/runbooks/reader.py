"""What does this file say? From bytes to a `Document`; whatever the bytes are, the answer is a document.

Bytes become text, text is mended, mended text becomes a tree of headings and blocks, headings get roles, and each
role is read in its own way: diagnosis as steps, resolution as ladders, degrade as options, verification as one
round. Templates in fences and the runbooks of a file that holds several become documents of their own. What stands
elsewhere is kept as well. What the author should know is told as findings; nothing is raised for what a file holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from textwrap import dedent

from tocsin.ground.kernel.conditions import ALERT, BadCondition, compile_condition
from tocsin.respond.runbooks.document import Document, DocumentKind, Finding, Link, Section, Start
from tocsin.respond.runbooks.reading import frontmatter, text
from tocsin.respond.runbooks.reading.amounts import seconds, watch_seconds
from tocsin.respond.runbooks.reading.blocks import (
    Block,
    Bullets,
    Fence,
    Paragraph,
    Part,
    Quote,
    grids_in,
    parts_of,
)
from tocsin.respond.runbooks.reading.code import inputs
from tocsin.respond.runbooks.reading.facts.checklists import checklists_of
from tocsin.respond.runbooks.reading.facts.clocks import clocks_of
from tocsin.respond.runbooks.reading.facts.escalation import escalation_of
from tocsin.respond.runbooks.reading.facts.footer import Footer, cycle, day, footer_of
from tocsin.respond.runbooks.reading.facts.index import index_of
from tocsin.respond.runbooks.reading.facts.links import Exists, findings_of, links_of
from tocsin.respond.runbooks.reading.facts.people import contacts_of
from tocsin.respond.runbooks.reading.facts.roles import roles_of
from tocsin.respond.runbooks.reading.facts.rota import rota_of
from tocsin.respond.runbooks.reading.facts.severities import severities_of
from tocsin.respond.runbooks.reading.facts.tables import table_of
from tocsin.respond.runbooks.reading.frontmatter import FrontMatter
from tocsin.respond.runbooks.reading.headings import plain, role_of, role_under, scenario_title, title_of
from tocsin.respond.runbooks.reading.labels import labels_in
from tocsin.respond.runbooks.reading.quorum import UNREADABLE, no_quorum, quorum
from tocsin.respond.runbooks.reading.repairs import mend
from tocsin.respond.runbooks.reading.subdocuments import is_template, slug_of, take_runbooks, threshold_in
from tocsin.respond.runbooks.reading.visit import Visit

_SEVERITY = re.compile(r"\b(?:P|SEV-?|S)([0-4])\b", re.IGNORECASE)
_BOLD_LINE = re.compile(r"^\*\*[^*]{1,200}\*\*$")
_KINDS: dict[str, DocumentKind] = {
    "incident": "incident",
    "procedure": "procedure",
    "index": "index",
    "policy": "policy",
}
_OF_INCIDENTS = frozenset({"symptoms", "severity", "impact", "detection", "cause"})
_STARTS: dict[str, Start] = {"suggest": "suggest", "automatic": "automatic", "manual": "manual"}
_DEEPEST = 4
"""Templates within templates that are still read."""


def read(path: str, data: bytes, exists: Exists | None = None) -> Document:
    """The runbook in these bytes. `path` names it; documents inside it are `path#part`.

    `exists` tells of a relative link whether its file is there, and None where it may not be looked for.
    """
    return _File(path, data, exists).read()


@dataclass(frozen=True, slots=True)
class _Around:
    """What a document inherits from the one it stands in."""

    footer: Footer = field(default_factory=Footer)
    service: str = ""
    approvals: int = 1
    template: bool = False
    depth: int = 0


class _File:
    """One file, read once."""

    def __init__(self, path: str, data: bytes, exists: Exists | None) -> None:
        self._path = path
        self._hash = hashlib.sha256(data).hexdigest()
        self._exists = exists
        self._whole, self._findings = text.decode(data)
        self._lines = self._whole.split("\n")
        self._paths: set[str] = set()

    def read(self) -> Document:
        document = self._text(self._path, self._whole, range(1, len(self._lines) + 1), _Around())
        findings = sorted([*self._findings, *document.findings], key=lambda each: each.line)
        title = document.title or self._path.rsplit("/", 1)[-1]
        return replace(document, title=title, findings=tuple(findings))

    def _text(self, path: str, whole: str, numbers: Sequence[int], around: _Around) -> Document:
        """The document in a text, whose lines have these numbers in the file."""
        front, body = frontmatter.take(whole)
        mended = mend(body, numbers)
        root = parts_of(mended.text, mended.numbers)
        links = links_of(mended.text, self._exists, root)
        told = [*front.findings, *mended.findings, *_triggers_told(front)]
        approvals = _approvals(front, told)
        inherited = replace(
            around,
            service=front.text("service") or around.service,
            approvals=max(approvals, around.approvals),
        )
        return self._part(path, root, front, links, told, inherited, text.language_of(body))

    def _part(
        self,
        path: str,
        root: Part,
        front: FrontMatter,
        links: Sequence[Link],
        told: list[Finding],
        around: _Around,
        language: str,
    ) -> Document:
        """The document below a part of the tree; the runbooks inside it are taken out of it first."""
        last = _last_line(root)
        footer = _over(_footer(front, root), around.footer)
        title = front.text("title") or _title(root)
        within = replace(around, footer=footer)
        runbooks = take_runbooks(root) if around.depth < _DEEPEST else []
        documents = [self._runbook(each, links, within, language) for each in runbooks]
        visit = Visit()
        for fence in root.fences():
            if is_template(fence) and around.depth < _DEEPEST:
                visit.reader.use(fence, "template", "a document of its own")
                documents.append(self._template(fence, within))
        visit.read(root)
        reader = visit.reader
        grids = [
            (grid, role, heading) for part, role, heading in _roles(root) for grid in grids_in(part.blocks)
        ]
        inside = {link.line for document in documents for link in document.links}
        mine = [each for each in links if root.line <= each.line < last and each.line not in inside]
        tables = tuple(table_of(grid, role, heading) for grid, role, heading in grids)
        severities = tuple(severities_of(root))
        index = tuple(index_of(root, mine))
        every = sorted(visit.steps(), key=lambda step: step.line)
        findings = [*told, *reader.findings, *findings_of(mine, looked=self._exists is not None)]
        if visit.ladders and not visit.verification and not around.template:
            findings.append(_unproven(root))
        return Document(
            path=path,
            hash=self._hash,
            title=title,
            language=language,
            front_matter=front.values,
            owner=footer.owner,
            service=around.service,
            severity=_level(front.text("severity")) or ("" if severities else _severity(root)),
            sections=tuple(self._sections(root)),
            diagnosis=tuple(visit.diagnosis),
            ladders=tuple(visit.ladders),
            degrade=tuple(visit.degrade),
            verification=tuple(visit.verification),
            other_steps=tuple(visit.other),
            inputs=inputs.collect(every, reader.defaults, front.map("inputs")),
            findings=tuple(sorted(findings, key=lambda each: each.line)),
            soak_s=_soak(front, root),
            approvals=around.approvals,
            start=_STARTS.get(front.text("start").lower(), "suggest"),
            triggers=tuple(each for each in front.texts("triggers") if _is_trigger(each)),
            line=root.line,
            kind=_kind(front, around, visit, root, index=bool(index), levels=bool(severities)),
            threshold=front.text("threshold") or threshold_in(title) or _threshold(root),
            reviewed=footer.reviewed,
            review=footer.review,
            version=footer.version,
            causes=tuple(visit.causes),
            decisions=tuple(visit.decisions),
            checklists=tuple(sorted([*checklists_of(root), *visit.checklists], key=lambda each: each.line)),
            clocks=tuple(clocks_of(root)),
            tables=tables,
            contacts=tuple(contacts_of(root)),
            rota=tuple(rota_of(root)),
            escalation=tuple(escalation_of(root)),
            roles=tuple(roles_of(root)),
            severities=severities,
            links=tuple(mine),
            index=index,
            fences=tuple(reader.uses[line] for line in sorted(reader.uses)),
            documents=tuple(sorted(documents, key=lambda each: each.line)),
        )

    def _runbook(self, part: Part, links: Sequence[Link], around: _Around, language: str) -> Document:
        """One of several runbooks of a file; owner, review and service are those of the file."""
        root = replace(part, heading="", level=0)
        deeper = replace(around, depth=around.depth + 1)
        path = self._name(slug_of(part.heading))
        document = self._part(path, root, FrontMatter(), links, [], deeper, language)
        title = scenario_title(part.heading)
        return replace(document, title=title, threshold=threshold_in(title) or document.threshold)

    def _template(self, fence: Fence, around: _Around) -> Document:
        lines = fence.text.split("\n")
        numbers = range(fence.text_line, fence.text_line + len(lines))
        deeper = _Around(template=True, depth=around.depth + 1)
        document = self._text(self._name(f"L{fence.line}"), dedent(fence.text), numbers, deeper)
        title = document.title or f"line {fence.line}"
        # What a template lacks is for whoever fills it in.
        return replace(document, title=title, line=fence.line, findings=())

    def _name(self, part: str) -> str:
        """A path for a document inside the file, unlike all others."""
        stem = f"{self._path}#{part}"
        path, count = stem, 1
        while path in self._paths:
            count += 1
            path = f"{stem}-{count}"
        self._paths.add(path)
        return path

    def _sections(self, root: Part) -> Iterator[Section]:
        for part, role, _ in _roles(root):
            if part is not root:
                yield Section(
                    role=role,
                    heading=plain(part.heading),
                    line=part.line,
                    text="\n".join(self._lines[part.line : part.end - 1]).strip("\n"),
                    level=part.level,
                )


def _roles(root: Part) -> Iterator[tuple[Part, str, str]]:
    """Every part with its role, its own or inherited, and its heading."""
    waiting: list[tuple[Part, str]] = [(root, "")]
    while waiting:
        part, inherited = waiting.pop()
        role = role_under(part.heading, inherited, part.level)
        yield part, role, part.heading
        waiting.extend((child, role) for child in reversed(part.parts))


def _last_line(root: Part) -> int:
    """The line after everything below a part."""
    return max(part.end for part in root.walk())


def _kind(
    front: FrontMatter, around: _Around, visit: Visit, root: Part, *, index: bool, levels: bool
) -> DocumentKind:
    """What a document is: as it says, else by what was found in it."""
    told = front.text("kind").lower()
    if around.template:
        return "template"
    if told in _KINDS:
        return _KINDS[told]
    if visit.ladders or visit.diagnosis or visit.causes or visit.verification:
        return "incident"
    if index:
        return "index"
    if levels:
        return "policy"
    tells = any(role_of(part.heading) in _OF_INCIDENTS for part in root.walk())
    return "procedure" if not tells and any(step.kind != "reference" for step in visit.other) else "incident"


def _footer(front: FrontMatter, root: Part) -> Footer:
    told = Footer(
        owner=front.text("owner"),
        reviewed=day(front.text("reviewed", "last_reviewed", "updated")),
        review=cycle(front.text("review")),
        version=front.text("version"),
    )
    return _over(told, footer_of(root))


def _over(told: Footer, around: Footer) -> Footer:
    """What is told, and what is told around it where nothing is."""
    return Footer(
        owner=told.owner or around.owner,
        reviewed=told.reviewed or around.reviewed,
        review=told.review or around.review,
        version=told.version or around.version,
    )


def _title(root: Part) -> str:
    """The heading of the first level; else a first line that is bold as a whole; else a first heading that names no
    section.
    """
    first = root.parts[0] if root.parts else None
    if first is not None and first.level == 1:
        return title_of(first.heading)
    for line in _lines(root.blocks[:1]):
        if _BOLD_LINE.match(line):
            return title_of(line)
    return title_of(first.heading) if first is not None and role_of(first.heading) is None else ""


def _level(told: str) -> str:
    """`sev2` as P2, and what nobody knows as it is."""
    found = _SEVERITY.fullmatch(told)
    return f"P{found.group(1)}" if found else told


def _severity(root: Part) -> str:
    for part in root.walk():
        if role_of(part.heading) == "severity":
            for block in part.blocks:
                found = _SEVERITY.search(block.text) if isinstance(block, Paragraph) else None
                if found:
                    return f"P{found.group(1)}"
    said = [
        label.value for part in root.walk() for label in labels_in(part.blocks) if label.label == "severity"
    ]
    found = _SEVERITY.match(plain(said[-1])) if said else None
    return f"P{found.group(1)}" if found else ""


def _threshold(root: Part) -> str:
    """When it is for, as its symptoms say it."""
    for part in root.walk():
        if role_of(part.heading) in ("symptoms", "detection"):
            for line in _lines(part.blocks):
                found = threshold_in(line)
                if found:
                    return found
    return ""


def _approvals(front: FrontMatter, told: list[Finding]) -> int:
    """How many people have to say yes to what changes or destroys; adds to `told` where that cannot be read."""
    written = front.values.get("approvals", 1)
    found = quorum(front.text("approvals") or str(written)) if written is not None else 1
    if found is None:
        told.append(no_quorum(str(written), 2))
    return found or UNREADABLE


def _soak(front: FrontMatter, root: Part) -> float | None:
    """How long recovery is watched: said in the front matter, on a line `Soak:`, or in a sentence."""
    told = front.text("soak")
    if told:
        return seconds(told)
    for part in root.walk():
        for label in labels_in(part.blocks):
            if label.label == "soak" and (found := seconds(label.value)) is not None:
                return found
    for part, role, _ in _roles(root):
        if role == "verification":
            for line in _lines(part.blocks):
                found = watch_seconds(plain(line))
                if found is not None:
                    return found
    return None


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The lines of text in these blocks, those of drawings in fences included."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from block.text.split("\n")
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from _lines(item.blocks)
        elif isinstance(block, Quote):
            yield from _lines(block.blocks)
        elif isinstance(block, Fence) and not block.info:
            yield from block.text.split("\n")


def _is_trigger(told: str) -> bool:
    try:
        compile_condition(told, ALERT)
    except BadCondition:
        return False
    return True


def _triggers_told(front: FrontMatter) -> Iterator[Finding]:
    for told in front.texts("triggers"):
        try:
            compile_condition(told, ALERT)
        except BadCondition as error:
            message = f"the trigger {told} cannot be used: {error.message}".split("\n")[0]
            yield Finding(rule="trigger", level="error", line=1, message=message, fix=error.fix)


def _unproven(root: Part) -> Finding:
    return Finding(
        rule="no-verification",
        level="warning",
        line=root.parts[0].line if root.parts else root.line,
        message="nothing says how to tell that the service is well again",
        fix="add a section Verification with a request and what it must answer",
    )
