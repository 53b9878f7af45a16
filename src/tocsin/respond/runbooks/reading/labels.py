"""Which lines say more about a step, an option or a document? `Expect: …`, `Wait: 30s`, `條件: …`.

A label stands at the beginning of a line or of a list item, perhaps in bold, with a colon (full width too).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Paragraph
from tocsin.respond.runbooks.reading.headings import plain

NAMES: dict[str, tuple[str, ...]] = {
    # of a step
    "expect": (
        "expect",
        "expects",
        "expected",
        "expectation",
        "expected result",
        "expected output",
        "預期輸出",
        "预期输出",
        "預期",
        "预期",
        "預期結果",
        "预期结果",
    ),
    "wait": ("wait", "等待"),
    "timeout": ("timeout", "time limit", "逾時", "超時", "超时", "時限"),
    "retries": ("retry", "retries", "重試", "重试"),
    "poll": ("poll", "輪詢", "轮询"),
    "approve": ("needs approval", "approval", "approve", "需核准", "需要核准", "需批准", "需要批准", "核准"),
    "approvals": ("approvals", "quorum", "核准人數", "核准人数"),
    "done_when": ("done when", "完成條件", "完成条件"),
    "on": ("on", "target", "於", "目標", "目标"),
    "idempotent": ("idempotent", "repeatable", "可重複", "可重复", "冪等", "幂等"),
    # of a degrade option
    "condition": ("condition", "conditions", "when", "條件", "条件"),
    "time": ("time", "takes", "duration", "時間", "时间", "所需時間"),
    "risk": ("risk", "risks", "風險", "风险"),
    "effect": ("effect", "effects", "impact", "影響", "影响"),
    # of a section or the document
    "check": ("check", "checks", "verify", "驗證", "验证", "檢查", "测试", "測試"),
    "soak": ("soak", "watch for", "monitoring time", "監控時長", "监控时长", "觀察時間", "观察时间", "浸泡"),
    "owner": (
        "owner",
        "owned by",
        "maintainer",
        "maintained by",
        "負責人",
        "负责人",
        "維護人",
        "维护人",
        "維護者",
    ),
    "reviewed": ("last updated", "last reviewed", "reviewed", "更新日期", "最後更新", "最后更新"),
    "severity": ("severity", "priority", "嚴重程度", "緊急程度", "嚴重等級", "严重程度", "紧急程度"),
}
OF_STEP = frozenset(
    {"expect", "wait", "timeout", "retries", "poll", "approve", "approvals", "done_when", "on", "idempotent"}
)
OF_OPTION = frozenset({"condition", "time", "risk", "effect"})

_BY_NAME = {name: label for label, names in NAMES.items() for name in names}
_LABEL = re.compile(
    r"^\s{0,80}(?:[-*+]\s{1,8})?[*_]{0,2}([^\W\d_][^*_:：\n`]{0,28}?)\s{0,8}[*_]{0,2}\s{0,8}[:：]\s{0,8}[*_]{0,2}\s*(.*)$"
)


@dataclass(frozen=True, slots=True)
class Label:
    label: str
    value: str
    line: int


def label_of(line: str, number: int) -> Label | None:
    """The label that a line begins with."""
    found = _LABEL.match(line[:2_000])
    if not found:
        return None
    label = _BY_NAME.get(" ".join(found.group(1).casefold().split()))
    return Label(label, found.group(2).strip().strip("*_").strip(), number) if label else None


def labels_in(blocks: Sequence[Block]) -> Iterator[Label]:
    """Every label of paragraphs and list items here, those in lists within lists included."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from _of_paragraph(block)
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from labels_in(item.blocks)


def _of_paragraph(block: Paragraph) -> Iterator[Label]:
    for offset, line in enumerate(block.text.split("\n")):
        found = label_of(line, block.line + offset)
        if found:
            yield found


def step_labels(block: Block) -> list[Label] | None:
    """The labels of a paragraph or list that says nothing but labels of a step; else None."""
    if isinstance(block, Fence):
        return None
    if isinstance(block, Paragraph):
        found = [label_of(line, block.line + offset) for offset, line in enumerate(block.text.split("\n"))]
    elif isinstance(block, Bullets):
        found = [
            label_of(item.text, item.line)
            if len(item.blocks) == 1 and item.task is None and "\n" not in item.text
            else None
            for item in block.items
        ]
    else:
        return None
    labels = [each for each in found if each is not None and each.label in OF_STEP]
    return labels if labels and len(labels) == len(found) else None


def is_check_line(block: Block) -> bool:
    """A paragraph that is only `Check:`."""
    if not isinstance(block, Paragraph) or "\n" in block.text:
        return False
    found = label_of(block.text, block.line)
    return found is not None and found.label == "check" and not found.value


def code_span(value: str) -> str | None:
    """What stands between the backticks of a value that is one code span."""
    text = value.strip().rstrip("。.").strip() if not value.strip().endswith("`") else value.strip()
    ticks = len(text) - len(text.lstrip("`"))
    if not ticks or len(text) <= 2 * ticks or not text.endswith("`" * ticks):
        return None
    inside = text[ticks:-ticks]
    return inside.strip() if "`" * ticks not in inside else None


def words(value: str) -> str:
    return plain(value)
