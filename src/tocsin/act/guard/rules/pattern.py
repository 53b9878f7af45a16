"""How is a rule of the guard written?

A pattern is the program and its leading words without options; `*` stands for one word, or a part of one, `...`
for up to four words, `$` for the end. With `flags`, one of them has to be there. The most precise pattern wins: more
words first, then flags; between equals the higher level. A program that is in no table is *change*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.act.guard.verdict import Level


@dataclass(frozen=True, slots=True)
class Rule:
    words: str
    level: Level
    does: str
    safer: str = ""
    flags: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """A command that the rule is about; each rule is tried on its own."""
        told = self.words.replace("...", "one").replace("*", "x").removesuffix(" $")
        return f"{told} {self.flags[0]} thing" if self.flags else told


def rules(level: Level, does: str, patterns: str, safer: str = "") -> Iterator[Rule]:
    """Several patterns of one sentence; a pattern may end in flags, `|` between alternatives."""
    for line in patterns.strip().splitlines():
        words: list[str] = []
        flags: tuple[str, ...] = ()
        for word in line.split():
            if word.startswith("-"):
                flags = tuple(word.split("|"))
            else:
                words.append(word)
        for told in _alternatives(words):
            yield Rule(told, level, does, safer, flags)


def _alternatives(words: list[str]) -> Iterator[str]:
    """`docker a|b` → `docker a`, `docker b`."""
    told = [""]
    for word in words:
        told = [f"{before} {each}".strip() for before in told for each in word.split("|")]
    yield from told
