"""Does a command that cannot be taken back come without a word of warning?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding, Option, Rung, Step
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.reading.labels import label_of

_WARNS = re.compile(
    r"""
      \b(?:warn(?:ing|s)?|caution|danger(?:ous)?|careful(?:ly)?|beware|attention|destructive|irreversib(?:le|ly)
        |risk(?:y|s)?|permanent(?:ly)?|unrecoverable|last\ resort|back-?ups?|back\ up|snapshots?|data\ loss
        |los(?:e|es|ing|s)|delet(?:e|es|ed|ing)|remov(?:e|es|ed|ing)|wip(?:e|es|ed|ing)|destroy(?:s|ed|ing)?
        |drop(?:s|ped|ping)?|truncat(?:e|es|ed|ing)|eras(?:e|es|ed|ing)|kill(?:s|ed|ing)?|terminat(?:e|es|ed|ing)
        |overwrit(?:e|es|ten|ing)|prun(?:e|es|ed|ing)|purg(?:e|es|ed|ing)|discard(?:s|ed|ing)?|approv(?:al|ed|e))\b
    | ⚠ | ❗ | ‼ | 🚨 | 💥 | ☠
    | 警告 | 注意 | 小心 | 謹慎 | 谨慎 | 危險 | 危险 | 風險 | 风险 | 不可逆 | 無法復原 | 无法恢复 | 無法恢復 | 備份
    | 备份 | 刪除 | 删除 | 清除 | 清空 | 移除 | 遺失 | 丢失 | 終止 | 终止 | 核准 | 批准 | 最後手段 | 切勿 | 請勿 | 请勿
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Words that warn, ask for approval, or say that something is taken away."""

_ABOVE, _BELOW = 12, 6
_COMMENT = re.compile(r"(?:^|\s)(?:#|--|//)(?!!)\s?(\S.*)$")


class UnguardedDestroy(Rule):
    id = "unguarded-destroy"
    level = "warning"
    title = "A destructive step comes without a warning"
    why = "Half asleep, one runs it like the line before. What it takes away does not come back."
    fix = "say in words what is lost, put `> [!CAUTION]` before it, or add the line `Needs approval: yes` below it"
    example = """\
## Resolution

### Option 1: Start anew

```bash
docker compose down -v
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
    fixed = """\
## Resolution

### Option 1: Start anew

> [!CAUTION]
> The volumes are deleted, and with them every order that is not in a backup.

```bash
docker compose down -v
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        unparsed = {each.line for each in subject.document.findings if each.rule == "unparsed"}
        risks = _risks(subject)
        for step in subject.runnable:
            if step.level != "destroy" or step.id in risks or step.line in unparsed:
                continue
            # What nobody can know before it runs is no loss that its author could warn of.
            loses = [why for why in step.why_level if "run time" not in why]
            if loses and not _WARNS.search(_words_around(subject, step)):
                yield self.at(step.line, f"nothing warns of this: {loses[0]}")


def _risks(subject: Subject) -> set[str]:
    """The steps of attempts and options whose author names the risk."""
    rungs: list[Rung | Option] = [rung for ladder in subject.document.ladders for rung in ladder.rungs]
    rungs.extend(subject.document.degrade)
    return {step.id for rung in rungs if rung.risk for step in rung.steps}


def _words_around(subject: Subject, step: Step) -> str:
    """What its author says near the step: its title, the words above and below it, its comments; no command."""
    fence = subject.fence_of(step.line)
    if fence is None:
        return f"{step.title} {step.verdict_text}"
    section = subject.section_at(fence.line)
    first = max(section.line if section else 1, fence.line - _ABOVE)
    said = [step.title, section.heading if section else ""]
    for number in range(first, min(fence.end + _BELOW, len(subject.lines) + 1)):
        line = subject.lines[number - 1][:1_000]
        inside = subject.fence_of(number)
        if inside is None:
            if number > fence.end and line.startswith("#"):
                break
            said.append(
                "approval" if (label := label_of(line, number)) and label.label == "approve" else line
            )
        elif inside is fence and (comment := _COMMENT.search(line)):
            said.append(comment.group(1))
    said.append("approval" if "approve" in fence.info or "danger" in fence.info else "")
    return "\n".join(said)
