"""Do the language versions of a document run the same commands?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from tocsin.respond.runbooks.document import Document, Finding, Step
from tocsin.respond.runbooks.lint.rule import Rule, Subject
from tocsin.respond.runbooks.lint.versions import original_of

_MOST = 400
"""Steps that are compared: the comparison grows with the square of them."""

_COMMENT = re.compile(r"^\s*(?:#|--|//)")
_TRAILING = re.compile(r"\s(?:#|--)\s.{0,500}$")
_TRANSLATED = re.compile(r"""(["'])[^"'\n]{0,500}[^\x00-\x7f"'\n][^"'\n]{0,500}\1""")
_ENGLISH_ECHO = re.compile(r"""^(\s*(?:echo|printf)\s).{0,500}$""")


class VersionsDiffer(Rule):
    id = "versions-differ"
    level = "warning"
    title = "Two language versions run different commands"
    why = (
        "A command was mended in one language only. Who reads the other one repeats the old mistake, and both are "
        "sure that they followed the page."
    )
    fix = "make the blocks the same; translate only words and comments"
    file = "shop.zh-Hant.md"
    beside = (
        (
            "shop.md",
            """\
# Shop is down

## Resolution

```bash
docker compose down
```
""",
        ),
    )
    example = """\
# 商店服務中斷

## 解決方案

```bash
docker compose down -v
```
"""
    fixed = """\
# 商店服務中斷

## 解決方案

```bash
# 資料卷保留
docker compose down
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        if subject.outer is not None:
            return
        original = original_of(subject.document.path, subject.around.versions)
        if original is None:
            return
        here, there = _steps(subject.document), _steps(original)
        matcher = SequenceMatcher(
            None, [_bare(each) for each in there], [_bare(each) for each in here], False
        )
        for what, first, last, begin, end in matcher.get_opcodes():
            if what == "equal":
                continue
            for theirs, ours in zip(there[first:last], here[begin:end], strict=False):
                message = (
                    f"this differs from {original.path}, line {theirs.line}: {_difference(theirs, ours)}"
                )
                yield self.at(ours.line, message)
            common = min(last - first, end - begin)
            for theirs in there[first + common : last]:
                message = f"{original.path}, line {theirs.line}, is missing here: {_short(theirs.text)}"
                yield self.at(here[min(end, len(here)) - 1].line if here and end else subject.head, message)
            for ours in here[begin + common : end]:
                yield self.at(ours.line, f"{original.path} has no such step: {_short(ours.text)}")


def _steps(document: Document) -> list[Step]:
    """What runs, in the order of the file, that of the runbooks inside included."""
    found = {
        step.line: step
        for page in document.within()
        if page.kind != "template"
        for step in page.steps()
        if step.kind not in ("manual", "reference")
    }
    return [step for _, step in sorted(found.items())][:_MOST]


def _bare(step: Step) -> str:
    """What runs, without comments and blanks, and without texts that a translator translates."""
    lines = [_TRAILING.sub("", line[:2_000]) for line in step.text.split("\n") if not _COMMENT.match(line)]
    lines = [_ENGLISH_ECHO.sub(r"\1", _TRANSLATED.sub('""', line)) for line in lines]
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def _difference(theirs: Step, ours: Step) -> str:
    """The first line that differs, as it stands there and here."""
    there, here = _bare(theirs).split("\n"), _bare(ours).split("\n")
    at = next(
        (at for at, (left, right) in enumerate(zip(there, here, strict=False)) if left != right),
        min(len(there), len(here)),
    )
    left = there[at] if at < len(there) else ""
    right = here[at] if at < len(here) else ""
    if not left or not right:
        return f"{_short(left or right)} stands only {'there' if left else 'here'}"
    return f"{_short(left)} there, {_short(right)} here"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= 70 else line[:69] + '…'}`"
