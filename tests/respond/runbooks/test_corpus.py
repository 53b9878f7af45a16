"""Public runbooks are read as they were when somebody last looked: an outline beside each file says how.

`TOCSIN_OUTLINES=write` writes the outlines again; the difference is for a review.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tocsin.respond.runbooks.document import Checklist, Decision, Document, Step
from tocsin.respond.runbooks.reader import read

CORPUS = Path(__file__).parents[2] / "data" / "runbooks" / "corpus"
FILES = sorted(CORPUS.glob("*/*.md"))


def outline(document: Document) -> dict[str, Any]:
    """What the reader made of a document, one line a thing; what is empty is left out."""
    told: dict[str, Any] = {
        "title": document.title,
        "kind": f"{document.kind} {document.language}",
        "severity": document.severity,
        "owner": document.owner,
        "reviewed": document.reviewed,
        "threshold": document.threshold,
        "sections": [f"{each.line} [{each.role}] {each.heading}" for each in document.sections],
        "fences": [f"{each.line} {each.language} → {each.use}: {each.why}" for each in document.fences],
        "diagnosis": [said(step) for step in document.diagnosis],
        "ladders": [
            {
                "title": f"{ladder.line} {ladder.title}",
                "rungs": {
                    f"{rung.line} {rung.title}": [said(step) for step in (*rung.steps, *rung.checks)]
                    for rung in ladder.rungs
                },
            }
            for ladder in document.ladders
        ],
        "degrade": [f"{each.line} {each.title}" for each in document.degrade],
        "causes": [f"{each.line} {each.name} {' '.join(each.match)}".rstrip() for each in document.causes],
        "decisions": [asked(each) for each in document.decisions],
        "verification": [said(step) for step in document.verification],
        "other": [said(step) for step in document.other_steps],
        "checklists": [boxes(each) for each in document.checklists],
        "clocks": [
            f"{each.line} {each.from_s or 0:g}-{each.after_s:g} s {each.text}" for each in document.clocks
        ],
        "tables": [f"{each.line} [{each.use}] {' | '.join(each.columns)}" for each in document.tables],
        "inputs": [
            f"{each.name} {'secret ' if each.secret else ''}{each.type} {list(each.lines)}"
            for each in document.inputs
        ],
        "contacts": [f"{each.line} {each.name} {each.reach}" for each in document.contacts],
        "links": [f"{each.line} {each.target}" for each in document.links],
        "findings": [f"{each.line} {each.level} {each.rule}" for each in document.findings],
        "documents": [outline(each) for each in document.documents],
    }
    return {name: value for name, value in told.items() if value}


def said(step: Step) -> str:
    level = "" if step.kind in ("manual", "reference") else f" {step.level}"
    first = next((line.strip() for line in step.text.splitlines() if line.strip()), "")
    return f"{step.line} {step.kind}{level}: {step.title[:60]} | {first[:80]}"


def asked(decision: Decision) -> str:
    return f"{decision.line} {decision.question} → {' / '.join(each.answer for each in decision.branches)}"


def boxes(checklist: Checklist) -> str:
    return f"{checklist.line} {checklist.title}: {len(checklist.items)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_public_runbook_is_read_as_its_outline_says(path: Path) -> None:
    beside = path.with_suffix(".json")
    now = json.dumps(outline(read(path.name, path.read_bytes())), ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("TOCSIN_OUTLINES") == "write":
        beside.write_text(now)

    assert json.loads(now) == json.loads(beside.read_text())


def test_every_outline_has_its_runbook() -> None:
    assert {path.with_suffix("") for path in CORPUS.glob("*/*.json")} == {
        path.with_suffix("") for path in FILES
    }


@pytest.mark.parametrize("folder", ["prometheus-operator", "executable-docs"])
def test_what_was_copied_stands_beside_its_licence(folder: str) -> None:
    assert "permission" in (CORPUS / folder / "LICENSE").read_text().lower()
