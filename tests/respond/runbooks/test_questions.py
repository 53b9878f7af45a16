"""What runbooks bring to a diagnosis: questions that only read, the causes they know, and what is for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.act.actions.action import all_actions
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Outbound
from tocsin.respond.diagnosis.case import Case
from tocsin.respond.diagnosis.collector import Inquiry
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.questions import Questions

RUNBOOK = """# Shop is slow

## Diagnosis

### Who is there

```bash
echo "asked of $REGION as $SHOP_USER"
```

Expect: `stdout.contains("eu")`

### With a value that nobody has

```bash
echo <TICKET>
```

### Restart it

```bash
systemctl restart shop
```

## Causes

### Cause 1: The pool is full

**Symptom**: `too many clients` in the log

```bash
systemctl restart shop
```
"""
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def questions(tmp_path: Path) -> Questions:
    (tmp_path / "runbooks").mkdir()
    for name in ("one.md", "two.md"):
        (tmp_path / "runbooks" / name).write_text(RUNBOOK, encoding="utf-8")
    catalogue = CatalogueSection(services={"shop": SHOP})
    return Questions(Library(lambda: catalogue, tmp_path), all_actions(Outbound()))


SHOP = Service.model_validate(
    {"runbooks": ["*.md"], "environment": {"REGION": "eu", "SHOP_USER": "mei; touch /nothing"}}
)
CASE = Case(service="shop", settings=SHOP, since=NOW, now=NOW)


def test_steps_that_only_read_are_asked_once_and_judged_as_their_author_expects(
    questions: Questions, tmp_path: Path
):
    collectors = list(questions.collectors(CASE))
    assert [(each.title, each.kind) for each in collectors] == [
        ("Who is there", "runbook"),
        ("With a value that nobody has", "runbook"),
        ("Restart it", "by_hand"),
    ]
    first, second, third = collectors
    assert (third.ask, "it would change something" in third.hint) == (None, True)
    assert first.ask is not None
    answer = first.ask(Inquiry(folder=tmp_path / "first", timeout_s=20))
    assert (answer.ok, answer.text) == (True, "asked of eu as mei; touch /nothing")
    assert second.ask is not None
    with pytest.raises(TocsinError, match="TICKET has no value"):
        second.ask(Inquiry(folder=tmp_path / "second", timeout_s=20))


def test_an_expectation_that_does_not_hold_is_a_place_to_look(questions: Questions, tmp_path: Path):
    elsewhere = Case(
        service="shop",
        settings=SHOP.model_copy(update={"environment": {"REGION": "us", "SHOP_USER": "mei"}}),
        since=NOW,
        now=NOW,
    )
    ask = next(iter(questions.collectors(elsewhere))).ask
    assert ask is not None
    answer = ask(Inquiry(folder=tmp_path / "ask", timeout_s=20))
    assert answer.ok is False
    assert answer.said.startswith("expected stdout.contains")


def test_causes_come_with_the_words_of_their_evidence(questions: Questions):
    first, *_ = questions.causes(CASE)
    assert (first.name, first.runbook, first.match) == ("The pool is full", "one.md", ("too many clients",))
