"""What does a line of a drawing say of an option, or gather? `Downside: stale data`, 操作:, `Steps:`."""

from __future__ import annotations

import re

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.reading.labels import OF_OPTION, label_of

_MORE = {
    "condition": """
        前提, 前提條件, 前提条件, 適用, 适用, 適用條件, 适用条件, 適用情況, 适用情况, prerequisite, needs,
        prerequisites, precondition, preconditions, requires, use when, only if, if, applies when, applies to
    """,
    "time": """
        耗時, 耗时, 預計時間, 预计时间, 預估時間, 预估时间, 所需时间, eta, estimated time, time needed, time required,
        time to apply, how long
    """,
    "risk": """
        缺點, 缺点, 代價, 代价, 副作用, cost, costs, trade-off, trade-offs, tradeoff, downside, downsides, con, cons,
        drawback, drawbacks, caveat, caveats, side effects
    """,
    "effect": """
        效果, 用戶影響, 用户影响, 結果, 结果, 優點, 优点, user impact, users see, what users see, result, outcome,
        benefit, benefits, pro, pros
    """,
}
"""Further names of what a degrade option says, as drawings have them."""

_BY_NAME = {word.strip(): name for name, words in _MORE.items() for word in words.split(",")}
_LABELLED = re.compile(r"([^:：]{1,30}?)\s*[:：]\s*(.{0,900})$")
_GATHERS = names(
    """
    操作 動作 动作 步驟 步骤 做法 執行 执行 處理 处理 action actions operation operations step steps do how procedure
    command commands
    """
)


def option_label(text: str) -> tuple[str, str] | None:
    """Which of condition, time, risk and effect a line says, and what it says of it."""
    label = label_of(text, 0)
    if label is not None and label.label in OF_OPTION:
        return label.label, label.value
    found = _LABELLED.match(text)
    name = _BY_NAME.get(" ".join(found.group(1).casefold().split())) if found else None
    return (name, found.group(2).strip()) if found and name else None


def group_of(text: str) -> str | None:
    """What stands behind `Steps:` or 操作: on a line that gathers what to do; None on any other line."""
    found = _LABELLED.match(text)
    return found.group(2).strip() if found and found.group(1).casefold() in _GATHERS else None
