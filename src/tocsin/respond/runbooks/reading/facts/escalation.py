"""Who comes next, and when do they? Lists, tables, chains of arrows and sentences below a heading of escalation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tocsin.respond.runbooks.document import Escalation
from tocsin.respond.runbooks.reading.blocks import Bullets, Fence, Grid, Item, Paragraph, Part, Row
from tocsin.respond.runbooks.reading.facts.cells import cell, is_reach, words
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.flow import Placed, lines_in, named, placed, split_note
from tocsin.respond.runbooks.reading.headings import plain, title_of

_TEXTS = frozenset({"", "text", "txt", "plain", "plaintext"})
_PERSON = re.compile(
    r"@\w|\b(?:engineers?|leads?|leader|managers?|management|teams?|on-?call|cto|ceo|cio|ciso|vp|director|head|support|dbas?|sres?"
    r"|responders?|commander|architects?|admins?|administrators?|owners?|vendors?|operators?|developers?|devops|executives?"
    r"|experts?|specialists?|primary|secondary|tier\s?\d|l[1-5]|level\s?[1-5]|security|legal|helpdesk|officer|coordinator)\b"
    r"|工程師|工程师|架構師|架构师|主管|經理|经理|值班|團隊|团队|負責人|负责人|主任|總監|总监|部門|部门|廠商|厂商|供應商|供应商"
    r"|領導|领导|管理層|管理层|專家|专家|組長|组长|運維|运维|人員|人员|客服|法務|法务|指揮|指挥|主導|主导|一線|二線|三線|值守",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^(?:if|when|after|once|unless|for|on(?!\scall)|in case|at|not|no|beyond|over|no response|not resolved|unresolved)"
    r"(?=[\s:]|$)"
    r"|^(?:若|如果|如|當|当|超過|超过|逾|在|持續|持续|無法|无法|未能|經過|经过)|^[<>≥≤~]?\s?\d|^(?:P|SEV-?|S)[0-5](?!\d)",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"""(?<![\w-])(?:escalate|page|call|notify|contact|involve|inform|hand\s?(?:over|off)|alert|engage)\s+
         (?:it\s+|this\s+)?(?:to\s+|with\s+)?(?:the\s+)?(?P<en>[^,.;:()]{2,80}?)
         (?=\s+(?:if|when|after|once|within|immediately|via|by|at|on(?!-|\scall|\sduty)|in|for)\b|[,.;:()]|$)
       | (?:升級(?:至|給|到)|升级(?:至|给|到)|通知|聯繫|聯絡|联系|呼叫|轉交|转交|請求|请求
            |上報(?:至|給)?|上报(?:至|给)?)
         \s{0,2}(?P<zh>[^，,。；;：:（(]{1,40})""",
    re.VERBOSE | re.IGNORECASE,
)
_WHEN_PART = re.compile(
    r"(?:\b(?:if|when|after|once|unless|within|immediately)\b|若|如果|當|当|超過|超过)[^.;。；]{0,160}",
    re.IGNORECASE,
)
_ASKS_WHO = re.compile(
    r"^(?:who|whom|escalate to|contact|notify|誰|谁|聯絡|联系|聯繫|通知|升級(?:至|到|對象)|升级(?:至|到|对象))",
    re.IGNORECASE,
)
_ASKS_WHEN = re.compile(
    r"^(?:when|condition|criteria|trigger|time|何時|何时|條件|条件|時機|时机|觸發|触发)", re.IGNORECASE
)
_ESCALATES = re.compile(r"escalat|升級|升级|上報|上报", re.IGNORECASE)
_NAMES_IT = re.compile(r"escalat", re.IGNORECASE)
"""In English only: the Chinese word alone may mean an upgrade."""
_ARROW = re.compile(r"\s{0,4}(?:→|⇒|=>|->|➜|>)\s{0,4}")


def escalation_of(root: Part) -> list[Escalation]:
    """Who comes next and when, in the order in which the document calls them."""
    steps: list[Escalation] = []
    for at in placed(root):
        if isinstance(at.each, Grid):
            steps.extend(_escalation_of_grid(at.each, told=at.below("escalation", _NAMES_IT)))
        elif isinstance(at.each, Bullets | Paragraph | Fence) and at.below("escalation", _NAMES_IT):
            steps.extend(_escalation_in(at))
    return _answered(steps)


def _escalation_in(at: Placed) -> Iterator[Escalation]:
    if isinstance(at.each, Bullets):
        for item in at.each.items:
            yield from _escalation_of_item(item, ordered=at.each.ordered)
    elif isinstance(at.each, Paragraph):
        for line in lines_in([at.each]):
            yield from _escalation_of_line(line.text, line.line)
    elif isinstance(at.each, Fence) and at.each.info.split(" ", 1)[0].lower() in _TEXTS:
        for offset, text in enumerate(at.each.text.split("\n")[:200]):
            yield from _escalation_of_line(text, at.each.text_line + offset)


def _escalation_of_item(item: Item, *, ordered: bool) -> Iterator[Escalation]:
    first = item.text.split("\n", 1)[0]
    said = named(first)
    inner = [each for each in item.blocks if isinstance(each, Bullets)]
    if said is not None and not said.value and inner and not _PERSON.search(said.name):
        for bullets in inner:
            for each in bullets.items:
                yield from _escalation_of_item(each, ordered=False)
        return
    if said is not None and said.value:
        yield from _of_pair(said.name, said.value, item.line, ordered=ordered)
        return
    called = list(_escalation_of_line(first, item.line))
    if called:
        yield from called
        return
    who = title_of(first)
    if len(who) <= 80 and not _CONDITION.search(who) and (ordered or _PERSON.search(who)):
        who, when = split_note(who)
        yield Escalation(who=who, line=item.line, when=when)


def _of_pair(name: str, value: str, line: int, *, ordered: bool) -> Iterator[Escalation]:
    told = plain(value)
    if _ASKS_WHEN.match(name) and not _PERSON.search(name):
        yield Escalation(who="", line=line, when=told)
    elif _ASKS_WHO.match(name):
        yield Escalation(who=told, line=line)
    elif _CONDITION.search(name) and not _PERSON.search(name):
        called = _CALLS.search(told)
        yield Escalation(who=_called(called) if called else told, line=line, when=name)
    elif ordered or _PERSON.search(name):
        said_so = is_reach(value) or re.fullmatch(r"[\[<].{0,80}[\]>]", told)
        yield Escalation(who=name, line=line, when="" if said_so else told)


def _called(found: re.Match[str]) -> str:
    return (found.group("en") or found.group("zh") or "").strip()


def _escalation_of_line(text: str, line: int) -> Iterator[Escalation]:
    """`A → B → C`, or a sentence: `If it lasts 30 minutes, page the database team`."""
    told = plain(text)
    chain = [each for each in _ARROW.split(told) if each]
    if (
        len(chain) == 2
        and _PERSON.search(chain[1])
        and (_CONDITION.search(chain[0]) or not _PERSON.search(chain[0]))
    ):
        called = _CALLS.search(chain[1])
        yield Escalation(who=_called(called) if called else chain[1], line=line, when=chain[0])
        return
    if len(chain) > 1 and sum(1 for each in chain if _PERSON.search(each)) * 2 >= len(chain):
        yield from (Escalation(who=each.strip(" :："), line=line) for each in chain[:12])
        return
    called = _CALLS.search(told[:400])
    if called is None or not _PERSON.search(_called(called)):
        return
    outside = f"{told[: called.start()]} \n {told[called.end() :]}"
    when = _WHEN_PART.search(" ".join(outside.split()))
    yield Escalation(who=_called(called), line=line, when=when.group().strip(" ,，") if when else "")


def _answered(steps: Sequence[Escalation]) -> list[Escalation]:
    """A lone `When to escalate: …` goes to the `Who: …` beside it, before or after; alone it calls nobody."""
    told: list[Escalation] = []
    waiting = ""
    for step in steps:
        if step.who:
            told.append(replace(step, when=step.when or waiting))
            waiting = ""
        elif told and not told[-1].when:
            told[-1] = replace(told[-1], when=step.when)
        else:
            waiting = step.when
    return told


def _escalation_of_grid(grid: Grid, *, told: bool) -> Iterator[Escalation]:
    """A table below a heading of escalation, or one that has a column for it."""
    columns = Columns(grid)
    named_so = next((at for at, name in enumerate(grid.columns) if _ESCALATES.search(plain(name))), None)
    where = {"who": named_so} if named_so is not None else columns.places("who") if told else None
    if where is None:
        return
    for row in grid.rows:
        who = plain(cell(row, where["who"]))
        if who and who not in ("-", "–", "—", "N/A"):
            yield Escalation(who=who, line=row.line, when=_when_of_row(columns, row, where))


def _when_of_row(columns: Columns, row: Row, where: dict[str, int]) -> str:
    taken = dict(where)
    told: list[str] = []
    for meaning in ("level", "time", "condition", "threshold", "respond"):
        at = columns.find(meaning, taken)
        if at is not None and (text := words(cell(row, at))):
            told.append(" ".join(text.split("\n")))
            taken[meaning] = at
    return ", ".join(told[:2])
