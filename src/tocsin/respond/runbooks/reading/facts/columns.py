"""What does a column of a table hold? Told by its name, in English and Chinese; more names are added here only.

A word can mean several things: what a table is for is decided by all of its columns together, see `tables.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tocsin.respond.runbooks.reading.blocks import Grid
from tocsin.respond.runbooks.reading.facts.wordlists import listed
from tocsin.respond.runbooks.reading.headings import plain

NAMES: dict[str, tuple[str, ...]] = {
    # of a check table
    "item": listed(
        """
        item, items, check, checks, check item, what to check, what, area, component, layer, target,
        aspect, step, test, question
        檢查項目, 检查项目, 檢查項, 检查项, 檢查點, 检查点, 項目, 项目, 檢查內容, 检查内容, 檢查, 检查,
        檢查對象, 检查对象, 對象, 对象, 步驟, 步骤, 測試, 测试, 確認事項, 确认事项, 排查項, 排查项
        """
    ),
    "command": listed(
        """
        command, commands, method, methods, how, how to check, how to, command / method, query, action,
        run, shell command, fast check, procedure, verification command, diagnostic, cli
        操作指令, 指令, 命令, 方法, 操作, 操作方法, 檢查方法, 检查方法, 檢查命令, 检查命令, 檢查方式,
        检查方式, 驗證方式, 验证方式, 驗證方法, 验证方法, 診斷命令, 诊断命令, 執行, 执行, 怎麼查, 怎么查,
        如何檢查, 如何检查, 作法, 做法
        """
    ),
    "expected": listed(
        """
        expected, expected result, expected results, expected output, expected value, expect, normal,
        healthy, should be, good, pass, normal value, healthy value, ok when, target value, baseline
        預期結果, 预期结果, 預期, 预期, 預期輸出, 预期输出, 預期值, 预期值, 期望結果, 期望结果, 期望值,
        期望, 正常, 正常值, 正常結果, 正常结果, 正常情況, 正常情况, 應有結果, 应有结果, 合格標準,
        合格标准
        """
    ),
    "analysis": listed(
        """
        analysis, interpretation, what it means, verdict, conclusion, if not, if it fails, if abnormal,
        otherwise, reading, how to read it, next step, next steps, diagnosis, evaluation, notes
        分析, 判讀, 判读, 解讀, 解读, 判斷, 判断, 結論, 结论, 異常處理, 异常处理, 異常時, 异常时, 說明,
        说明, 下一步, 結果分析, 结果分析, 意義, 意义, 含義, 含义, 備註, 备注
        """
    ),
    # of a table of known cases
    "case": listed(
        """
        case, issue, problem, scenario, error, incident, failure, fault, failure mode, alert, situation,
        error message, error code, problem type
        案例, 問題, 问题, 情況, 情况, 情境, 場景, 场景, 故障, 故障類型, 故障类型, 錯誤, 错误, 錯誤碼,
        错误码, 錯誤訊息, 错误信息, 事件, 異常, 异常, 告警, 狀況, 状况
        """
    ),
    "symptom": listed(
        """
        symptom, symptoms, sign, signs, indication, indicator, observed, what you see, observation,
        signal, behaviour, behavior
        症狀, 症状, 現象, 现象, 表現, 表现, 徵兆, 征兆, 跡象, 迹象, 特徵, 特征
        """
    ),
    "cause": listed(
        """
        cause, causes, root cause, root causes, possible cause, possible causes, likely cause,
        most likely cause, probable cause, reason, why
        原因, 可能原因, 根本原因, 根因, 常見原因, 常见原因, 成因, 起因
        """
    ),
    "fix": listed(
        """
        fix, fixes, quick fix, solution, solutions, resolution, remedy, remediation, mitigation,
        workaround, action, actions, immediate action, what to do, recovery, how to fix, treatment
        解決方案, 解决方案, 解決方法, 解决方法, 解決, 解决, 解法, 修復, 修复, 快速修復, 快速修复,
        處理方式, 处理方式, 處理方法, 处理方法, 處理, 处理, 處置, 处置, 處置方式, 处置方式, 對策, 对策,
        應對, 应对, 應急措施, 应急措施, 措施, 恢復方式, 恢复方式, 恢復, 恢复
        """
    ),
    "prevention": listed(
        """
        prevention, long-term fix, long term fix, long-term solution, long-term, long term,
        permanent fix, preventive measure, preventive measures, follow-up, improvement
        長期方案, 长期方案, 預防措施, 预防措施, 預防, 预防, 長期修復, 长期修复, 長期, 长期, 根治,
        改進措施, 改进措施, 永久修復, 永久修复, 後續改善, 后续改善
        """
    ),
    # of a table of severities
    "level": listed(
        """
        level, severity, severity level, priority, sev, urgency, incident level, tier, class, grade
        級別, 级别, 等級, 等级, 嚴重程度, 严重程度, 嚴重等級, 严重等级, 嚴重性, 严重性, 優先級, 优先级,
        優先順序, 优先顺序, 緊急程度, 紧急程度, 事故級別, 事故级别, 事件等級, 事件等级, 分級, 分级
        """
    ),
    "name": listed(
        """
        name, label, alias
        名稱, 名称, 稱呼, 称呼
        """
    ),
    "definition": listed(
        """
        definition, description, criteria, impact, meaning, scope, summary, details, condition,
        business impact, user impact, when, characteristics
        定義, 定义, 描述, 說明, 说明, 標準, 标准, 判定標準, 判定标准, 影響, 影响, 影響範圍, 影响范围,
        內容, 内容, 條件, 条件
        """
    ),
    "respond": listed(
        """
        response time, response, respond within, time to respond, initial response, first response,
        response target, acknowledge, acknowledgement, acknowledgment, acknowledge within, ack, ack time,
        time to acknowledge, response sla, mtta, react within, reaction time, timeframe, target response
        響應時間, 响应时间, 回應時間, 回应时间, 反應時間, 反应时间, 響應, 响应, 回應, 回应, 響應時限,
        响应时限, 回應時限, 首次響應, 首次响应, 首次回應, 確認時間, 确认时间, 接手時間
        """
    ),
    "restore": listed(
        """
        resolution time, resolution, resolve within, time to resolve, resolution target, resolution sla,
        restore within, restoration time, time to restore, recovery time, recovery target, fix time,
        handling time, resolution goal, target resolution, mttr, rto, mitigate within, time to mitigate,
        fixed within
        處理時間, 处理时间, 解決時間, 解决时间, 恢復時間, 恢复时间, 修復時間, 修复时间, 復原時間,
        复原时间, 解決時限, 解决时限, 處理時限, 处理时限, 修復時限, 修复时限, 恢復目標, 恢复目标,
        解決目標, 解决目标
        """
    ),
    "example": listed(
        """
        example, examples, e.g.
        示例, 例子, 範例, 范例, 舉例, 举例, 典型案例
        """
    ),
    # of an index of runbooks
    "title": listed(
        """
        runbook, runbooks, playbook, document, doc, guide, page, link, file, title, procedure, sop,
        topic
        手冊, 手册, 文件, 文檔, 文档, 流程, 程序, 連結, 链接, 標題, 标题, 預案, 预案, 操作手冊, 操作手册
        """
    ),
    "type": listed(
        """
        type, kind, category
        類型, 类型, 種類, 种类, 類別, 类别, 分類, 分类
        """
    ),
    "threshold": listed(
        """
        threshold, trigger, trigger condition, triggers, when to use, use when, alert condition, when
        閾值, 阈值, 門檻, 门槛, 觸發條件, 触发条件, 觸發, 触发, 適用情況, 适用情况, 使用時機, 使用时机, 什麼時候用,
        什么时候用, 何時使用, 何时使用,
        告警條件, 告警条件
        """
    ),
    # of a table of times
    "time": listed(
        """
        time, when, elapsed, elapsed time, deadline, due, at, time frame, timeframe, window, time window,
        minute, minutes, offset, timing, time limit, by, duration, within
        時間, 时间, 時刻, 时刻, 時限, 时限, 時間點, 时间点, 時間段, 时间段, 時段, 时段, 期限, 截止
        """
    ),
    "deed": listed(
        """
        action, actions, activity, activities, task, tasks, what, what to do, step, steps, milestone,
        goal, objective, event, phase, stage, description, expectation, target
        動作, 动作, 行動, 行动, 活動, 活动, 任務, 任务, 事項, 事项, 目標, 目标, 階段, 阶段, 工作, 內容,
        内容, 操作, 里程碑, 要求, 步驟, 步骤
        """
    ),
    # of people
    "who": listed(
        """
        who, role, person, team, owner, responsible, escalate to, contact person, on-call,
        on-call engineer, primary, service, vendor, department, group, escalation, notify, members,
        position, contact, name, engineer, first responder, first responders, responder, assignee
        角色, 人員, 人员, 姓名, 負責人, 负责人, 團隊, 团队, 聯絡人, 联系人, 聯繫人, 單位, 单位, 部門,
        部门, 對象, 对象, 值班人員, 值班人员, 值班, 升級對象, 升级对象, 通知對象, 通知对象, 職位, 职位,
        廠商, 厂商, 供應商, 供应商, 誰, 谁, 名稱, 名称
        """
    ),
    "reach": listed(
        """
        contact, contact info, contact information, contact details, contact method, how to reach, phone,
        phone number, telephone, mobile, email, e-mail, mail, slack, slack handle, slack channel,
        channel, handle, pager, pagerduty, reach, number, url, address, chat, teams
        聯絡方式, 联系方式, 聯繫方式, 電話, 电话, 手機, 手机, 信箱, 郵箱, 邮箱, 電子郵件, 电子邮件, 頻道,
        频道, 帳號, 账号, 分機, 分机, 聯絡, 联系, 聯繫
        """
    ),
    "about": listed(
        """
        about, purpose, for, responsibility, responsibilities, duty, duties, area, scope, topic,
        when to contact, contact for, use for, notes, note, description, availability, expertise
        職責, 职责, 負責, 负责, 負責範圍, 负责范围, 用途, 說明, 说明, 備註, 备注, 事項, 事项, 領域, 领域,
        聯絡時機, 联系时机, 範圍, 范围
        """
    ),
    "days": listed(
        """
        day, days, weekday, shift, period, date, schedule, rotation, week
        日期, 星期, 班次, 班別, 班别, 排班, 值班時段, 值班时段, 時段, 时段, 輪班, 轮班, 週期, 周期
        """
    ),
    "hours": listed(
        """
        hours, time, shift hours
        時間, 时间, 時段, 时段, 時間段, 时间段, 工時, 工时
        """
    ),
    # of a decision table
    "condition": listed(
        """
        condition, conditions, if, when, criteria, criterion, question, situation, case, finding, result,
        observation, signal, scenario, outcome, answer
        條件, 条件, 情況, 情况, 如果, 若, 判斷, 判断, 判斷條件, 判断条件, 結果, 结果, 情境, 狀況, 状况,
        場景, 场景, 當, 当
        """
    ),
    "decision": listed(
        """
        action, actions, then, do, decision, what to do, response, next step, next, go to, choose,
        recommendation, recommended action, strategy, choice
        動作, 动作, 行動, 行动, 處理, 处理, 決策, 决策, 則, 则, 下一步, 決定, 决定, 建議, 建议, 策略,
        選擇, 选择, 建議動作, 建议动作, 採取行動, 采取行动, 做法, 作法, 對應措施, 对应措施
        """
    ),
}

_MEANINGS: dict[str, frozenset[str]] = {
    name: frozenset(meaning for meaning, names in NAMES.items() if name in names)
    for name in sorted({name for names in NAMES.values() for name in names})
}
_LONGEST = 60
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]{0,60}[)）\]】]")
_SEPARATORS = re.compile(r"\s{0,3}(?:[/|:：·、，,&]|\sand\s|\sor\s|與|与|和|及|或)\s{0,3}")
_PREPOSITION = re.compile(r"\s(?:of|from|for|to|in|by|on|with)\s")
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=2048)
def meanings_of(column: str) -> frozenset[str]:
    """All that a column of this name may hold; nothing for a name that is not known.

    `Typical symptoms` is a symptom and `首次響應時間` a time to respond: where the whole name is not known, the longest
    name that it ends with is taken, else the longest that it begins with.
    """
    line = plain(column)[:_LONGEST].casefold().strip(" \t.:：?？!！*_")
    bare = _BRACKETS.sub("", line).strip()
    for candidate in (line, bare):
        if candidate in _MEANINGS:
            return _MEANINGS[candidate]
    pieces = [_by_part(_PREPOSITION.split(piece, maxsplit=1)[0].strip()) for piece in _SEPARATORS.split(bare)]
    return frozenset[str]().union(*pieces)


def _by_part(name: str) -> frozenset[str]:
    if name in _MEANINGS:
        return _MEANINGS[name]
    for at in range(1, len(name)):
        if _border(name, at) and name[at:] in _MEANINGS:
            return _MEANINGS[name[at:]]
    for at in range(len(name) - 1, 0, -1):
        if _border(name, at) and name[:at].strip() in _MEANINGS:
            return _MEANINGS[name[:at].strip()]
    return frozenset()


def _border(name: str, at: int) -> bool:
    """Whether a word may begin here: at a space in English, anywhere between Chinese characters."""
    return (
        name[at - 1] == " " or bool(_HAN.match(name[at]) and len(name) - at > 1 and at > 0) or name[at] == " "
    )


class Columns:
    """Where in a table stands what? Each column is given away once, the first that fits."""

    def __init__(self, grid: Grid) -> None:
        self._meanings = [meanings_of(column) for column in grid.columns]

    def has(self, *meanings: str) -> bool:
        """Whether each of these can have a column of its own."""
        return self.places(*meanings) is not None

    def places(self, *meanings: str) -> dict[str, int] | None:
        """A column for each of these, all different; None where that cannot be. What is named first chooses first,
        after those for which only one column is left.
        """
        open_meanings = {
            each: [at for at, held in enumerate(self._meanings) if each in held] for each in meanings
        }
        placed: dict[str, int] = {}
        while open_meanings:
            meaning = min(open_meanings, key=lambda each: len(open_meanings[each]))
            places = open_meanings.pop(meaning)
            if not places:
                return None
            placed[meaning] = places[0]
            for others in open_meanings.values():
                if places[0] in others:
                    others.remove(places[0])
        return placed

    def find(self, meaning: str, taken: dict[str, int]) -> int | None:
        """The first column that may hold this and is not yet taken."""
        used = set(taken.values())
        return next(
            (at for at, held in enumerate(self._meanings) if meaning in held and at not in used), None
        )
