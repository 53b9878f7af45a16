"""What is a rule of the linter? An id, a level, why it matters at 3 a.m., a text that breaks it, and one look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.subject import Subject as Subject
from tocsin.respond.runbooks.lint.subject import SubjectKind

Severity = Literal["error", "warning", "note"]

PAGES = frozenset[SubjectKind]({"incident", "procedure", "index", "policy"})
"""What is followed by somebody; a template is not, until it is filled in."""

EVERY_PAGE = PAGES | frozenset[SubjectKind]({"template"})


_LONGEST_SHOWN = 4_000


class Rule:
    """One file in `lint/rules/`; the file's name is the id. A rule keeps no state."""

    id: ClassVar[str]
    level: ClassVar[Severity]
    title: ClassVar[str]
    """What is wrong, as a headline."""

    why: ClassVar[str]
    """What goes wrong in the night, in one or two sentences."""

    fix: ClassVar[str]
    """The cure, where a finding does not know a better one."""

    example: ClassVar[str]
    """A small text that breaks the rule. What is no UTF-8 in it stands as lone surrogates."""

    fixed: ClassVar[str]
    """The same text, mended."""

    file: ClassVar[str] = "runbook.md"
    """Under which name the example lies."""

    beside: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The files that lie beside the example, each with its path and its text."""

    kinds: ClassVar[frozenset[SubjectKind]] = PAGES
    """What the rule is about."""

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Every place at which the subject breaks the rule; here, those that reading it has told."""
        return (each for each in subject.document.findings if each.rule == self.id)

    def at(self, line: int, message: str, fix: str = "", *, level: Severity | None = None) -> Finding:
        """A finding of this rule."""
        return Finding(
            rule=self.id, level=level or self.level, line=line, message=message, fix=fix or self.fix
        )


class ToldByReader(Rule):
    """A rule that is looked at in reading itself, whatever the page is."""

    kinds = EVERY_PAGE


def shown(example: str) -> str:
    """An example as people read it: what is no text in it as marks, and of a huge one only the beginning."""
    text = (
        example.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "␀").rstrip("\n")
    )
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:100]}… ({len(text):,} characters)"
