"""What do the rules say of one file? Each document in it is looked at by each rule that is about its kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

from tocsin.ground.kernel.extensions import discover
from tocsin.respond.runbooks.document import Document, Finding
from tocsin.respond.runbooks.lint.ignoring import Ignore, ignores_in, ignores_in_yaml, without_ignored
from tocsin.respond.runbooks.lint.rule import Rule
from tocsin.respond.runbooks.lint.rules.ignore_unused import IgnoreUnused
from tocsin.respond.runbooks.lint.subject import Subject, Surroundings
from tocsin.respond.runbooks.reading import frontmatter
from tocsin.respond.runbooks.reading.blocks import Part, parts_of
from tocsin.respond.runbooks.reading.repairs import mend
from tocsin.respond.runbooks.reading.text import decode

_FOLDER, _GROUP = "tocsin.respond.runbooks.lint.rules", "tocsin.lint_rules"


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the alphabet; installed packages may bring more."""
    return {rule.id: rule for rule in (kind() for kind in discover(_FOLDER, Rule, _GROUP).values())}


def lint(
    document: Document,
    data: bytes,
    around: Surroundings | None = None,
    *,
    only: Collection[str] = (),
) -> list[Finding]:
    """What the rules say of a document and of those inside it, by line.

    `data` is the file that was read, `only` names the rules that are wanted (none: all of them).
    """
    lines, root = _blocks(data)
    first = Subject(
        document=document,
        root=root,
        lines=lines,
        ignores=ignores_in(root, lines),
        around=around or Surroundings(),
    )
    return _settled(list(_with_inner(first)), only)


def lint_alerts(subject: Subject, *, only: Collection[str] = ()) -> list[Finding]:
    """What the rules say of a file with alert rules."""
    return _settled([replace(subject, ignores=ignores_in_yaml(subject.lines))], only)


def _blocks(data: bytes) -> tuple[list[str], Part]:
    """The lines of a file and its blocks, mended as the reader mends them."""
    text, _ = decode(data)
    _, body = frontmatter.take(text)
    lines = text.split("\n")
    mended = mend(body, range(1, len(lines) + 1))
    return lines, parts_of(mended.text, mended.numbers)


def _with_inner(first: Subject) -> Iterator[Subject]:
    """The file's own document, then those inside it. What stands in a fence has no blocks in the file's tree."""
    by_line = {part.line: part for part in first.root.walk() if part.heading}
    waiting = [first]
    while waiting:
        subject = waiting.pop()
        yield subject
        for inner in reversed(subject.document.documents):
            part = by_line.get(inner.line) or Part(heading="", level=0, line=inner.line, end=inner.line)
            waiting.append(replace(subject, document=inner, root=part, outer=subject.document))


def _settled(subjects: Sequence[Subject], only: Collection[str]) -> list[Finding]:
    """What all rules say of these subjects, which are of one file, without what its author ignores."""
    found = [
        finding
        for subject in subjects
        for rule in rules().values()
        if subject.kind in rule.kinds
        for finding in rule.look(subject)
    ]
    ignores = subjects[0].ignores
    kept, used = without_ignored(found, ignores)
    told = [*kept, *_unused(ignores, used)]
    wanted = {each for each in told if not only or each.rule in only}
    return sorted(wanted, key=lambda each: (each.line, each.rule, each.message))


def _unused(ignores: Sequence[Ignore], used: set[int]) -> Iterator[Finding]:
    every = rules()
    rule = IgnoreUnused()
    for at, ignore in enumerate(ignores):
        unknown = [each for each in ignore.rules if each not in every]
        if unknown:
            yield rule.unknown(ignore, unknown)
        elif ignore.rules and at not in used:
            yield rule.told(ignore)
