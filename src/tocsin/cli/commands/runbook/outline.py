"""What does a document say, as a person reads it in a terminal? Its head, its outline, its inputs, its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document, Step


def say_outline(document: Document) -> None:
    """The headings with their steps, each with its line."""
    from tocsin.cli.output import say

    by_line = sorted(document.steps(), key=lambda step: step.line)
    for section in document.sections:
        indent = "  " * max(section.level - 2, 0)
        role = f"  [{section.role}]" if section.role else ""
        say(f"{section.line:>5}  {indent}{section.heading}{role}", style="bold")
        following = next((each.line for each in document.sections if each.line > section.line), None)
        for step in by_line:
            if step.line >= section.line and (following is None or step.line < following):
                say(f"{step.line:>5}  {indent}  {mark(step)} {step.kind:<9} {_one_line(step)}")


def say_head(document: Document) -> None:
    from tocsin.cli.output import say

    say(document.title, style="bold")
    told = {
        "file": document.path,
        "service": document.service,
        "severity": document.severity,
        "owner": document.owner,
        "language": document.language,
    }
    say("  ".join(f"{name}: {value}" for name, value in told.items() if value))


def say_inputs(document: Document) -> None:
    from tocsin.cli.output import say

    if document.inputs:
        say()
        say("Inputs", style="bold")
    for each in document.inputs:
        default = "" if each.default is None else f" = {each.default}"
        where = f"  (lines {', '.join(str(line) for line in each.lines)})" if each.lines else ""
        say(f"  {each.name}: {'secret ' if each.secret else ''}{each.type}{default}{where}")


def say_findings(document: Document) -> None:
    from tocsin.cli.output import say

    if document.findings:
        say()
        say("Findings", style="bold")
    for each in document.findings:
        fix = f"; {each.fix}" if each.fix else ""
        say(f"{each.line:>5}  {each.level:<7} {each.message}{fix}  [{each.rule}]")


def mark(step: Step) -> str:
    return {"read": "○", "change": "◆", "destroy": "▲"}[step.level] if step.kind != "reference" else "·"


def _one_line(step: Step) -> str:
    first = next((line.strip() for line in step.text.splitlines() if line.strip()), "")
    return first if len(first) <= 100 else first[:99] + "…"
