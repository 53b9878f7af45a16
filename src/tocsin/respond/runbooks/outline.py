"""What did the reader find in a document, as data? One JSON object per file, for `tocsin runbook import` and the API.

Steps stand once, in the order of the file; ladders, causes and options name theirs by id. `checks` are the steps that
prove the recovery, whole. What stands inside a document, a template or one of several runbooks, is in its own entry
of `documents` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tocsin.respond.runbooks.document import Cause, Document, Ladder, Option, Step


def outline(document: Document) -> dict[str, Any]:
    """The document as JSON data: lines from 1, durations in seconds."""
    return {
        "path": document.path,
        "hash": document.hash,
        "line": document.line,
        "kind": document.kind,
        "title": document.title,
        "language": document.language,
        "front_matter": document.front_matter,
        "service": document.service,
        "owner": document.owner,
        "reviewed": document.reviewed,
        "review": document.review,
        "version": document.version,
        "severity": document.severity,
        "threshold": document.threshold,
        "start": document.start,
        "triggers": list(document.triggers),
        "soak_s": document.soak_s,
        "sections": [
            {"role": each.role, "heading": each.heading, "line": each.line, "level": each.level}
            for each in document.sections
        ],
        "steps": [_step(step) for step in sorted(document.steps(), key=lambda each: each.line)],
        "ladders": [_ladder(each) for each in document.ladders],
        "causes": [_cause(each) for each in document.causes],
        "degrade": [_option(each) for each in document.degrade],
        "decisions": [asdict(each) for each in document.decisions],
        "checks": [_step(step) for step in document.verification],
        "checklists": [asdict(each) for each in document.checklists],
        "clocks": [asdict(each) for each in document.clocks],
        "tables": [asdict(each) for each in document.tables],
        "inputs": [asdict(each) for each in document.inputs],
        "contacts": [asdict(each) for each in document.contacts],
        "rota": [asdict(each) for each in document.rota],
        "escalation": [asdict(each) for each in document.escalation],
        "roles": [asdict(each) for each in document.roles],
        "severities": [asdict(each) for each in document.severities],
        "links": [asdict(each) for each in document.links],
        "index": [asdict(each) for each in document.index],
        "fences": [asdict(each) for each in document.fences],
        "documents": [outline(each) for each in document.documents],
        "findings": [asdict(each) for each in document.findings],
    }


def _step(step: Step) -> dict[str, Any]:
    return asdict(step)


def _ids(steps: Sequence[Step]) -> list[str]:
    return [step.id for step in steps]


def _ladder(ladder: Ladder) -> dict[str, Any]:
    rungs = [
        {
            "title": rung.title,
            "line": rung.line,
            "steps": _ids(rung.steps),
            "checks": _ids(rung.checks),
            "risk": rung.risk,
        }
        for rung in ladder.rungs
    ]
    return {"title": ladder.title, "line": ladder.line, "when": ladder.when, "rungs": rungs}


def _cause(cause: Cause) -> dict[str, Any]:
    return asdict(cause) | {"steps": _ids(cause.steps)}


def _option(option: Option) -> dict[str, Any]:
    return asdict(option) | {"steps": _ids(option.steps)}
