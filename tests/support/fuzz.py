"""Does anything that a stranger may write bring the reader, the linter, the guard or a source of alerts down?

`make fuzz` takes the runbooks of `tests/data/runbooks/` and the good messages of each source, breaks them in many ways
for `FUZZ_SECONDS` (60), and asks of each result what has to hold for any text. A text for which it does not hold is
made as small as it gets, printed and kept in `.cache/fuzz/`; `FUZZ_SEED` begins with the same texts again. More than
ten seconds of CPU are a failure too.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import fuzz_sources
from nasty import stands_up

from tocsin.act.guard import judge
from tocsin.respond.runbooks.lint import lint
from tocsin.respond.runbooks.reader import read

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "tests" / "data" / "runbooks"
KEPT = ROOT / ".cache" / "fuzz"
MOST_CPU_S = 10.0
SHRINK_S = 20.0

PIECES = (
    "```", "~~~", "````", "```bash", "```markdown", "```sql", "> ", "- ", "1. ", "- [ ] ", "# ",
    "## Resolution", "## 診斷", "### Attempt 1: a", "方案 2: b", "選項 A: c", "|---|---|", "| a | b |", "|",
    "<!--", "-->", "<details>", "---", "$ ", "\t", "    ", "\n\n", "<NAME>", "${X}", "$(", "`", "**",
    "Expect: `", "Wait: 30s", "在 5 分鐘內", "├─ ", "└─ ", "│ ", "→", "↓", "0m - ", "「", "」", "：", "\\",
    "'", '"', "<<EOF", "((", "{{<",
)  # fmt: skip


class TooSlow(BaseException):
    """Not an `Exception`, so that nothing that is asked swallows it."""


@dataclass(frozen=True)
class Failure:
    target: str
    text: str
    sign: str
    """Kind and place of the error: a smaller text that fails has to fail in the same way."""
    story: str


def read_any(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    stands_up(read("fuzz.md", data), data)


def lint_any(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    last = len(re.split(r"\r\n|\r|\n", text))
    assert all(1 <= finding.line <= last for finding in lint(read("fuzz.md", data), data))


def guard_any(text: str) -> None:
    """Nothing that stands behind it may talk the guard out of what a first command destroys."""
    for kind, first in (("bash", "rm -rf /srv/data"), ("sql", "DROP TABLE orders;"), ("redis", "FLUSHALL")):
        judge(kind, text)
        assert judge(kind, f"{first}\n{text}").level == "destroy", kind
    judge("http", text)


SOURCE = "source-"
TARGETS: dict[str, Callable[[str], None]] = {
    "reader": read_any,
    "linter": lint_any,
    "guard": guard_any,
    **{f"{SOURCE}{kind}": partial(fuzz_sources.read_any, kind) for kind in fuzz_sources.sources()},
}


def main() -> int:
    seconds = float(os.environ.get("FUZZ_SECONDS", "60"))
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(1_000_000))
    texts = [path.read_text("utf-8") for path in sorted(RUNBOOKS.rglob("*.md"))]
    blocks = [block for text in texts for block in re.findall(r"(?s)```[a-z]+\n(.{1,4000}?)```", text)]
    chance = random.Random(seed)
    print(f"fuzz: {len(texts)} runbooks, {seconds:g} s, seed {seed}", flush=True)
    end = time.monotonic() + seconds
    tried = 0
    found: dict[tuple[str, str], Failure] = {}
    while time.monotonic() < end:
        for target in TARGETS:
            if target.startswith(SOURCE):
                text = fuzz_sources.spoilt(target.removeprefix(SOURCE), chance, broken)
            else:
                text = broken(chance.choice(blocks if target == "guard" else texts), texts, chance)
            failure = attempt(target, text)
            tried += 1
            if failure is not None and (target, failure.sign) not in found:
                found[target, failure.sign] = smaller(failure)
                tell(found[target, failure.sign])
    print(f"fuzz: {tried} texts, {len(found)} ways to fail")
    return 1 if found else 0


def attempt(target: str, text: str) -> Failure | None:
    """What goes wrong with this text; None if nothing does."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_CPU_S)
    try:
        TARGETS[target](text)
    except (Exception, TooSlow) as error:
        places = traceback.extract_tb(error.__traceback__)
        ours = [place for place in places if "/tocsin/" in place.filename] or list(places)
        # A slow text is caught wherever it happens to be.
        where = (
            ""
            if isinstance(error, TooSlow)
            else f" at {ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}"
        )
        story = "".join(traceback.format_exception(error, limit=-4))
        return Failure(target, text, type(error).__name__ + where, story)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def broken(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text after one to six accidents."""
    if len(text) > 4_000:
        start = chance.randrange(len(text) - 2_000)
        text = text[start : start + chance.randrange(200, 4_000)]
    for _ in range(chance.randint(1, 6)):
        text = chance.choice(ACCIDENTS)(text, others, chance)[:40_000]
    return text


def _cut(text: str, others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.randint(1, 60) :]


def _put(text: str, others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(PIECES) + text[at:]


def _repeat(text: str, others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + text[at : at + chance.randint(1, 30)] * chance.choice((2, 3, 50, 1_000)) + text[at:]


def _splice(text: str, others: Sequence[str], chance: random.Random) -> str:
    other = chance.choice(others)
    at, start = chance.randint(0, len(text)), chance.randint(0, len(other))
    return text[:at] + other[start : start + chance.randint(1, 600)] + text[at:]


def _swap(text: str, others: Sequence[str], chance: random.Random) -> str:
    lines = text.split("\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines)


def _indent(text: str, others: Sequence[str], chance: random.Random) -> str:
    lines = text.split("\n")
    first = chance.randrange(len(lines))
    ahead = chance.choice(("  ", "   ", "    ", "\t", "> ", "- ", "  - ", "1. "))
    for at in range(first, min(first + chance.randint(1, 12), len(lines))):
        lines[at] = ahead + lines[at]
    return "\n".join(lines)


def _character(text: str, others: Sequence[str], chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    strange = chance.choice(
        ("\0", "\r", "\x0b", "\x1b", "\u2028", "\u202e", "\ufeff", "\ud800", "\U0001f6a8", "\\", "|", "`")
    )
    return text[:at] + strange + text[at + chance.randint(0, 1) :]


ACCIDENTS = (_cut, _put, _repeat, _splice, _swap, _indent, _character)


def smaller(failure: Failure) -> Failure:
    """The smallest text found in a while that fails in the same way: first without lines, then without characters."""
    end = time.monotonic() + SHRINK_S
    for unit in ("\n", ""):
        parts = failure.text.split("\n") if unit else list(failure.text)
        size = len(parts) // 2
        while size and time.monotonic() < end:
            at = 0
            while at < len(parts) and time.monotonic() < end:
                fewer = parts[:at] + parts[at + size :]
                again = attempt(failure.target, unit.join(fewer))
                if again is not None and again.sign == failure.sign:
                    failure, parts = again, fewer
                else:
                    at += size
            size //= 2
    return failure


def tell(failure: Failure) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(failure.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    path = KEPT / f"{failure.target}-{name}.md"
    path.write_bytes(failure.text.encode("utf-8", "surrogatepass"))
    shown = failure.text if len(failure.text) <= 600 else failure.text[:600] + "…"
    print(
        f"\n{failure.target}: {failure.sign}\n{failure.story}{shown!r}\nkept as {path.relative_to(ROOT)}",
        flush=True,
    )


def _slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {MOST_CPU_S:g} s of CPU")


if __name__ == "__main__":
    signal.signal(signal.SIGVTALRM, _slow)
    sys.exit(main())
