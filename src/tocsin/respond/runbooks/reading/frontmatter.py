"""What does the YAML between the first two `---` say? It is read if it can be, and blanked out of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

from tocsin.ground.kernel import yaml
from tocsin.respond.runbooks.document import Finding

_LONGEST = 500  # lines


@dataclass(frozen=True, slots=True)
class FrontMatter:
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    findings: tuple[Finding, ...] = ()

    def text(self, *names: str) -> str:
        """The first of these keys that holds a word or a number."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return str(value).strip()
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words, or one word."""
        value: Any = self.values.get(name)
        listed = cast("list[Any]", value) if isinstance(value, list) else [value]
        return tuple(str(each) for each in listed if isinstance(each, str) and each.strip())

    def map(self, name: str) -> dict[str, Any]:
        value: Any = self.values.get(name)
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def take(text: str) -> tuple[FrontMatter, str]:
    """The front matter, and the text with empty lines in its place, so that lines keep their numbers."""
    lines = text.split("\n")
    if not lines or not re.fullmatch(r"---\s*", lines[0]):
        return FrontMatter(), text
    end = next(
        (at for at in range(1, min(len(lines), _LONGEST)) if re.fullmatch(r"(?:---|\.\.\.)\s*", lines[at])),
        None,
    )
    # A rule at the top of the page is no front matter: that has a key in its first line.
    if end is None or not any(re.match(r"[\w-]+\s*:", line) for line in lines[1:end]):
        return FrontMatter(), text
    tree = yaml.read("\n".join(lines[1:end]))
    blanked = "\n".join([""] * (end + 1) + lines[end + 1 :])
    if tree.problems:
        problem = tree.problems[0]
        finding = Finding(
            rule="front-matter",
            level="error",
            line=problem.line + 1,
            message=f"the front matter cannot be read: {problem.message}",
            fix=problem.fix,
        )
        return FrontMatter(findings=(finding,)), blanked
    if tree.data is None:
        return FrontMatter(), blanked
    if not isinstance(tree.data, dict):
        finding = Finding(
            rule="front-matter",
            level="error",
            line=2,
            message="the front matter is no map",
            fix="write lines of the form key: value",
        )
        return FrontMatter(findings=(finding,)), blanked
    return FrontMatter(cast("dict[str, Any]", tree.data)), blanked
