"""Markdown as it may come: a grammar of nasty but well-formed documents, of broken ones, and what holds for all.

A nasty document knows what it holds: each heading, fence, box, link and table carries a word of its own (`zq17z`), and
`Nasty.at` says in which line it begins. So a test can ask whether the reader found it, and where.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, get_args

from hypothesis import strategies as st

from tocsin.respond.runbooks.document import Document, FenceUse

What = Literal["heading", "fence", "box", "link", "table"]

ROLES = (
    "Symptoms", "Impact", "Detection", "Diagnosis", "Causes", "Resolution", "Mitigation", "Degrade",
    "Verification", "Prevention", "Escalation", "Contacts", "Related", "Checklist", "Steps", "Postmortem",
    "Overview", "症狀", "診斷步驟", "解決方案", "降級方案", "驗證", "檢查清單", "聯繫方式", "升級路徑",
    "常見原因", "时间表", "Attempt 1: restart", "方案二：重建", "Option B", "Scenario 1: (> 5 %)",
    "場景 A：邊緣", "原因 1: 連線", "Step 2", "P0 - 嚴重", "🚨 Notes", "**Bold**", "1.2. Numbered",
    "第一步：看", "",
)  # fmt: skip
LANGUAGES = (
    "bash", "sh", "shell", "console", "terminal", "zsh", "sql", "http", "redis", "action", "json", "yaml",
    "toml", "javascript", "python", "powershell", "text", "log", "mermaid", "promql", "hcl", "", "", "bahs",
    "Bash", "bash {name=one timeout=2m expect=\"exit == 0\"}", "sh title=\"a\" {1,3}", "{.bash}",
    "bash # why", "diff",
)  # fmt: skip
CODE = (
    "echo {0}", "$ uptime # {0}", "curl -s https://shop.internal/{0} | jq .", "kubectl get pods -n {0}",
    "SELECT '{0}';", "DELETE FROM t WHERE a = '{0}'", "GET https://shop.internal/{0}",
    "docker.restart: {{service: {0}}}", "# 1. {0}\nuptime", "# {0}\ndf -h\n\n# 2. two\nfree -m", "\\dt {0}",
    "PS C:\\> Get-{0}", "├─ {0}\n│  └─ YES → P0", "0m - {0}\n5m - restart", "{0}: 09:00-18:00 @day",
    "const a = `{0}`;", "if (x) {{ {0} }}", "<{0}>", "{{% hint %}} {0}", "cat <<'EOF' > {0}\n$(x)\nEOF",
    "# {0}", "[警報] {0}\n  ↓\n[診斷]",
    "嘗試方案 1: {0}\n  ├─ docker restart a\n  ├─ 等待 30 秒\n  └─ 測試: curl http://a/",
    "選項 A: {0}\n  ├─ 條件: 有備援\n  └─ 風險: 無", "\t{0}", "- [ ] {0}",
    "| {0} | a |\n|---|---|\n| b | c |", "## {0}",
)  # fmt: skip
SENTENCES = (
    "A line.", "within 5 minutes", "在 15 分鐘內恢復", "Expect: `exit == 0`", "Wait: 30s",
    "**Owner**: Team", "條件：有備援", "see <https://a.internal> and `code`", "Monitor for 30 minutes",
    "<!-- tocsin: ignore[x] -->", "P1 (High)", "Time: 5-10 分鐘", "at 100% | or so", "{{< hint >}}",
    "<%= erb %>", "*a* _b_ ~~c~~ **d", "\\*not\\*", "&amp; &#0; &nosuch;", "\u202ertl\u202c", "\u200b",
)  # fmt: skip
COLUMNS = (
    "Symptom|Cause|Fix", "檢查項目|指令|預期結果|分析", "Severity|Definition|Response time", "Time|Event",
    "Runbook|Severity|Description", "a|b", "案例|症狀|快速修復",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    text: str
    what: What | None = None
    word: str = ""


@dataclass(frozen=True)
class Nasty:
    """A document, and where everything in it that has a word begins."""

    text: str
    at: dict[What, dict[str, int]] = field(default_factory=dict)

    def line(self, word: str) -> int:
        """The line in which a word stands first."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split(word)[0].count("\n") + 1


Block = list[Line]


class Words:
    """Gives out words that stand nowhere else."""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self) -> str:
        self._given += 1
        return f"zq{self._given}z"


@st.composite
def documents(draw: st.DrawFn) -> Nasty:
    """A document in which every fence is closed, however deep it stands."""
    word = Words()
    lines: list[Line] = []
    for each in draw(st.lists(_block(word, depth=0), max_size=12)):
        lines.extend([*each, Line("")])
    head = draw(
        st.sampled_from(
            ["", "", "", "---\ntitle: A\nowner: b\n---\n", "---\ntitle: [\n---\n", "---\na:\tb\n---\n"]
        )
    )
    ahead = head.count("\n")
    at: dict[What, dict[str, int]] = {}
    for number, line in enumerate(lines, start=1 + ahead):
        if line.what is not None:
            at.setdefault(line.what, {})[line.word] = number
    text = head + "\n".join(line.text for line in lines)
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return Nasty(draw(st.sampled_from(["", "", "\ufeff"])) + text.replace("\n", end), at)


def _block(word: Words, depth: int) -> st.SearchStrategy[Block]:
    flat = [
        _paragraph(word),
        _fence(word),
        _fence(word),
        _table(word),
        _code(word),
        _boxes(word),
        st.just([Line("***")]),
    ]
    if depth == 0:
        flat.extend([_heading(word), _heading(word), _heading(word), _template(word), _html()])
    if depth < 3:
        flat.extend([_list(word, depth), _quote(word, depth)])
    return st.one_of(flat)


@st.composite
def _heading(draw: st.DrawFn, word: Words) -> Block:
    told = word()
    name = draw(st.sampled_from(ROLES))
    if draw(st.integers(0, 7)) == 0:
        return [Line(f"{name} ({told})", "heading", told), Line(draw(st.sampled_from(["=====", "---"])))]
    return [Line(f"{'#' * draw(st.integers(1, 6))} {name} ({told})", "heading", told)]


@st.composite
def _paragraph(draw: st.DrawFn, word: Words) -> Block:
    lines = [Line(each) for each in draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3))]
    if draw(st.booleans()):
        told = word()
        lines.append(Line(f"see [{told}](../{told}.md)", "link", told))
    return [Line(f"Text {word()}."), *lines]


@st.composite
def _fence(draw: st.DrawFn, word: Words) -> Block:
    told = word()
    mark = draw(st.sampled_from(["```", "```", "~~~", "````", "~~~~~"]))
    language = draw(st.sampled_from(LANGUAGES))
    pieces = draw(st.lists(st.sampled_from(CODE), min_size=1, max_size=4))
    code = "\n".join([pieces[0].format(told), *(piece.format("other") for piece in pieces[1:])])
    if draw(st.integers(0, 9)) == 0:
        code = "\n\n" + code + "\n\n"
    return [Line(mark + language, "fence", told), *map(Line, code.split("\n")), Line(mark)]


@st.composite
def _code(draw: st.DrawFn, word: Words) -> Block:
    told = word()
    return [
        Line("Then:"),
        Line(""),
        Line(f"    {draw(st.sampled_from(CODE[:4])).format(told)}", "fence", told),
    ]


@st.composite
def _template(draw: st.DrawFn, word: Words) -> Block:
    """A template that a plain reading of CommonMark ends at the first fence inside it."""
    told = word()
    mark = draw(st.sampled_from(["```", "~~~", "````"]))
    lines = [Line(mark + draw(st.sampled_from(["markdown", "md"])), "fence", told), Line(f"# {told}")]
    for _ in range(draw(st.integers(0, 3))):
        inner, language = word(), draw(st.sampled_from(["bash", "sql", "log", "json", "text"]))
        lines.extend([Line(""), Line(f"## {draw(st.sampled_from(ROLES))} ({inner})", "heading", inner)])
        if draw(st.booleans()):
            code = word()
            lines.extend([Line(mark + language, "fence", code), Line(f"echo {code}"), Line(mark)])
        else:
            box = word()
            lines.append(Line(f"- [ ] **5 min**: {box}", "box", box))
    return [*lines, Line(mark)]


@st.composite
def _table(draw: st.DrawFn, word: Words) -> Block:
    told = word()
    columns = draw(st.sampled_from(COLUMNS)).split("|")
    cells = [
        "`curl https://a.internal/`",
        "P0",
        "[a](b.md)",
        "5 分鐘",
        "a<br>b",
        "",
        "**x**",
        "a \\| b",
        "| ",
        "`",
    ]
    rows = draw(st.lists(st.lists(st.sampled_from(cells), max_size=6), max_size=4))
    head = "| " + " | ".join([f"{columns[0]} {told}", *columns[1:]]) + " |"
    body = [Line("| " + " | ".join(row) + " |") for row in rows if "`" not in row]
    return [Line(head, "table", told), Line("|" + "---|" * len(columns)), *body]


@st.composite
def _boxes(draw: st.DrawFn, word: Words) -> Block:
    lines: Block = []
    for _ in range(draw(st.integers(1, 4))):
        told = word()
        due = draw(st.sampled_from(["", "**5 min**: ", "**1-4 小時**：", "T+0 "]))
        tick = draw(st.sampled_from([" ", "x", "X"]))
        lines.append(Line(f"- [{tick}] {due}{told}", "box", told))
        if draw(st.booleans()):
            inner = word()
            lines.append(Line(f"  - [ ] {inner}", "box", inner))
    return lines


def _html() -> st.SearchStrategy[Block]:
    kinds = [
        ["<!--", "a comment", "```", "# no heading", "-->"],
        ["<details>", "<summary>More</summary>", "", "Text", "", "</details>"],
        ["{{< hint info >}}", "Text", "{{< /hint >}}"],
        ["<% if x %>", "Text", "<% end %>"],
        ["+++", "title = 1", "+++"],
    ]
    return st.sampled_from(kinds).map(lambda lines: [Line(each) for each in lines])


@st.composite
def _list(draw: st.DrawFn, word: Words, depth: int) -> Block:
    lines: Block = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        mark = draw(st.sampled_from(["- ", "* ", "-   ", f"{number}. ", f"{number}) ", f"{number}.  "]))
        lines.extend([Line(f"{mark}**Item** {word()}"), Line("")])
        for child in draw(st.lists(_block(word, depth + 1), max_size=2)):
            lines.extend([*(_shift(each, " " * len(mark)) for each in child), Line("")])
    return lines


@st.composite
def _quote(draw: st.DrawFn, word: Words, depth: int) -> Block:
    lines: Block = [Line(f"> {draw(st.sampled_from(['', '[!CAUTION]', 'Note']))} {word()}"), Line(">")]
    for child in draw(st.lists(_block(word, depth + 1), min_size=1, max_size=2)):
        lines.extend([*(_shift(each, "> ") for each in child), Line(">")])
    return lines


def _shift(line: Line, ahead: str) -> Line:
    return Line((ahead + line.text).rstrip(" ") if not line.text else ahead + line.text, line.what, line.word)


_PIECES = (
    "```", "```bash", "```markdown", "~~~", "~~~sql", "    ", "\t", "> ", "- ", "1. ", "- [ ] ", "# ",
    "## Diagnosis", "## 解決方案", "| a | b |", "|---|---|", "|", "<!--", "-->", "<details>", "---", "+++",
    "title: [", "$ ", "# 1. x", "\\dt", "SELECT 1;", "├─ ", "│  ", "└─ YES → P0", "↓", "[a](", "](b)", "![",
    "<NAME>", "${X}", "${", "$(", "`", "``", "**", "Expect: `", "Wait: 30s", "0m - x", "5m-", "方案 1: ",
    "選項 A: ", "Scenario 1: ", "P0", "在 5 分鐘內", "：", "\ufeff", "\u2028", "\x00", "\x0b", "\x0c",
    "\x1b[31m", "\u202e", "😀", "\U000e0001",
    "é", "EOF", "<<'EOF'", "\\", "'", '"', "((", "{{<",
)  # fmt: skip


def broken() -> st.SearchStrategy[str]:
    """Pieces of Markdown in any order."""
    piece = st.one_of(st.sampled_from(_PIECES), st.sampled_from(_PIECES), st.text(max_size=6))
    between = st.sampled_from(["", " ", "\n", "\n", "\n\n", "\r\n", "\r"])
    return st.lists(st.tuples(piece, between), max_size=60).map(
        lambda pairs: "".join(piece + after for piece, after in pairs)
    )


def stands_up(document: Document, data: bytes) -> None:
    """What holds for every document: its hash, ids and lines, and that nothing belongs to two of its documents."""
    assert document.hash == hashlib.sha256(data).hexdigest()
    last = data.count(b"\n") + data.count(b"\r") + 1
    assert all(1 <= each.line <= last for each in _records(document) if hasattr(each, "line"))
    within = list(document.within())
    for each in within:
        assert max(Counter(step.id for step in each.steps()).values(), default=1) == 1
    fences = [fence for each in within for fence in each.fences]
    assert max(Counter(fence.line for fence in fences).values(), default=1) == 1
    assert all(fence.use in get_args(FenceUse) and fence.why for fence in fences)
    owners = Counter(line for each in within for line in {step.line for step in each.steps()})
    assert max(owners.values(), default=1) == 1


def _records(record: Any) -> Iterator[Any]:
    """Every record of a document, however deep."""
    waiting = [record]
    while waiting:
        each = waiting.pop()
        if is_dataclass(each):
            yield each
            waiting.extend(getattr(each, field.name) for field in fields(each))
        elif isinstance(each, tuple):
            waiting.extend(each)
