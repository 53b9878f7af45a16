"""Long, uneven documents that teams really write are read whole: the twins in `tests/data/runbooks/twins`.

A place is told by words that stand on its line, so that a test says where something has to be found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.respond.runbooks.document import (
    CheckItem,
    Checklist,
    Decision,
    Document,
    FenceRead,
    Finding,
    Ladder,
    Step,
)
from tocsin.respond.runbooks.reader import read

TWINS = Path(__file__).parents[2] / "data" / "runbooks" / "twins"
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800


@dataclass(frozen=True)
class Twin:
    """A twin as read, beside the lines of its file."""

    document: Document
    lines: list[str]

    def line(self, words: str, after: int = 0) -> int:
        """The first line behind `after` that holds these words."""
        return next(
            number for number, line in enumerate(self.lines, start=1) if number > after and words in line
        )

    def fence(self, words: str) -> int:
        """Where the fence opens that holds the first line with these words."""
        return max(
            number
            for number, line in enumerate(self.lines[: self.line(words)], start=1)
            if line.lstrip().startswith("```")
        )

    @property
    def documents(self) -> list[Document]:
        return list(self.document.within())

    @property
    def fences(self) -> list[FenceRead]:
        return [fence for document in self.documents for fence in document.fences]

    @property
    def steps(self) -> list[Step]:
        return [step for document in self.documents for step in document.steps()]

    def steps_of_fence(self, words: str) -> list[Step]:
        first = self.fence(words)
        last = next(n for n in range(first + 1, len(self.lines) + 1) if self.lines[n - 1].strip() == "```")
        return [step for step in self.steps if first <= step.line <= last]

    def findings(self, first: int, last: int) -> list[Finding]:
        return [
            finding
            for document in self.documents
            for finding in document.findings
            if first <= finding.line <= last
        ]

    def uses(self) -> dict[int, str]:
        return {fence.line: fence.use for fence in self.fences}


def twin(name: str) -> Twin:
    data = (TWINS / name).read_bytes()
    return Twin(read(name, data), data.decode().split("\n"))


def boxes(lists: tuple[Checklist, ...]) -> list[CheckItem]:
    """Every box of these lists, those inside other boxes included, in the order of the file."""

    def walk(items: tuple[CheckItem, ...]) -> Iterator[CheckItem]:
        for item in items:
            yield item
            yield from walk(item.items)

    return [item for each in lists for item in walk(each.items)]


def ran(steps: tuple[Step, ...]) -> list[Step]:
    """What a machine would run."""
    return [step for step in steps if not step.by_hand and step.kind != "reference"]


def question(decisions: tuple[Decision, ...], words: str) -> Decision:
    """The question with these words, at whatever depth."""
    waiting = list(decisions)
    while waiting:
        decision = waiting.pop()
        if words in decision.question:
            return decision
        waiting.extend(branch.decision for branch in decision.branches if branch.decision)
    raise AssertionError(f"nobody asks {words!r}")


def answers(decision: Decision) -> dict[str, str]:
    """What each answer leads to: an outcome, or the next question."""
    return {
        branch.answer: branch.outcome or (branch.decision.question if branch.decision else "")
        for branch in decision.branches
    }


def everything_is_accounted_for(told: Twin) -> None:
    """Every labelled fence has a use and a reason, in one document only; lines and ids are what they should be."""
    opened = [n for n, line in enumerate(told.lines, start=1) if re.match(r"\s*```\w", line)]
    assert set(opened) <= {fence.line for fence in told.fences}
    assert all(fence.why for fence in told.fences)
    assert max(Counter(fence.line for fence in told.fences).values(), default=1) == 1
    owners = Counter(line for each in told.documents for line in {step.line for step in each.steps()})
    assert max(owners.values(), default=1) == 1
    for document in told.documents:
        ids = Counter(step.id for step in document.steps())
        assert max(ids.values(), default=1) == 1
        for section in document.sections:
            assert re.sub(r"\W", "", section.heading)[:8] in re.sub(r"\W", "", told.lines[section.line - 1])
        for item in boxes(document.checklists):
            assert re.sub(r"\W", "", item.text)[:8] in re.sub(r"\W", "", told.lines[item.line - 1])


@pytest.mark.parametrize("name", sorted(path.name for path in TWINS.glob("*-*.md")))
def test_nothing_of_a_document_is_passed_over(name: str) -> None:
    everything_is_accounted_for(twin(name))


# ── one outage, one document: a check table, scenarios, five checks in one fence ────────────────────────


@dataclass(frozen=True)
class Outage:
    """What differs between the two languages of the document."""

    name: str
    language: str
    title: str
    verdicts: tuple[str, str]
    rungs: tuple[str, str, str]
    scenarios: tuple[str, str]
    risk: str
    checks: tuple[str, ...]


OUTAGES = [
    Outage(
        name="ferry-outage.md",
        language="zh-Hant",
        title="故障應變守則",
        verdicts=("兩邊都不通", "直連會通"),
        rungs=("重新啟動", "退回上一版", "關掉邊緣規則"),
        scenarios=("源站", "Fastly"),
        risk="直接面對攻擊",
        checks=("行程還活著", "依賴都健康", "介面文件", "主要功能", "要登入的功能"),
    ),
    Outage(
        name="ferry-outage.en.md",
        language="en",
        title="What To Do When It Breaks",
        verdicts=("Both fail", "Direct works"),
        rungs=("Restart", "Roll back", "Disable edge rules"),
        scenarios=("the origin is broken", "Fastly is broken"),
        risk="stands open to attacks",
        checks=("alive", "depends on", "schema", "main function", "behind the login"),
    ),
]


@pytest.fixture(params=OUTAGES, ids=lambda each: each.language)
def outage(request: pytest.FixtureRequest) -> tuple[Outage, Twin]:
    return request.param, twin(request.param.name)


def test_a_check_table_is_three_steps_of_diagnosis_with_what_their_results_mean(
    outage: tuple[Outage, Twin],
) -> None:
    about, told = outage
    first = told.line("**1. ")
    steps = [step for step in told.document.diagnosis if first <= step.line <= first + 3]

    assert [(step.line, step.kind) for step in steps] == [
        (first, "manual"), (first + 1, "bash"), (first + 3, "manual"),
    ]  # fmt: skip
    assert all(step.verdict_text for step in steps)
    assert all(verdict in steps[1].verdict_text for verdict in about.verdicts)
    assert steps[1].text.startswith("curl --resolve www.tidewater.internal:443:")
    assert (steps[1].level, steps[1].inputs) == ("read", ("ORIGIN_IP",))
    assert [(len(table.columns), len(table.rows), table.use) for table in told.document.tables] == [
        (4, 3, "checks")
    ]


def test_a_row_that_is_broken_over_two_lines_is_joined_and_its_author_is_told(
    outage: tuple[Outage, Twin],
) -> None:
    about, told = outage
    broken = told.line(about.verdicts[0])

    assert told.findings(broken, broken + 1)


def test_each_scenario_is_a_ladder_for_its_verdict(outage: tuple[Outage, Twin]) -> None:
    about, told = outage
    ladders = told.document.ladders

    assert [len(ladder.rungs) for ladder in ladders] == [2, 1]
    assert all(words in ladder.when for words, ladder in zip(about.scenarios, ladders, strict=True))
    rungs = [rung for ladder in ladders for rung in ladder.rungs]
    assert all(words in rung.title for words, rung in zip(about.rungs, rungs, strict=True))
    assert [rung.line for rung in rungs] == [told.line(f"**{words}") for words in about.rungs]
    assert all(rung.steps for rung in rungs)
    assert about.risk in rungs[2].risk


def test_a_fence_with_five_commented_commands_is_five_checks(outage: tuple[Outage, Twin]) -> None:
    about, told = outage
    checks = ran(told.document.verification)

    assert len(checks) == 5
    assert all(words in check.title for words, check in zip(about.checks, checks, strict=True))
    assert [check.level for check in checks] == ["read", "read", "read", "change", "read"]
    assert "POST" in checks[3].text
    assert [check.inputs for check in checks] == [(), (), (), (), ("STAFF_TOKEN",)]
    assert all(check.text.strip().startswith("curl ") for check in checks)
    fence = told.fence("/ready")
    assert [check.line for check in checks] == sorted({check.line for check in checks})
    assert fence <= checks[0].line
    assert checks[-1].line < fence + 15
    assert told.uses() == {fence: "check"}


def test_placeholders_are_inputs_with_a_type(outage: tuple[Outage, Twin]) -> None:
    inputs = outage[1].document.inputs

    assert [(each.name, each.type, each.secret) for each in inputs] == [
        ("ORIGIN_IP", "ip", False), ("STAFF_TOKEN", "token", True),
    ]  # fmt: skip


def test_durations_in_sentences_are_clocks(outage: tuple[Outage, Twin]) -> None:
    told = outage[1]

    assert [clock.after_s for clock in sorted(told.document.clocks, key=lambda each: each.line)] == [
        10 * MINUTE, 20 * MINUTE, 45 * MINUTE, 2 * HOUR,
    ]  # fmt: skip
    assert all(re.search(r"\d", told.lines[clock.line - 1]) for clock in told.document.clocks)
    assert told.document.soak_s == 45 * MINUTE


def test_a_title_in_a_quote_is_the_title(outage: tuple[Outage, Twin]) -> None:
    about, told = outage

    assert about.title in told.document.title
    assert told.document.language == about.language


# ── the whole process of a team: severities, drawings, templates inside it, lists with minutes ──────────


@pytest.fixture(scope="module")
def stream() -> Twin:
    return twin("stream-incidents.md")


def test_a_table_defines_severities_with_their_times(stream: Twin) -> None:
    assert [
        (each.level, each.name, each.respond_s, each.restore_s) for each in stream.document.severities
    ] == [
        ("P0", "全面", 10 * MINUTE, 45 * MINUTE),
        ("P1", "局部", 20 * MINUTE, 3 * HOUR),
        ("P2", "輕微", DAY, 2 * WEEK),
        ("P3", "建議", None, None),
    ]
    assert all(each.definition for each in stream.document.severities)
    assert [each.line for each in stream.document.severities] == [
        stream.line(f"| **P{level}** |") for level in range(4)
    ]


def test_a_drawn_tree_is_questions_with_answers(stream: Twin) -> None:
    decisions = stream.document.decisions

    everyone = answers(question(decisions, "所有聽眾"))
    assert everyone["是"] == "P0"
    assert "播放本身" in everyone["否"]
    playing = answers(question(decisions, "播放本身"))
    assert playing["是"] == "P1"
    assert "5%" in playing["否"]
    assert answers(question(decisions, "5%")) == {"是": "P1", "否": "P2"}
    assert list(answers(question(decisions, "慢多少")).values()) == ["P0", "P1", "P2"]
    assert question(decisions, "所有聽眾").line == stream.line("所有聽眾")
    assert question(decisions, "慢多少").line == stream.line("慢多少")


def ladder_of(stream: Twin) -> Ladder:
    [ladder] = stream.document.ladders
    return ladder


def test_a_drawn_ladder_has_three_rungs_with_their_waits(stream: Twin) -> None:
    rungs = ladder_of(stream).rungs

    assert [rung.line for rung in rungs] == [stream.line(f"嘗試方案{n}：") for n in "一二三"]
    assert [[(step.text, step.wait_s) for step in rung.steps] for rung in rungs] == [
        [("docker compose restart playlist-api", 20)],
        [("docker compose restart mariadb valkey", 45), ("docker compose restart playlist-api", 20)],
        [("docker compose down", 0), ("docker compose up -d", 120)],
    ]
    assert all(step.text in stream.lines[step.line - 1] for rung in rungs for step in rung.steps)
    assert [check.text for check in rungs[0].checks] == ["curl http://127.0.0.1:8080/alive"]


def test_a_fence_that_tells_the_ladder_otherwise_is_guarded_and_told(stream: Twin) -> None:
    steps = stream.steps_of_fence("docker compose down --volumes")
    in_ladder = {step.line for rung in ladder_of(stream).rungs for step in (*rung.steps, *rung.checks)}

    assert not in_ladder & {step.line for step in steps}
    [removing] = [step for step in steps if "down --volumes" in step.text]
    assert (removing.level, removing.approve) == ("destroy", "approver")
    told = stream.findings(stream.line("嘗試方案一："), stream.line("for n in {1..4}"))
    assert any(re.search(r"differ|disagree|other(wise)?\b|twice", each.message) for each in told)


def test_each_way_to_live_on_has_its_condition_time_operations_and_price(stream: Twin) -> None:
    options = stream.document.degrade

    assert [option.line for option in options] == [stream.line(f"選項 {letter}：") for letter in "ABCD"]
    assert [(option.condition, option.time, option.risk or option.effect) for option in options] == [
        ("另一座機房開著", "10-15 分鐘", "兩邊的資料差幾分鐘"),
        ("前一晚的排行榜算好了", "20 分鐘", "沒有個人歌單，但是聽得到"),
        ("快照還在", "15 分鐘", "聽眾看到舊的歌單"),
        ("廣播頻道還能聽", "5 分鐘", "最小，只剩廣播"),
    ]
    assert [bool(option.risk) for option in options] == [True, False, False, False]
    assert [len(option.steps) for option in options] == [2, 3, 2, 3]
    assert options[1].steps[0].title == "換上精簡版的播放服務"


def test_a_table_of_cases_is_causes(stream: Twin) -> None:
    causes = stream.document.causes

    assert [cause.name for cause in causes] == ["快取被清空", "連線用完", "新歌不出現", "磁碟滿了"]
    assert [cause.line for cause in causes] == [stream.line(f"| {cause.name} ") for cause in causes]
    used_up = causes[1]
    assert (used_up.symptom, used_up.fix, used_up.root_cause, used_up.prevention) == (
        "偶爾轉圈", "重啟播放服務", "有一段程式不還連線", "連線數要有監控",
    )  # fmt: skip


def test_templates_in_fences_are_documents_of_their_own(stream: Twin) -> None:
    opened = [n for n, line in enumerate(stream.lines, start=1) if line == "```markdown"]
    templates = stream.document.documents

    assert len(templates) == 6
    assert {template.kind for template in templates} == {"template"}
    assert all(template.line - at in (0, 1) for template, at in zip(templates, opened, strict=True))
    assert [stream.uses()[at] for at in opened] == ["template"] * 6
    assert [fence.line for fence in templates[0].fences] == [stream.line("```text")]
    headings = [section.line for section in stream.document.sections]
    assert all(stream.line(words) in headings for words in ("## 事後檢討", "## 核對清單", "## 手邊的資料"))


def test_the_boxes_of_the_templates_keep_their_minutes(stream: Twin) -> None:
    lists = [each for template in stream.document.documents for each in template.checklists]
    assert len(boxes(tuple(lists))) == 45

    at = stream.line("## P0 當下要做的")
    [during] = [each for each in stream.document.documents if each.line in (at, at - 1)]
    phases = [item for each in during.checklists for item in each.items]
    assert [phase.due_s for phase in phases] == [
        0, 3 * MINUTE, 8 * MINUTE, 12 * MINUTE, 25 * MINUTE, 45 * MINUTE, 6 * HOUR, 48 * HOUR,
    ]  # fmt: skip
    assert [len(phase.items) for phase in phases] == [2, 3, 3, 3, 4, 3, 3, 4]


def test_time_tables_in_fences_are_clocks(stream: Twin) -> None:
    def clocks(words: str) -> list[tuple[float | None, float]]:
        first = stream.line(words)
        found = [each for each in stream.document.clocks if first <= each.line < first + 6]
        return [(each.from_s, each.after_s) for each in sorted(found, key=lambda each: each.line)]

    assert [after for _, after in clocks("0min   –")] == [
        0, 10 * MINUTE, 20 * MINUTE, 45 * MINUTE, 2 * HOUR, 6 * HOUR,
    ]  # fmt: skip
    assert clocks("0-20m   –") == [
        (0, 20 * MINUTE), (20 * MINUTE, 2 * HOUR), (2 * HOUR, 4 * HOUR),
    ]  # fmt: skip
    deadlines = [stream.line("完全恢復後 24"), stream.line("完全恢復後 3 天")]
    assert [each.after_s for each in stream.document.clocks if each.line in deadlines] == [DAY, 3 * DAY]


def test_a_rota_and_the_people_to_call_are_found_in_a_fence(stream: Twin) -> None:
    assert [(shift.days, shift.hours, shift.who.lstrip("@")) for shift in stream.document.rota] == [
        ("週一-週五", "08:00-20:00", "duty-day"),
        ("週一-週五", "20:00-08:00", "duty-night"),
        ("假日", "", "duty-weekend"),
    ]
    people = [each for each in stream.document.contacts if each.line > stream.line("重要聯絡人")]
    assert [(each.name, each.reach, each.about) for each in people] == [
        ("組長", "@lead", "拍板"),
        ("總指揮", "@commander", "調度"),
        ("SRE", "@sre", "機房"),
        ("DBA", "@dba", "資料庫"),
    ]


def test_the_commented_commands_of_a_first_look_are_steps_that_only_read(stream: Twin) -> None:
    steps = stream.steps_of_fence("/alive")

    assert len(steps) == 5
    assert {step.level for step in steps} == {"read"}
    assert steps[0].expect_text == "200 OK"


def test_code_of_another_language_in_a_bash_fence_never_runs_by_itself(stream: Twin) -> None:
    steps = stream.steps_of_fence("settings.get(")
    at = stream.fence("settings.get(")

    assert stream.findings(at, at + 14)
    [foreign] = [step for step in steps if "settings.get(" in step.text]
    assert foreign.kind == "reference" or foreign.by_hand or foreign.level == "destroy"


def test_the_last_lines_say_who_keeps_it(stream: Twin) -> None:
    document = stream.document

    assert (document.owner, document.reviewed, document.version) == ("Playlist Team", "2025-03-08", "2.3.1")


def test_every_drawing_is_told_apart_from_code(stream: Twin) -> None:
    drawn = (
        "所有聽眾",
        "[警報響了]",
        "嘗試方案一：",
        "要確認的事：",
        "可以選的降級方式",
        "先收集（",
        "[看一輪]",
        "[記下來]",
    )
    uses = stream.uses()

    assert [uses[stream.fence(words)] for words in drawn] == ["drawing"] * 8
    assert len(stream.fences) == 25


def test_a_drawn_list_of_boxes_is_a_checklist(stream: Twin) -> None:
    at = stream.line("要確認的事：")
    drawn = [each for each in stream.document.checklists if at - 1 <= each.line <= at + 6]

    assert [len(each.items) for each in drawn] == [6]


def test_a_link_to_a_heading_of_the_document_itself_is_not_dead(stream: Twin) -> None:
    assert [link.target for link in stream.document.links if link.ok is False] == []


# ── several runbooks in one file ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Pipeline:
    """What differs between the two languages of the document."""

    name: str
    language: str
    scenario: str
    thresholds: tuple[str, str, str]
    words: tuple[str, str, str]
    cause: str
    lists: tuple[str, str, str]
    escalation: tuple[str, str, str]
    owner: tuple[str, str, str]
    secrets: tuple[str, ...]
    urls: tuple[str, ...]


PIPELINES = [
    Pipeline(
        name="invoice-pipeline.md",
        language="zh-Hant",
        scenario="## 情境 ",
        thresholds=(">8%", ">500筆", ">800ms"),
        words=("OCR_QUOTA_EXCEEDED", "PG_POOL_TIMEOUT", "BLOB_NOT_FOUND"),
        cause="#### 原因",
        lists=("上線前", "上線後", "緊急退版"),
        escalation=("輪值同仁", "組長", "平台架構師"),
        owner=("Invoice Platform Team", "2025-06-11", "2.4"),
        secrets=("INVOICE_DATABASE_URL", "CLOUD_API_TOKEN", "CHAT_WEBHOOK_URL"),
        urls=("BLOB_ENDPOINT",),
    ),
    Pipeline(
        name="invoice-pipeline.zh-Hans.md",
        language="zh-Hans",
        scenario="## 场景",
        thresholds=(">3%", ">1000单", ">1s"),
        words=("GEO_RATE_LIMIT", "MYSQL_GONE_AWAY", "TEMPLATE_MISSING"),
        cause="#### 原因",
        lists=("发布前", "发布后", "紧急回滚"),
        escalation=("值班同事", "研发负责人", "首席架构师"),
        owner=("面单平台组", "2025-09-01", "1.2"),
        secrets=("LABEL_DATABASE_URL", "ECS_API_KEY", "DING_WEBHOOK_URL"),
        urls=("OSS_ENDPOINT",),
    ),
]


@pytest.fixture(params=PIPELINES, ids=lambda each: each.language)
def pipeline(request: pytest.FixtureRequest) -> tuple[Pipeline, Twin]:
    return request.param, twin(request.param.name)


def marks(told: Twin) -> list[int]:
    """Where the 33 fences open."""
    return [n for n, line in enumerate(told.lines, start=1) if re.match(r"\s*```\w", line)]


def test_six_scenarios_are_six_runbooks_with_severity_and_threshold(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    scenarios = told.document.documents

    assert [each.line for each in scenarios] == [
        n for n, line in enumerate(told.lines, start=1) if line.startswith(about.scenario)
    ]
    assert [each.severity for each in scenarios] == ["P1", "P2", "P2", "P0", "P2", "P0"]
    assert {each.kind for each in scenarios} == {"incident"}
    assert [re.sub(r"\s", "", each.threshold) for each in scenarios[:3]] == list(about.thresholds)
    assert {each.language for each in told.documents} == {about.language}


def test_every_fence_has_its_language_and_its_use(pipeline: tuple[Pipeline, Twin]) -> None:
    told = pipeline[1]

    assert Counter(fence.language for fence in told.fences) == {"bash": 26, "sql": 6, "toml": 1}
    assert told.uses()[marks(told)[10]] == "reference"  # the toml


def test_a_block_of_comments_never_runs_and_its_author_is_told(pipeline: tuple[Pipeline, Twin]) -> None:
    told = pipeline[1]
    empty = marks(told)[12]

    assert told.findings(empty, empty + 3)
    assert ran(tuple(step for step in told.steps if step.line == empty)) == []


def test_a_block_that_mixes_shell_and_sql_never_runs_by_itself(
    pipeline: tuple[Pipeline, Twin],
) -> None:
    told = pipeline[1]
    steps = told.steps_of_fence("\\dt")
    at = told.fence("\\dt")

    assert told.findings(at, at + 12)
    mixed = [step for step in steps if "\\dt" in step.text]
    assert all(step.kind != "sql" and step.by_hand for step in mixed)


def test_the_three_causes_are_matched_by_the_words_of_their_errors(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    causes = told.document.documents[0].causes

    assert [cause.match for cause in causes] == [(word,) for word in about.words]
    assert [cause.line for cause in causes] == [
        n for n, line in enumerate(told.lines, start=1) if line.startswith(about.cause)
    ]
    assert all(word in cause.symptom for word, cause in zip(about.words, causes, strict=True))
    assert [[step.kind for step in ran(cause.steps)] for cause in causes] == [
        ["bash", "bash"], ["sql", "bash"], ["bash"],
    ]  # fmt: skip
    assert all(any(step.kind == "manual" for step in cause.steps) for cause in causes)


def test_looking_reads_and_cutting_connections_or_rows_destroys(pipeline: tuple[Pipeline, Twin]) -> None:
    told = pipeline[1]
    sql = [step for step in sorted(told.steps, key=lambda each: each.line) if step.kind == "sql"]

    assert [step.level for step in sql[:6]] == ["read", "read", "read", "read", "destroy", "destroy"]
    assert ["pg_terminate_backend" in sql[4].text, "DELETE" in sql[5].text] == [True, True]
    assert {step.approve for step in sql[4:6]} == {"approver"}
    looking = [step for each in told.document.documents[:4] for step in ran(each.diagnosis)]
    assert {step.level for step in looking} == {"read"}


def test_each_scenario_holds_its_own_steps(pipeline: tuple[Pipeline, Twin]) -> None:
    told = pipeline[1]
    opened = marks(told)
    scenarios = told.document.documents

    def fences(steps: Iterable[Step]) -> list[int]:
        """The numbers of the fences, of all 33, in which these steps stand."""
        found = {max(at for at in opened if at <= step.line) for step in steps if ran((step,))}
        return [opened.index(at) for at in sorted(found)]

    assert [fences(each.diagnosis) for each in scenarios] == [
        [0, 1], [7, 8, 9], [13, 14, 15], [18, 19, 20], [23, 24], [],
    ]  # fmt: skip
    assert [
        [fences(rung.steps) for ladder in each.ladders for rung in ladder.rungs if ran(rung.steps)]
        for each in scenarios[1:5]
    ] == [[[11]], [[16], [17]], [[21], [22]], [[25], [26]]]
    assert fences(scenarios[5].steps()) == [27, 28, 29]
    assert fences(told.document.steps()) == [30, 32]  # the one between is mixed: a person does it


def test_twelve_boxes_stand_in_three_lists(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    lists = told.document.checklists

    assert [each.title for each in lists] == list(about.lists)
    assert [len(each.items) for each in lists] == [4, 4, 4]
    assert {item.due_s for item in boxes(lists)} == {None}


def test_who_comes_next_and_when(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    escalation = told.document.escalation

    assert [each.who for each in escalation] == list(about.escalation)
    assert [each.line for each in escalation] == [told.line(f"**{who}**") for who in about.escalation]
    assert "P0/P1" in escalation[1].when
    assert "架" in escalation[2].when


def test_a_list_defines_severities_without_times(pipeline: tuple[Pipeline, Twin]) -> None:
    severities = pipeline[1].document.severities

    assert [(each.level, each.respond_s, each.restore_s) for each in severities] == [
        (f"P{level}", None, None) for level in range(4)
    ]
    assert all(each.definition for each in severities)


def test_the_last_lines_belong_to_the_whole_file(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    document = told.document

    assert (document.owner, document.reviewed, document.version) == about.owner
    assert [link.line for link in document.links if link.target.startswith(".")] == [
        n for n, line in enumerate(told.lines, start=1) if re.match(r"[-*] \[.+\]\(\.", line)
    ]


def test_variables_that_no_block_sets_are_inputs(pipeline: tuple[Pipeline, Twin]) -> None:
    about, told = pipeline
    inputs = {each.name: each for document in told.documents for each in document.inputs}

    assert all(inputs[name].secret for name in about.secrets)
    assert all(inputs[name].type == "url" and not inputs[name].secret for name in about.urls)
    assert any(name.startswith("YOUR_") and name.endswith("_BUCKET") for name in inputs)


# ── an index of runbooks with a template inside ─────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def clinic() -> Twin:
    return twin("clinic-index.md")


def test_an_index_lists_runbooks_and_procedures(clinic: Twin) -> None:
    entries = clinic.document.index

    assert clinic.document.kind == "index"
    assert Counter(entry.kind for entry in entries) == {"incident": 13, "procedure": 2}
    assert [entry.severity for entry in entries if entry.kind == "incident"] == [
        "P1", "P0", "P1", "P0", "P1", "P1", "P0", "P0", "P1", "P1", "P2", "P0", "P0",
    ]  # fmt: skip
    first = entries[0]
    assert (first.title, first.target, first.threshold) == (
        "掛號頁太慢", "slow-booking-page.md", "開啟時間 > 3s",
    )  # fmt: skip
    assert [entry.line for entry in entries] == [clinic.line(f"]({entry.target})") for entry in entries]
    assert list(dict.fromkeys(entry.category for entry in entries)) == [
        "速度", "資料庫", "服務", "資料", "資安", "例行作業",
    ]  # fmt: skip


def test_a_template_with_fences_of_its_own_ends_where_its_author_ended_it(clinic: Twin) -> None:
    [template] = clinic.document.documents

    assert template.kind == "template"
    assert [section.role for section in template.sections if section.level == 2] == [
        "symptoms", "impact", "detection", "diagnosis", "resolution", "verification", "prevention",
        "escalation", "related",
    ]  # fmt: skip
    inner = [n for n, line in enumerate(clinic.lines, start=1) if line == "```bash"]
    assert [fence.line for fence in template.fences] == inner
    assert [len(each.items) for each in template.checklists] == [3]
    assert [(fence.line, fence.use) for fence in clinic.document.fences] == [
        (clinic.line("```markdown"), "template")
    ]
    assert clinic.line("## 緊急聯絡") in [section.line for section in clinic.document.sections]


def test_what_stands_behind_the_template_is_read(clinic: Twin) -> None:
    document = clinic.document

    assert [(each.name, each.line) for each in document.contacts] == [
        (name, clinic.line(f"**{name}**"))
        for name in ("第一順位", "第二順位", "主管", "雲端廠商", "資料庫廠商", "簡訊廠商")
    ]
    assert document.contacts[3].reach == "0800-XXX-XXX"
    assert [each.reach for each in document.contacts[4:]] == ["help@vendor.invalid", "noc@sms.invalid"]
    assert (document.owner, document.reviewed, document.review) == ("Clinic SRE", "2025-07-19", "monthly")


def test_an_index_holds_nothing_to_run(clinic: Twin) -> None:
    assert ran(tuple(clinic.document.steps())) == []


# ── a policy with code to read: severities in headings, roles, phases, a postmortem ─────────────────────


@pytest.fixture(scope="module")
def addin() -> Twin:
    return twin("addin-incidents.md")


def test_headings_define_severities_with_their_times(addin: Twin) -> None:
    severities = addin.document.severities

    assert [(each.level, each.name[:2], each.respond_s, each.restore_s) for each in severities] == [
        ("P0", "緊急", 10 * MINUTE, HOUR),
        ("P1", "嚴重", 30 * MINUTE, 6 * HOUR),
        ("P2", "普通", 8 * HOUR, 2 * DAY),
        ("P3", "輕微", 2 * DAY, WEEK),
    ]
    assert [each.line for each in severities] == [addin.line(f"#### **P{level}") for level in range(4)]
    assert all(each.definition for each in severities)


def test_roles_have_their_duties(addin: Twin) -> None:
    roles = addin.document.roles

    assert [len(role.duties) for role in roles] == [3, 3, 3]
    assert [role.line for role in roles] == [
        addin.line(f"**{who}") for who in ("總指揮", "技術組長", "聯絡人")
    ]
    assert roles[0].name.startswith("總指揮")
    assert roles[0].duties[0] == "掌握全局"


def test_code_to_read_is_never_a_step(addin: Twin) -> None:
    code = [n for n, line in enumerate(addin.lines, start=1) if line == "```javascript"]

    assert len(code) == 7
    assert [addin.uses()[at] for at in code] == ["reference"] * 7
    assert ran(tuple(addin.steps)) == []
    assert {step.level for step in addin.steps} <= {"read"}


def test_the_phases_of_a_checklist_have_their_minutes(addin: Twin) -> None:
    phases = addin.document.documents[0].checklists

    assert [(phase.from_s, phase.due_s, len(phase.items)) for phase in phases] == [
        (0, 10 * MINUTE, 3),
        (10 * MINUTE, 45 * MINUTE, 3),
        (45 * MINUTE, 3 * HOUR, 2),
    ]
    assert [item.line for phase in phases for item in phase.items] == [
        n for n, line in enumerate(addin.lines, start=1) if line.startswith("- [ ]")
    ]


def test_a_postmortem_template_keeps_its_five_whys(addin: Twin) -> None:
    [_, report] = addin.document.documents

    assert (report.kind, report.title) == ("template", "事故檢討報告")
    assert [section.heading for section in report.sections if section.level == 2] == [
        "基本資料", "摘要", "先後順序", "根因分析", "怎麼修的", "學到什麼", "要做的事", "以後怎麼避免",
    ]  # fmt: skip
    [whys] = [section for section in report.sections if section.heading == "根本原因"]
    assert len(re.findall(r"(?m)^\d\. 為什麼", whys.text)) == 5
    assert [len(table.rows) for table in report.tables] == [6, 3]


def test_what_stands_behind_the_templates_belongs_to_the_policy(addin: Twin) -> None:
    headings = {section.heading for section in addin.document.sections}

    assert {"修復流程", "監看", "事後分析", "持續改善", "相關文件"} <= headings
    assert [link.target for link in addin.document.links] == [
        "../ops/monitoring.md", "./slow-addin.md", "../ops/store-release.md",
    ]  # fmt: skip
