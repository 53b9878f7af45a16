"""A runbook of the shop is read as its author meant it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.reader import read

DATA = Path(__file__).parents[2] / "data" / "runbooks"

SHOP = """---
service: shop
severity: P0
owner: backend
start: automatic
soak: 90s
triggers:
  - m.error_rate > 0.5
inputs:
  REGION: {default: eu, type: text}
---

# Shop is down

## Symptoms

- The start page is empty.

## Diagnosis

### 1. Does it answer?

```http
GET ${SHOP_URL}/health
```

Expect: `status == 200`

### 2. What does the log say?

1. Look at the log:

   ```console
   $ tail -n 2 /var/log/shop.log
   ERROR one
   ERROR two
   ```

2. Ask the person on duty at the data centre.

## Resolution

### Attempt 1: Restart

```bash {name=restart-shop timeout=2m wait=30s idempotent=true}
docker compose restart shop
```

### Attempt 2: Roll back

> [!CAUTION]
> The last hour of orders has to be checked afterwards.

```bash
./roll-back <VERSION>
```

- Wait: 1 minute
- Retry: 2 times

#### Check

```bash
curl -fsS "$SHOP_URL/health"
```

### Attempt 3: Start from nothing

```bash
docker compose down -v
docker compose up -d
```

Needs approval: operator

## Degrade

### Option A: Static page

Condition: the CDN has a copy
Time: 5 minutes
Risk: low
Effect: nobody can buy

```bash
touch /srv/static-mode
```

## Verification

Monitor for 15 minutes.

```http
GET ${SHOP_URL}/orders?limit=10
```

Expect: `status == 200 && json.count > 5`

```sql
SELECT count(*) FROM orders WHERE region = '<REGION>'
```

Expect: more orders than a minute ago

## Prevention

```bash
./never-run-this
```
"""


@pytest.fixture(scope="module")
def shop() -> Document:
    return read("shop-down.md", SHOP.encode())


@pytest.fixture(scope="module")
def basket() -> Document:
    return read("basket.md", (DATA / "basket-outage.md").read_bytes())


def test_the_front_matter_says_what_it_is_for(shop: Document) -> None:
    assert (shop.title, shop.service, shop.severity, shop.owner) == ("Shop is down", "shop", "P0", "backend")
    assert (shop.start, shop.soak_s, shop.language) == ("automatic", 90.0, "en")
    assert shop.triggers == ("m.error_rate > 0.5",)
    assert shop.hash == hashlib.sha256(SHOP.encode()).hexdigest()


def test_sections_have_roles_and_the_lines_of_the_file(shop: Document) -> None:
    lines = SHOP.split("\n")

    assert [section.role for section in shop.sections if section.level == 2] == [
        "symptoms", "diagnosis", "resolution", "degrade", "verification", "prevention",
    ]  # fmt: skip
    for section in shop.sections:
        assert lines[section.line - 1].lstrip("# ") == section.heading
    assert shop.sections[1].text == "- The start page is empty."


def test_the_diagnosis_is_a_list_of_looks_and_of_things_to_do(shop: Document) -> None:
    health, log, ask = shop.diagnosis

    assert (health.kind, health.title, health.expect) == ("http", "Does it answer?", "status == 200")
    assert (log.kind, log.title, log.level) == ("bash", "Look at the log", "read")
    assert (log.text, log.sample_output) == ("tail -n 2 /var/log/shop.log", "ERROR one\nERROR two")
    assert (ask.kind, ask.title) == ("manual", "Ask the person on duty at the data centre.")


def test_each_step_knows_the_line_where_it_begins(shop: Document) -> None:
    lines = SHOP.split("\n")

    for step in shop.steps():
        begins = lines[step.line - 1].strip()
        assert begins.startswith("```") or begins[0].isdigit(), (step.id, begins)


def test_the_attempts_are_one_ladder_in_their_order(shop: Document) -> None:
    [ladder] = shop.ladders

    assert ladder.title == "Resolution"
    assert [rung.title for rung in ladder.rungs] == [
        "Attempt 1: Restart", "Attempt 2: Roll back", "Attempt 3: Start from nothing",
    ]  # fmt: skip


def test_attributes_say_how_a_step_runs(shop: Document) -> None:
    [restart] = shop.ladders[0].rungs[0].steps

    assert restart.id == "restart-shop"
    assert (restart.timeout_s, restart.wait_s, restart.idempotent, restart.level) == (
        120.0,
        30.0,
        True,
        "change",
    )
    assert restart.expect is None


def test_lines_below_a_fence_say_how_a_step_runs(shop: Document) -> None:
    [roll_back] = shop.ladders[0].rungs[1].steps

    assert (roll_back.wait_s, roll_back.retries) == (60.0, 2)
    assert roll_back.text == './roll-back "${VERSION}"'
    assert roll_back.inputs == ("VERSION",)


def test_a_caution_right_before_a_step_asks_for_an_operator(shop: Document) -> None:
    assert shop.ladders[0].rungs[1].steps[0].approve == "operator"


def test_a_check_below_an_attempt_is_that_attempts_own(shop: Document) -> None:
    [check] = shop.ladders[0].rungs[1].checks

    assert check.inputs == ("SHOP_URL",)
    assert not shop.ladders[0].rungs[0].checks


def test_what_destroys_needs_an_approver_whatever_its_author_says(shop: Document) -> None:
    [rebuild] = shop.ladders[0].rungs[2].steps

    assert (rebuild.level, rebuild.approve) == ("destroy", "approver")
    assert any("removes the volumes" in why for why in rebuild.why_level)


def test_an_option_says_when_it_may_be_taken(shop: Document) -> None:
    [option] = shop.degrade

    assert (option.condition, option.time, option.risk) == ("the CDN has a copy", "5 minutes", "low")
    assert option.effect == "nobody can buy"
    assert [step.text for step in option.steps] == ["touch /srv/static-mode"]


def test_the_verification_is_one_round(shop: Document) -> None:
    orders, rows = shop.verification

    assert orders.expect == "status == 200 && json.count > 5"
    assert (rows.kind, rows.expect, rows.expect_text) == ("sql", None, "more orders than a minute ago")
    assert rows.text == "SELECT count(*) FROM orders WHERE region = :REGION"


def test_inputs_name_their_steps_and_defaults(shop: Document) -> None:
    inputs = {each.name: each for each in shop.inputs}

    assert set(inputs) == {"SHOP_URL", "VERSION", "REGION"}
    assert inputs["SHOP_URL"].type == "url"
    assert inputs["REGION"].default == "eu"
    assert len(inputs["SHOP_URL"].lines) == 3


def test_a_command_below_prevention_is_no_step_of_the_run(shop: Document) -> None:
    assert [step.text for step in shop.other_steps] == ["./never-run-this"]


def test_ids_are_unique(shop: Document, basket: Document) -> None:
    for document in (shop, basket):
        ids = [step.id for step in document.steps()]
        assert len(ids) == len(set(ids))
        assert all(document.step(each) is not None for each in ids)


def test_a_chinese_runbook_has_the_same_parts(basket: Document) -> None:
    assert (basket.language, basket.title, basket.owner) == ("zh-Hant", "購物籃服務中斷手冊", "結帳小組")
    assert [step.title for step in basket.diagnosis] == ["服務是否回應", "容器狀態"]
    assert basket.diagnosis[0].expect_text == "200 OK"
    assert basket.soak_s == 900.0


def test_a_chinese_ladder_has_its_waits_and_its_check(basket: Document) -> None:
    [ladder] = basket.ladders

    assert [rung.title for rung in ladder.rungs] == [
        "嘗試方案 1：重新啟動購物籃", "嘗試方案 2：重新啟動相依服務", "嘗試方案 3：完整重建",
    ]  # fmt: skip
    assert [[step.wait_s for step in rung.steps] for rung in ladder.rungs] == [[30.0], [60.0, 30.0], [90.0]]
    assert [len(rung.checks) for rung in ladder.rungs] == [0, 1, 0]
    assert ladder.rungs[0].steps[0].idempotent
    assert [step.level for rung in ladder.rungs for step in rung.steps] == [
        "change",
        "change",
        "change",
        "destroy",
    ]


def test_chinese_options_say_when_they_may_be_taken(basket: Document) -> None:
    first, second = basket.degrade

    assert (first.condition, first.time, first.risk) == ("備用環境可用", "5-10 分鐘", "資料同步延遲")
    assert [step.kind for step in first.steps] == ["bash"]
    assert second.effect == "顧客看不到最新數量"
    assert [(step.kind, step.text) for step in second.steps] == [("manual", "把首頁切換到靜態版本。")]


def test_a_chinese_verification_has_its_expectation(basket: Document) -> None:
    [check] = basket.verification

    assert (check.expect, check.timeout_s, check.level) == ('stdout.contains("10")', 20.0, "read")
    assert check.inputs == ()


def test_a_drawn_tree_is_a_decision(basket: Document) -> None:
    [decision] = basket.decisions
    yes, no = decision.branches

    assert (decision.question, yes.answer, yes.outcome) == ("所有店家都受影響？", "是", "P0")
    assert no.decision is not None
    assert [branch.outcome for branch in no.decision.branches] == ["P1", "P2"]
    assert basket.other_steps == ()


def _of(body: str) -> Document:
    return read("page.md", body.encode())


def test_a_list_of_bold_titles_is_a_ladder() -> None:
    document = _of(
        "## Mitigation\n\n1. **Restart it**\n   - Where: the dashboard\n"
        "2. **Roll back**\n\n   ```sh\n   ./back\n   ```\n"
    )

    [ladder] = document.ladders
    assert [rung.title for rung in ladder.rungs] == ["Restart it", "Roll back"]
    assert [rung.steps[0].kind for rung in ladder.rungs] == ["manual", "bash"]
    assert "Where: the dashboard" in ladder.rungs[0].steps[0].text


def test_numbered_headings_are_attempts() -> None:
    document = _of("## Fix\n### 1. Restart\n```sh\n./a\n```\n### 2. Rebuild\n```sh\n./b\n```\n")

    assert [len(ladder.rungs) for ladder in document.ladders] == [2]


def test_numbered_steps_are_one_attempt() -> None:
    document = _of("## Fix\n### Step 1: Stop\n```sh\n./a\n```\n### Step 2: Start\n```sh\n./b\n```\n")

    [ladder] = document.ladders
    assert [[step.text for step in rung.steps] for rung in ladder.rungs] == [["./a", "./b"]]


def test_other_headings_are_ladders_of_one_rung() -> None:
    document = _of("## Solution\n### Disk full\n```sh\n./a\n```\n### Memory full\n```sh\n./b\n```\n")

    assert [(ladder.title, len(ladder.rungs)) for ladder in document.ladders] == [
        ("Disk full", 1),
        ("Memory full", 1),
    ]


def test_commands_right_below_the_heading_are_one_attempt() -> None:
    document = _of("## Quick fix\n```sh\n./a\n```\n```sh\n./b\n```\n")

    [ladder] = document.ladders
    assert [len(rung.steps) for rung in ladder.rungs] == [2]


def test_ticked_items_of_a_resolution_are_done_by_a_person() -> None:
    document = _of("## Resolution\n- [ ] Call the bank\n- [x] Tell support\n- only a remark\n")

    assert [step.title for step in document.ladders[0].rungs[0].steps] == ["Call the bank", "Tell support"]


def test_an_item_right_above_a_fence_names_it() -> None:
    document = _of(
        "## Diagnosis\n1. Look at the disk\n```sh\ndf -h\n```\n2. Look at the load\n```sh\nuptime\n```\n"
    )

    assert [(step.kind, step.title) for step in document.diagnosis] == [
        ("bash", "Look at the disk"), ("bash", "Look at the load"),
    ]  # fmt: skip


def test_a_block_without_a_language_is_a_step_only_if_it_reads_as_shell() -> None:
    document = _of("## Diagnosis\n```\ndocker ps\n```\n\nText\n\n```\nservice: ok\ncode: 3\n```\n")

    assert [step.text for step in document.diagnosis] == ["docker ps"]
    assert [step.kind for step in document.other_steps] == ["reference"]
    assert [finding.rule for finding in document.findings] == ["no-language"]


def test_the_output_below_a_command_is_kept_with_it() -> None:
    document = _of("## Diagnosis\n```sh\nuptime\n```\n\n```\nup 3 days\n```\n\nExpect: `exit == 0`\n")

    [step] = document.diagnosis
    assert (step.sample_output, step.expect) == ("up 3 days", "exit == 0")
    assert not document.other_steps


def test_code_of_other_languages_is_kept_to_read() -> None:
    document = _of("## Resolution\n```js\nrestart()\n```\n")

    assert not document.ladders
    assert [(step.kind, step.level) for step in document.other_steps] == [("reference", "read")]


def test_an_action_is_one_map() -> None:
    document = _of("## Fix\n```action\ndocker.restart: {service: <SERVICE>}\n```\n")

    [step] = document.ladders[0].rungs[0].steps
    assert (step.kind, step.action, step.arguments) == ("action", "docker.restart", {"service": "${SERVICE}"})
    assert (step.level, step.inputs) == ("change", ("SERVICE",))


def test_an_action_that_cannot_be_read_is_left_to_a_person() -> None:
    document = _of("## Fix\n```action\n- a\n- b\n```\n")

    assert document.ladders[0].rungs[0].steps[0].kind == "manual"
    assert [finding.rule for finding in document.findings if finding.level == "error"] == ["action"]


def test_a_placeholder_in_single_quotes_leaves_the_step_to_a_person() -> None:
    document = _of("## Diagnosis\n```sh\ngrep '<ORDER_ID>' /var/log/shop.log\n```\n")

    assert [step.by_hand for step in document.diagnosis] == [True]
    assert "ORDER_ID" in document.diagnosis[0].blocked
    assert [finding.rule for finding in document.findings] == ["placeholder-in-quotes"]


def test_an_expectation_that_is_no_condition_is_told_and_left_to_a_person() -> None:
    document = _of("## Verification\n```sh\nuptime\n```\nExpect: `load < 5`\n")

    [step] = document.verification
    assert (step.expect, step.expect_text) == (None, "load < 5")
    assert [(finding.rule, finding.line) for finding in document.findings] == [("expectation", 5)]


def test_a_curl_that_cannot_fail_is_told() -> None:
    assert [each.rule for each in _of("## Verification\n```sh\ncurl http://x\n```\n").findings] == [
        "curl-status"
    ]
    assert not _of("## Verification\n```sh\ncurl -fsS http://x\n```\n").findings


def test_a_step_is_repeated_until_it_holds() -> None:
    document = _of('## Verification\n```sh {poll=5s for=90s expect="exit == 0"}\npg_isready\n```\n')

    [step] = document.verification
    assert (step.poll_s, step.poll_for_s, step.expect) == (5.0, 90.0, "exit == 0")


def test_degrading_inside_a_resolution_is_no_attempt() -> None:
    document = _of("## Resolution\n### Option 1\n```sh\n./a\n```\n### Fallback\n```sh\n./b\n```\n")

    assert [[rung.title for rung in ladder.rungs] for ladder in document.ladders] == [["Option 1"]]
    assert [option.steps[0].text for option in document.degrade] == ["./b"]


def test_a_front_matter_that_cannot_be_read_is_told_by_line() -> None:
    document = _of("---\nservice: shop\nowner: [\n---\n# Title\n## Fix\n```sh\n./a\n```\n")

    finding = next(each for each in document.findings if each.rule == "front-matter")
    assert finding.level == "error"
    assert document.title == "Title"
    assert document.ladders[0].rungs[0].steps[0].line == 7


def test_a_trigger_that_is_no_condition_is_told_and_left_out() -> None:
    document = _of("---\ntriggers: [nonsense >]\n---\n# Title\n")

    assert document.triggers == ()
    assert [finding.rule for finding in document.findings] == ["trigger"]


def test_without_a_verification_the_author_is_told() -> None:
    assert "no-verification" in [each.rule for each in _of("## Fix\n```sh\n./a\n```\n").findings]


def test_a_block_that_is_never_closed_is_told() -> None:
    assert "open-fence" in [each.rule for each in _of("## Diagnosis\n```sh\nuptime\n").findings]


def test_lines_of_windows_and_marks_of_order_change_nothing() -> None:
    plain = read("x.md", SHOP.encode())
    other = read("x.md", b"\xef\xbb\xbf" + SHOP.replace("\n", "\r\n").encode())

    assert [step.text for step in other.steps()] == [step.text for step in plain.steps()]
    assert other.service == "shop"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_are_a_document(data: bytes) -> None:
    assert read("x.md", data).hash == hashlib.sha256(data).hexdigest()


_MARKS = """\
# |## Resolution|## Diagnosis|### Attempt 1|## Degrade|## Verification|
|```bash|```|```sql|```action|$ ls|<NAME>|${X}|
Expect: `|Wait: 30s|- [ ] |1. **|**|> [!CAUTION]|---|{a="|    |\t|\\|'|"|«|條件：|觀察 15 分鐘|
\x00|\u2028|rm -rf|<<'EOF'|((|DELETE FROM x| """
_PIECES = st.sampled_from(_MARKS.split("|"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PIECES, max_size=40))
def test_any_mixture_of_marks_is_a_document(pieces: list[str]) -> None:
    text = "".join(pieces)
    document = read("x.md", text.encode())

    last = text.count("\n") + 1
    assert all(1 <= step.line <= last for step in document.steps())
    ids = [step.id for step in document.steps()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 1_000_000,
        b"\xff\xfe" + "## Fix\n```sh\n./a\n```\n".encode("utf-16-le"),
        bytes(range(256)) * 2_000,
        b">" * 100_000,
        b"- " * 50_000,
        b"```bash\n" + b"(" * 200_000,
        b"```sql\nSELECT " + b"(" * 50_000,
        b"---\n" + b"a: [" * 20_000 + b"\n---\n",
        b"**" * 100_000,
        b"Expect: " * 50_000,
    ],
    ids=[
        "nothing",
        "zeros",
        "utf-16",
        "binary",
        "quotes",
        "lists",
        "brackets",
        "sql",
        "yaml",
        "stars",
        "labels",
    ],
)
def test_hostile_bytes_are_a_document(data: bytes) -> None:
    assert read("x.md", data).path == "x.md"


def test_five_megabytes_are_read() -> None:
    page = b"## Diagnosis\n\nSome words about what to see.\n\n```bash\nuptime\n```\n\n"

    document = read("x.md", page * (5_000_000 // len(page) // 8) + b"plain words in a line\n" * 200_000)

    assert len(document.diagnosis) > 1_000
