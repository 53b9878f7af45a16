"""A runbook as a run sees it: flat, pinned, and with keys that name files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from tocsin.respond.runbooks.document import Document, Option
from tocsin.respond.runbooks.plan import from_json, plan_of, to_json
from tocsin.respond.runbooks.reader import read

Make = Callable[..., Any]

TEXT = """\
# Shop is down

## Diagnosis

```bash
curl -i "$SHOP_URL/health"
```

Expect: `status == 200`

## Resolution

### Attempt 1: Restart

```bash
systemctl restart shop
```

Wait: 30s

### Attempt 2: Restart

```bash
systemctl restart shop
```

## Verification

```http
GET ${SHOP_URL}/health
```

Expect: `status == 200`
"""


def test_a_document_becomes_a_ladder_of_steps():
    plan = plan_of(read("shop-down.md", TEXT.encode()))
    assert [step.expect for step in plan.diagnosis] == ["status == 200"]
    assert [(part.key, len(part.steps), part.waits) for part in plan.parts] == [
        ("rung1", 1, True),
        ("rung2", 1, False),
    ]
    assert [(step.kind, step.measured) for step in plan.verification] == [("http", True)]


def test_a_plan_comes_back_from_its_row_as_it_was():
    plan = plan_of(read("shop-down.md", TEXT.encode()))
    assert from_json(msgspec.json.decode(msgspec.json.encode(to_json(plan)))) == plan


def test_a_plan_of_another_version_is_still_read():
    plan = to_json(plan_of(read("shop-down.md", TEXT.encode())))
    plan["parts"][0]["steps"][0]["colour"] = "blue"
    del plan["parts"][0]["steps"][0]["retries"]
    assert from_json(plan).parts[0].steps[0].retries == 0


def test_keys_are_unique_and_safe_as_file_names(make_step: Make, make_document: Make):
    document = make_document(
        [make_step("Restart ../../etc", "true"), make_step("restart-etc", "true")],
        [make_step("重啟", "true"), make_step("checks", "true")],
    )
    keys = [step.key for step in plan_of(document).steps()]
    assert len(set(keys)) == 4
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)
    assert "checks" not in keys


def test_options_come_after_the_last_rung(make_step: Make, make_document: Make):
    option = Option(
        title="Static page", line=9, steps=(make_step("static", "true", level="change"),), condition="…"
    )
    words = Option(title="Tell the users", line=12, steps=())
    plan = plan_of(make_document([make_step("restart", "true")], degrade=(option, words)))
    assert [(part.key, part.kind, part.title) for part in plan.parts] == [
        ("rung1", "rung", "Attempt 1"),
        ("option1", "option", "Static page"),
    ]
    assert plan.parts[1].steps[0].option


def test_a_resolution_without_a_ladder_is_one_rung(make_step: Make):
    steps = (make_step("one", "true"), make_step("two", "true"), make_step("code", "x = 1", kind="reference"))
    document = Document(path="x.md", hash="", title="X", other_steps=steps)
    plan = plan_of(document)
    assert [[step.key for step in part.steps] for part in plan.parts] == [["one", "two"]]


def test_the_hash_is_of_all_that_will_run(make_step: Make, make_document: Make):
    (step,) = plan_of(make_document([make_step("one", "echo $X", inputs=("X",))])).steps()
    (other,) = plan_of(make_document([make_step("one", "echo  $X", inputs=("X",))])).steps()
    hashes = {
        step.text_hash({"X": "1"}),
        step.text_hash({"X": "2"}),
        step.text_hash({}),
        other.text_hash({"X": "1"}),
    }
    assert len(hashes) == 4
    assert step.text_hash({"X": "1", "Y": "2"}) == step.text_hash({"X": "1"})


def test_a_step_of_a_round_is_found_by_its_key(make_step: Make, make_document: Make):
    plan = plan_of(make_document([make_step("one", "true")], verification=[make_step("health", "true")]))
    found = plan.find("rung1.v2.health")
    assert found is not None
    assert (found.key, found.id) == ("rung1.v2.health", "health")
    assert plan.find("rung1.v2.nothing") is None


def test_what_helps_against_a_cause_comes_before_the_ladder_and_asks():
    text = (
        "# Shop\n\n## Causes\n\n### Cause 1: the provider\n**Symptom**: `RATE_LIMITED`\n\n```bash\n"
        "systemctl stop worker\n```\n\n## Resolution\n\n```bash\nsystemctl restart shop\n```\n"
    )
    plan = plan_of(read("shop.md", text.encode()))

    assert [(part.key, part.condition) for part in plan.parts] == [("cause1", "RATE_LIMITED"), ("rung1", "")]
    assert all(step.option for step in plan.parts[0].steps)


def test_what_cannot_run_is_done_by_hand():
    text = "# Shop\n\n## Resolution\n\n```bash\n# press the red button\n```\n"
    plan = plan_of(read("shop.md", text.encode()))
    assert [step.kind for part in plan.parts for step in part.steps] == ["manual"]


def test_a_page_without_sections_is_done_from_the_first_step_to_the_last():
    group, disk = "```bash\naz group create\n```\n", "```bash\naz disk create\n```\n"
    text = f"# Move the shop\n\n## Make the group\n\n{group}\n## Make the disk\n\n{disk}"
    document = read("move.md", text.encode())
    plan = plan_of(document)

    assert document.kind == "procedure"
    assert [step.text for part in plan.parts for step in part.steps] == ["az group create", "az disk create"]
