"""What does a drawing in a fence say? Trees, arrows and boxes as people draw them, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.document import Branch, CheckItem, Decision, Step
from tocsin.respond.runbooks.reading.blocks import Fence
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.drawn.drawing import Drawing, Node, outline_of, read_drawing

FIRST = 41  # line of the file in which each drawing begins


def fence(text: str, info: str = "") -> Fence:
    text = text.strip("\n") + "\n"
    return Fence(line=FIRST - 1, end=FIRST + text.count("\n"), info=info, text=text, text_line=FIRST)


def drawing(text: str, role: str = "", heading: str = "") -> Drawing:
    found = read_drawing(Reader(), fence(text), role, heading)
    assert found is not None
    return found


def nothing(text: str, role: str = "", heading: str = "") -> bool:
    return read_drawing(Reader(), fence(text), role, heading) is None


def shape(nodes: Sequence[Node]) -> list[object]:
    """The texts of an outline, each followed by those below it where there are any."""
    found: list[object] = []
    for node in nodes:
        found.append(node.text)
        if node.children:
            found.append(shape(node.children))
    return found


def answers(decision: Decision | None) -> dict[str, object]:
    """Answers with their outcomes; a further question as a pair of itself and its answers."""
    assert decision is not None
    return {branch.answer: _leads_to(branch) for branch in decision.branches}


def _leads_to(branch: Branch) -> object:
    if branch.decision is None:
        return branch.outcome
    return (branch.decision.question, answers(branch.decision))


def told(steps: Sequence[Step]) -> list[tuple[str, str, float]]:
    return [(step.kind, step.text, step.wait_s) for step in steps]


def ticks(items: Sequence[CheckItem]) -> list[tuple[str, bool]]:
    return [(item.text, item.done) for item in items]


# Outlines


def test_branches_of_a_tree_stand_below_what_they_branch_from() -> None:
    nodes = outline_of(
        fence(
            """
Call someone
├─ daytime
│  ├─ the team
│  └─ its lead
└─ at night
   └─ whoever is on call
"""
        )
    )

    assert nodes is not None
    assert shape(nodes) == [
        "Call someone",
        ["daytime", ["the team", "its lead"], "at night", ["whoever is on call"]],
    ]
    assert [node.line for node in nodes[0].walk()] == [41, 42, 43, 44, 45, 46]


@pytest.mark.parametrize(
    "text",
    [
        "Mail stuck?\n├── yes → flush\n│   └── then tell\n└── no → wait",
        "Mail stuck?\n  ├─ yes → flush\n  │    └─ then tell\n  └─ no → wait",
        "Mail stuck?\n|-- yes → flush\n|   `-- then tell\n`-- no → wait",
        "Mail stuck?\n+-- yes → flush\n|   +-- then tell\n+-- no → wait",
        "Mail stuck?\n|\n+- yes → flush\n|   |\n|   \\-- then tell\n|\n\\-- no → wait",
        "Mail stuck?\n- yes → flush\n  - then tell\n- no → wait",
        "Mail stuck?\n  • yes → flush\n    • then tell\n  • no → wait",
        "Mail stuck?\n\tyes → flush\n\t\tthen tell\n\tno → wait",
        "Mail stuck?\n  yes → flush\n    then tell\n  no → wait",
        "Mail stuck?\n\u3000├─ yes → flush\n\u3000│\u3000└─ then tell\n\u3000└─ no → wait",
        "Mail stuck? ─┬─ yes → flush\n             │     └─ then tell\n             └─ no → wait",
        "┌────────────────────┐\n│ Mail stuck?        │\n│  ├─ yes → flush    │\n│  │  └─ then tell   │\n"
        "│  └─ no → wait      │\n└────────────────────┘",
    ],
)
def test_a_tree_may_be_drawn_in_many_ways(text: str) -> None:
    nodes = outline_of(fence(text))

    assert nodes is not None
    assert shape(nodes) == ["Mail stuck?", ["yes → flush", ["then tell"], "no → wait"]]


def test_a_column_that_is_off_by_one_is_forgiven() -> None:
    nodes = outline_of(fence("Queue grows?\n├─ yes → scale\n ├─ a little → wait\n├─ no → close"))

    assert nodes is not None
    assert shape(nodes) == ["Queue grows?", ["yes → scale", "a little → wait", "no → close"]]


def test_boxes_to_tick_are_seen_in_all_their_forms() -> None:
    nodes = outline_of(fence("To do\n├─ [ ] one\n├─ [x] two\n├─ ☐ three\n├─ ☑ four\n├─ □ five\n└─ six"))

    assert nodes is not None
    assert [(node.text, node.task) for node in nodes[0].children] == [
        ("one", False),
        ("two", True),
        ("three", False),
        ("four", True),
        ("five", False),
        ("six", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "shop/\n├── src/\n│   └── main.py\n└── README.md",
        ".\n├── docs\n└── Makefile\n\n1 directory, 1 file",
        "app@1.0.0\n├── express@4.17.1\n└─┬ webpack@5.0.0\n  └── acorn@8.1.0",
        "nginx.service\n   ├─1234 nginx: master process\n   └─1235 nginx: worker process",
        "+----+-------+\n| id | state |\n+----+-------+\n| 1  | dead  |\n+----+-------+",
        "┌────┬───────┐\n│ id │ state │\n├────┼───────┤\n│ 1  │ dead  │\n└────┴───────┘",
        "docker compose up -d\ndocker compose ps",
        "2026-01-02 03:04:05 INFO retry -> give up\n2026-01-02 03:04:06 ERROR giving up -> exit",
        " Limit  (cost=0.4..1.0 rows=1)\n   ->  Index Scan using pk on orders\n         Index Cond: (id = 1)",
        "* 3a4f merge\n|\\\n| * 77aa fix\n|/\n* 99bb first",
        "      Is it up?\n     /         \\\n   yes          no\n    |            |\n  close       restart",
        "┌──────┐     ┌──────┐\n│ web  │ ──→ │ api  │\n└──────┘     └──────┘",
        "# restart\n[ ] later",
        "plain words\nin two lines",
        "",
    ],
)
def test_listings_tables_logs_and_charts_are_no_drawings(text: str) -> None:
    assert outline_of(fence(text)) is None


def test_a_fence_in_a_language_is_no_drawing() -> None:
    assert outline_of(fence("Up?\n├─ yes → a\n└─ no → b", info="bash")) is None
    assert outline_of(fence("Up?\n├─ yes → a\n└─ no → b", info="text")) is not None


def test_how_a_system_is_built_says_nothing_to_do() -> None:
    assert nothing("Browser\n   ↓\nLoad balancer\n   ↓\nShop")
    assert nothing("Gateway\n├── Login service\n│   └── Session store\n└── Order service", heading="Overview")
    assert nothing("Client → Proxy → Shop → Database", heading="Architecture")


# Decisions


def test_a_question_leads_to_outcomes_and_to_further_questions() -> None:
    found = drawing(
        """
┌─ Can nobody log in?
│  ├─ YES → SEV1
│  └─ NO ─┬─ Is checkout broken?
│         ├─ YES → SEV2
│         └─ NO ──┬─ More than 1 in 100 requests fails?
│                 ├─ YES → SEV2
│                 └─ NO ─→ SEV3
└─ How slow is it?
   ├─ > 8x (40ms → 320ms) → SEV1
   ├─ 3-8x (40ms → 120ms) → SEV2
   └─ < 3x → SEV3
"""
    )

    first, second = found.decisions
    assert first.question == "Can nobody log in?"
    assert answers(first) == {
        "YES": "SEV1",
        "NO": (
            "Is checkout broken?",
            {"YES": "SEV2", "NO": ("More than 1 in 100 requests fails?", {"YES": "SEV2", "NO": "SEV3"})},
        ),
    }
    assert answers(second) == {
        "> 8x (40ms → 320ms)": "SEV1",
        "3-8x (40ms → 120ms)": "SEV2",
        "< 3x": "SEV3",
    }
    assert (second.branches[0].line, second.branches[0].answer) == (49, "> 8x (40ms → 320ms)")


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("YES", "NO"),
        ("Yes", "No"),
        ("Y", "N"),
        ("是", "否"),
        ("有", "沒有"),
        ("有", "没有"),
        ("會", "不會"),
        ("能", "不能"),
        ("成功", "失敗"),
        ("正常", "異常"),
        ("True", "False"),
        ("OK", "NG"),
        ("up", "down"),
    ],
)
@pytest.mark.parametrize("arrow", ["→", "->", "-->", "⇒", "=>", "──→", "──>", "─→", "：", ": ", ","])
def test_answers_are_known_in_many_words(yes: str, no: str, arrow: str) -> None:
    found = drawing(f"Sign-in works?\n├─ {yes} {arrow} close it\n└─ {no} {arrow} call the lead")

    assert answers(found.decisions[0]) == {yes: "close it", no: "call the lead"}


def test_signs_are_answers_as_well() -> None:
    found = drawing("Sign-in works?\n├─ ✅ → close it\n├─ ⚠️ slow → wait\n└─ ❌ no → call the lead")

    assert answers(found.decisions[0]) == {"✅": "close it", "slow": "wait", "no": "call the lead"}


def test_words_that_only_begin_like_an_answer_are_none() -> None:
    found = drawing(
        "What does it say?\n├─ No response from the store → restart it\n└─ 有錯誤的回應 → 看日誌", "diagnosis"
    )

    assert answers(found.decisions[0]) == {
        "No response from the store": "restart it",
        "有錯誤的回應": "看日誌",
    }


def test_a_question_may_stand_below_its_answer() -> None:
    found = drawing(
        """
Old messages needed?
├── YES → the log
└── NO
    │
    Many readers?
    ├── YES → the bus
    └── NO → the queue
"""
    )

    [decision] = found.decisions
    assert answers(decision) == {
        "YES": "the log",
        "NO": ("Many readers?", {"YES": "the bus", "NO": "the queue"}),
    }


def test_an_answer_that_says_nothing_leads_to_what_the_arrow_points_at() -> None:
    found = drawing(
        """
畫面卡頓
  ↓
主程序是否忙碌？
  ├─ 是 → 看呼叫堆疊
  └─ 否
      ↓
磁碟是否已滿？
  ├─ 是 → 清理舊檔
  └─ 否
      ↓
通知平台組
"""
    )

    [decision] = found.decisions
    assert answers(decision) == {
        "是": "看呼叫堆疊",
        "否": ("磁碟是否已滿？", {"是": "清理舊檔", "否": "通知平台組"}),
    }


def test_the_answer_may_stand_at_the_arrow() -> None:
    found = drawing(
        "Is the node up?\n   │\n   ↓ NO\nIs the rack up?\n   ├─ yes → start the node\n   └─ no → call the site"
    )

    [decision] = found.decisions
    assert answers(decision) == {
        "NO": ("Is the rack up?", {"yes": "start the node", "no": "call the site"}),
    }


def test_lines_that_go_on_belong_to_the_outcome() -> None:
    found = drawing(
        """
Key leaked?
├─ YES → revoke it
│        Write down who had it
│
└─ NO → is it still valid?
        ├─ YES → keep it
        │        Look again tomorrow
        └─ NO
            ├─ make a new one
            └─ hand it out
"""
    )

    [decision] = found.decisions
    assert answers(decision) == {
        "YES": "revoke it; Write down who had it",
        "NO": (
            "is it still valid?",
            {"YES": "keep it; Look again tomorrow", "NO": "make a new one; hand it out"},
        ),
    }


def test_answers_without_a_question_answer_the_heading() -> None:
    found = drawing("├─ YES → roll back\n└─ NO → wait", heading="Did a deploy go out?")

    assert found.decisions[0].question == "Did a deploy go out?"
    assert answers(found.decisions[0]) == {"YES": "roll back", "NO": "wait"}


def test_cases_with_arrows_are_a_decision_without_a_question_mark() -> None:
    found = drawing("判斷錯誤類型\n├─ 憑證過期 → 更新憑證\n├─ 權限不足 → 找管理員\n└─ 逾時 → 重試")

    assert answers(found.decisions[0]) == {"憑證過期": "更新憑證", "權限不足": "找管理員", "逾時": "重試"}


def test_things_to_look_at_below_a_question_are_a_list() -> None:
    found = drawing(
        "Deploy fails?\n├─ kubectl get pods → all of them up\n├─ look at the quota\n└─ look at the token",
        "diagnosis",
    )

    assert found.decisions == ()
    assert [item.text for item in found.checklists[0].items][1:] == ["look at the quota", "look at the token"]
    assert told(found.steps) == [("bash", "kubectl get pods", 0.0)]


def test_an_endless_chain_of_questions_has_an_end() -> None:
    text = "\n".join(f"Is it part {n}?\n├─ yes → fix part {n}\n└─ no\n   ↓" for n in range(1_000))
    found = drawing(text)

    deepest = 0
    for decision in found.decisions:
        depth, each = 1, decision
        while (inner := each.branches[-1].decision) is not None:
            depth, each = depth + 1, inner
        deepest = max(deepest, depth)
    assert 2 < deepest < 60
    assert sum(len(answers(each)) for each in found.decisions) < 2_100


# Ladders

LADDER = """
嘗試 1：重啟快取
   ├─ docker restart cache
   ├─ 等待 20 秒
   └─ 測試：curl -f http://127.0.0.1:8080/ready
        ├─ 正常 ✅ → 結束
        └─ 異常 ❌ → 嘗試 2

嘗試 2：重啟快取與佇列
   ├─ docker restart cache queue
   ├─ 等待 1 分鐘
   ├─ docker restart shop
   └─ 等待 15 秒，測試
        ├─ 正常 ✅ → 結束
        └─ 異常 ❌ → 嘗試 3

嘗試 3：請值班主管決定
   ├─ 打電話給主管
   ├─ docker compose up -d
   ├─ 等待 90 秒
   └─ 測試
        ├─ 正常 ✅ → 結束
        └─ 異常 ❌ → 降級
"""


def test_attempts_are_rungs_with_their_waits_and_checks() -> None:
    [ladder] = drawing(LADDER, "resolution", "快速修復").ladders

    assert ladder.title == "快速修復"
    assert [rung.title for rung in ladder.rungs] == [
        "嘗試 1：重啟快取",
        "嘗試 2：重啟快取與佇列",
        "嘗試 3：請值班主管決定",
    ]
    assert [told(rung.steps) for rung in ladder.rungs] == [
        [("bash", "docker restart cache", 20.0)],
        [("bash", "docker restart cache queue", 60.0), ("bash", "docker restart shop", 15.0)],
        [("manual", "打電話給主管", 0.0), ("bash", "docker compose up -d", 90.0)],
    ]
    assert [[step.line for step in rung.steps] for rung in ladder.rungs] == [[42], [49, 51], [57, 58]]


def test_a_test_without_a_command_repeats_the_one_that_the_drawing_names() -> None:
    [ladder] = drawing(LADDER, "resolution").ladders

    checks = [rung.checks for rung in ladder.rungs]
    assert [told(each) for each in checks] == [[("bash", "curl -f http://127.0.0.1:8080/ready", 0.0)]] * 3
    assert [each[0].title for each in checks] == [
        "測試：curl -f http://127.0.0.1:8080/ready",
        "測試 (as in line 44)",
        "測試 (as in line 44)",
    ]
    assert checks[2][0].verdict_text == "正常 ✅ → 結束; 異常 ❌ → 降級"
    assert len({each[0].id for each in checks}) == 3


def test_a_ladder_is_known_below_any_heading_by_what_it_does() -> None:
    [ladder] = drawing(LADDER, "", "第二階段").ladders

    assert (ladder.title, ladder.line, len(ladder.rungs)) == ("第二階段", 41, 3)
    assert nothing(
        "Option A: buy a queue\n├─ cheap\n└─ slow\nOption B: build one\n├─ dear\n└─ fast", "", "Design"
    )


def test_what_the_test_leads_to_is_no_decision_and_no_step() -> None:
    found = drawing(LADDER, "resolution")

    assert (found.decisions, found.checklists, found.options, found.steps) == ((), (), (), ())


def test_a_wait_before_anything_else_is_something_to_do() -> None:
    [ladder] = drawing(
        "Way 1\n├─ wait 5 min for the queue\n└─ docker restart shop (wait 20s)", "resolution"
    ).ladders

    assert told(ladder.rungs[0].steps) == [
        ("manual", "wait 5 min for the queue", 300.0),
        ("bash", "docker restart shop", 20.0),
    ]


def test_what_comes_out_may_be_said_below_a_command() -> None:
    [ladder] = drawing(
        "Plan 1\n├─ docker restart shop\n│  └─ Timeout: 2m\n└─ verify: docker ps\n   └─ Expect: three lines",
        "resolution",
    ).ladders

    [rung] = ladder.rungs
    assert [(step.text, step.timeout_s) for step in rung.steps] == [("docker restart shop", 120.0)]
    assert [(step.text, step.expect_text) for step in rung.checks] == [("docker ps", "three lines")]


def test_a_ladder_in_ascii_and_english() -> None:
    [ladder] = drawing(
        """
How to get it back
|-- Plan A: bounce the worker
|   |-- $ systemctl restart worker
|   |-- wait 20s
|   `-- check: curl -fs http://127.0.0.1:9000/ready → 204
|       |-- OK -> finished
|       `-- FAIL -> Plan B
`-- Plan B: fail over
    |-- Risk: the last writes are lost
    |-- Tell the owner of the data
    |-- `pg_ctl promote -D /srv/pg`
    |-- Wait 2 minutes, then test again
    `-- still failing -> degrade
""",
        "resolution",
        "Mitigation",
    ).ladders

    first, second = ladder.rungs
    assert ladder.title == "How to get it back"
    assert told(first.steps) == [("bash", "systemctl restart worker", 20.0)]
    assert first.checks[0].expect_text == "204"
    assert second.risk == "the last writes are lost"
    assert [(step.kind, step.level) for step in second.steps] == [("manual", "change"), ("bash", "destroy")]
    assert second.steps[1].wait_s == 120.0
    assert told(second.checks) == [("bash", "curl -fs http://127.0.0.1:9000/ready", 0.0)]
    assert second.checks[0].verdict_text == "still failing -> degrade"


def test_a_ladder_of_phases_with_failing_arrows() -> None:
    [ladder] = drawing(
        """
[Attempt 1] Restart
   - kubectl rollout restart deploy/shop
   - wait 45 seconds
   - verify: kubectl get pods -l app=shop → all Running
        ↓ fails
[Attempt 2] Roll back
   - kubectl rollout undo deploy/shop
   - verify
        ↓ fails
   call the lead
""",
        "resolution",
    ).ladders

    assert [rung.title for rung in ladder.rungs] == ["Attempt 1 Restart", "Attempt 2 Roll back"]
    assert [told(rung.steps) for rung in ladder.rungs] == [
        [("bash", "kubectl rollout restart deploy/shop", 45.0)],
        [("bash", "kubectl rollout undo deploy/shop", 0.0)],
    ]
    assert ladder.rungs[1].checks[0].verdict_text == "fails → call the lead"


def test_what_has_outcomes_is_tried_one_after_the_other_without_any_number() -> None:
    [ladder] = drawing(
        """
Restart it
├── docker restart shop
├── sleep 15
└── curl -s http://127.0.0.1/health | grep ok
    ├── ✅ → done
    └── ❌ → build it anew
Build it anew
├── docker compose build shop && docker compose up -d shop
└── test again
    ├── ✅ → done
    └── ❌ → degrade
""",
        "resolution",
        "Fix",
    ).ladders

    assert [rung.title for rung in ladder.rungs] == ["Restart it", "Build it anew"]
    assert told(ladder.rungs[0].steps) == [("bash", "docker restart shop", 15.0)]
    assert ladder.rungs[1].checks[0].text == "curl -s http://127.0.0.1/health | grep ok"


def test_numbered_steps_with_arrows_between_them_are_one_way() -> None:
    [ladder] = drawing(
        """
1. Stop the traffic
   └─ kubectl scale deploy/gate --replicas=0
        ↓
2. Restart
   └─ kubectl rollout restart deploy/shop  (takes 2 min)
        ↓
3. Open it again
   └─ kubectl scale deploy/gate --replicas=3
""",
        "resolution",
        "Recovery",
    ).ladders

    [rung] = ladder.rungs
    assert [step.text for step in rung.steps] == [
        "kubectl scale deploy/gate --replicas=0",
        "kubectl rollout restart deploy/shop",
        "kubectl scale deploy/gate --replicas=3",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "make sure the shop answers",
        "kill long queries",
        "find the leader",
        "docker is down",
        "docker 重啟",
        "nginx",
        "ping the owner",
        "watch the dashboard for errors",
        "test",
        "If it still hangs: docker restart shop",
        "Restart the shop? → docker restart shop",
        "service owner decides",
        "host a call",
    ],
)
def test_a_sentence_is_never_taken_for_a_command(line: str) -> None:
    found = drawing(f"Way 1\n├─ docker ps\n└─ {line}", "resolution")
    [ladder] = found.ladders

    kinds = {step.text: step.kind for rung in ladder.rungs for step in (*rung.steps, *rung.checks)}
    assert kinds["docker ps"] == "bash"
    assert [kind for text, kind in kinds.items() if text != "docker ps"] in ([], ["manual"])


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("docker restart shop", "docker restart shop"),
        ("$ docker restart shop", "docker restart shop"),
        ("`docker restart shop`", "docker restart shop"),
        ("Run `docker restart shop` on the host", "docker restart shop"),
        ("Restart it: docker restart shop", "docker restart shop"),
        ("重啟：docker restart shop", "docker restart shop"),
        ("1. docker restart shop", "docker restart shop"),
        ("docker restart shop  # the front", "docker restart shop  # the front"),
        ("docker restart shop（約一分鐘）", "docker restart shop"),
        ("docker restart shop (mind the queue)", "docker restart shop"),
        ("docker restart shop ← mind the queue", "docker restart shop"),
        ("sudo systemctl restart shop", "sudo systemctl restart shop"),
        ("service shop restart", "service shop restart"),
        ("kill -9 4711", "kill -9 4711"),
        ("ping shop.lan", "ping shop.lan"),
        ("kubectl delete pod <POD>", 'kubectl delete pod "${POD}"'),
        ("./bin/restart.sh shop", "./bin/restart.sh shop"),
        ("清除快取 → redis-cli -n 0 FLUSHDB", "redis-cli -n 0 FLUSHDB"),
    ],
)
def test_a_command_is_known_among_sentences(line: str, command: str) -> None:
    found = drawing(f"Way 1\n├─ tell the team\n└─ {line}", "resolution")

    steps = [step for ladder in found.ladders for rung in ladder.rungs for step in rung.steps]
    assert [(step.kind, step.text) for step in steps] == [("manual", "tell the team"), ("bash", command)]


def test_statements_are_steps_too() -> None:
    found = drawing("Way 1\n├─ docker ps\n└─ SELECT pg_terminate_backend(42);", "resolution")

    steps = [step for ladder in found.ladders for rung in ladder.rungs for step in rung.steps]
    assert [(step.kind, step.level) for step in steps][1] == ("sql", "destroy")


# Options


def test_options_say_condition_time_operations_risk_and_effect() -> None:
    found = drawing(
        """
可以這樣撐過去：

選項 A：切到備援機房（若可用）
  ├─ 條件：備援機房正常
  ├─ 時間：5-10 分鐘
  ├─ 操作：
  │  ├─ 啟動備援服務
  │  └─ 改 DNS
  └─ 風險：資料慢幾秒

選項 B：只能看不能買
  ├─ 前提: 唯讀副本可用
  ├─ 耗時: 2 分鐘
  ├─ 操作: kubectl set env deploy/shop READ_ONLY=true
  └─ 影響: 無法下單
""",
        "degrade",
    )

    first, second = found.options
    assert (first.title, first.condition, first.time, first.risk, first.effect) == (
        "選項 A：切到備援機房（若可用）",
        "備援機房正常",
        "5-10 分鐘",
        "資料慢幾秒",
        "",
    )
    assert told(first.steps) == [("manual", "啟動備援服務", 0.0), ("manual", "改 DNS", 0.0)]
    assert (second.condition, second.time, second.effect) == ("唯讀副本可用", "2 分鐘", "無法下單")
    assert told(second.steps) == [("bash", "kubectl set env deploy/shop READ_ONLY=true", 0.0)]
    assert found.ladders == found.checklists == found.decisions == ()


def test_options_in_english_without_any_branch() -> None:
    found = drawing(
        """
Ways to live with it
  A) A page that never changes
     Needs: the edge is reachable
     ETA: 10 min
     Steps:
       1. aws s3 cp page.html s3://shop/index.html
       2. empty the edge
     Users see: no prices
  B) Read only
     Condition: a replica is healthy
     Downside: nobody can sign up
     - switch the flag READ_ONLY on
""",
        "degrade",
    )

    first, second = found.options
    assert (first.condition, first.time, first.effect) == ("the edge is reachable", "10 min", "no prices")
    assert [step.kind for step in first.steps] == ["bash", "manual"]
    assert (second.condition, second.risk) == ("a replica is healthy", "nobody can sign up")
    assert told(second.steps) == [("manual", "switch the flag READ_ONLY on", 0.0)]


def test_options_stay_options_below_another_heading() -> None:
    found = drawing(
        """
方案 A：靜態頁
├─ 條件：CDN 正常
├─ 時間：5 分鐘
└─ 影響：沒有價格
方案 B：下線
├─ 條件：非核心
└─ 影響：看不到
"""
    )

    assert [option.title for option in found.options] == ["方案 A：靜態頁", "方案 B：下線"]


# Checklists


def test_boxes_make_a_checklist_wherever_they_stand() -> None:
    found = drawing(
        """
復原後確認：
  ├─ [ ] 首頁正常 (< 500ms)
  ├─ [x] 佇列已清空
  └─ [ ] 通知客服（5 分鐘）

觀察 15 分鐘
  ├─ 每分鐘看一次錯誤率
  └─ 問客服
""",
        "verification",
    )

    first, second = found.checklists
    assert (first.title, ticks(first.items)) == (
        "復原後確認",
        [("首頁正常 (< 500ms)", False), ("佇列已清空", True), ("通知客服（5 分鐘）", False)],
    )
    assert [item.due_s for item in first.items] == [None, None, 300.0]
    assert [item.line for item in first.items] == [42, 43, 44]
    assert [item.text for item in second.items] == ["每分鐘看一次錯誤率", "問客服"]


def test_a_box_with_a_command_is_a_step_as_well() -> None:
    found = drawing("☐ curl -f http://127.0.0.1/ready → 200\n☑ support knows", "verification", "Checks")

    assert ticks(found.checklists[0].items) == [
        ("curl -f http://127.0.0.1/ready → 200", False),
        ("support knows", True),
    ]
    assert [(step.text, step.expect_text) for step in found.steps] == [
        ("curl -f http://127.0.0.1/ready", "200")
    ]


def test_each_phase_of_a_flow_is_a_checklist() -> None:
    found = drawing(
        """
[收到告警]
  ↓
[確認] (0-5 分鐘)
  - 是不是誤報
  - 影響誰
  ↓
[分工]（10 分鐘）
  ├─ 指定指揮
  └─ 開會議室
""",
        heading="應變流程",
    )

    assert [(each.title, each.from_s, each.due_s) for each in found.checklists] == [
        ("應變流程", None, None),
        ("確認 (0-5 分鐘)", 0.0, 300.0),
        ("分工（10 分鐘）", None, 600.0),
    ]
    assert [[item.text for item in each.items] for each in found.checklists] == [
        ["收到告警"],
        ["是不是誤報", "影響誰"],
        ["指定指揮", "開會議室"],
    ]


def test_boxes_linked_by_arrows_are_phases() -> None:
    found = drawing(
        """
    ┌───────────────┐
    │ Page arrives  │
    │ - say hello   │
    │ - open a room │
    └───────┬───────┘
            ▼
┌───────────────────────┐
│ Is it above 5%?       │
└───────────────────────┘
   ├─ Yes → call the lead
   └─ No → keep looking
""",
        heading="Response flow",
    )

    [phase] = found.checklists
    assert (phase.title, [item.text for item in phase.items]) == (
        "Page arrives",
        ["say hello", "open a room"],
    )
    assert answers(found.decisions[0]) == {"Yes": "call the lead", "No": "keep looking"}


def test_a_chain_on_one_line_is_a_list_where_steps_are_told() -> None:
    found = drawing("notice → write down → fix → look again", heading="Steps")

    assert [item.text for item in found.checklists[0].items] == ["notice", "write down", "fix", "look again"]


def test_the_fence_is_kept_as_a_drawing_with_its_reason() -> None:
    reader = Reader()
    read_drawing(reader, fence("Up?\n├─ yes → close\n└─ no → restart"), "", "")

    assert [(use.use, use.why) for use in reader.uses.values()] == [("drawing", "it draws decisions")]


# Whatever it is

DRAWN = st.text(
    alphabet="├─└│┌┬┐┘┴┼↓→|+-`\\/ \t\u3000?？:：()[]☐YESNOyesno是否等待秒測試嘗試1230sdocker.\n", max_size=400
)


@given(
    st.one_of(DRAWN, st.text(max_size=200)),
    st.sampled_from(["", "resolution", "degrade", "diagnosis", "verification"]),
)
def test_any_text_is_read_without_a_crash_and_each_line_is_where_it_says(text: str, role: str) -> None:
    given_fence = Fence(line=7, end=8 + text.count("\n"), info="", text=text, text_line=8)
    lines = text.split("\n")

    for root in outline_of(given_fence) or []:
        for node in root.walk():
            assert node.text in lines[node.line - 8]
    read_drawing(Reader(), given_fence, role, "Heading")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("│ " * n + "├─ deeper" for n in range(2_000)),
        "\n".join(" " * n + "Is it? ─┬─ yes → a" for n in range(2_000)),
        "Up?\n" + "├─ yes → a\n" * 4_900,
        "├─ " + "(" * 100_000 + " → x",
        "├─ " + "wait 1s " * 20_000,
        "├─ " + "─┬─ a " * 20_000,
        "├─ " + "A → " * 20_000,
        "嘗試 1\n" + "├─ docker restart a\n" * 400 + "└─ 測試",
        " " * 100_000 + "├─ a\n" * 3,
        "↓\n" * 4_000 + "a\n↓\nb",
        "├─ a\n" * 100_000,
    ],
    ids=range(11),
)
def test_a_hostile_drawing_is_read_to_its_end(text: str) -> None:
    """It would not end in the time of a test if the cost grew with the square of the text."""
    drawn = fence(text)
    read = read_drawing(Reader(), drawn, "resolution", "Fix")
    assert read is None or all(option.line >= drawn.line for option in read.options)
