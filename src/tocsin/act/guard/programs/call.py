"""What does a judge get to see of a command, and whom may it ask?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.act.guard.verdict import Level, Reason, Verdict
from tocsin.act.guard.words import Word

BUILT = "runs code that is only put together at run time"
BUILT_SAFER = "hand values over as arguments or environment, not inside the code"
UNSEEN = "runs what is piped in, unseen"
UNSEEN_SAFER = "save it, read it, then run it"

HARMLESS_TARGETS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "-"})


@dataclass(frozen=True, slots=True)
class Looking:
    """What a judge may ask of the guard: the verdict on a command, and on a text that a shell would run."""

    command: Callable[[Sequence[Word]], Verdict]
    text: Callable[[str], Verdict]


@dataclass(frozen=True, slots=True)
class Call:
    """A command to judge: its arguments, what is fed to it, and how it looks as written."""

    arguments: tuple[Word, ...]
    part: str
    fed: Word | None  # what it reads, where that can be seen: a here-document, or `echo … |`
    piped: bool  # reads what cannot be seen
    guard: Looking

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.arguments]

    @property
    def plain(self) -> list[Word]:
        """The arguments that do not look like options."""
        return [each for each in self.arguments if not each.text.startswith("-") or each.text == "-"]

    def reason(self, level: Level, why: str, safer: str = "") -> Reason:
        return Reason(part=self.part, level=level, why=why, safer=safer)

    def values(self, *options: str, flags: str = "") -> list[Word]:
        """The values of an option: `-c X`, `-cX`, `-tAc X` (behind letters of `flags`), `--long X`, `--long=X`."""
        found: list[Word] = []
        for at, word in enumerate(self.arguments):
            for option in options:
                told = _value(word, option, flags)
                if told == "":
                    found.extend(self.arguments[at + 1 : at + 2])
                elif told is not None:
                    found.append(Word(told, word.fixed))
        return found

    def code(self, told: Word) -> list[Reason]:
        """The reasons of a text that a shell will run."""
        if not told.fixed:
            return [self.reason("destroy", BUILT, BUILT_SAFER)]
        return list(self.guard.text(told.text).findings) or [self.reason("read", "does nothing")]


Judge = Callable[[Call], list[Reason] | None]


def _value(word: Word, option: str, flags: str) -> str | None:
    """What stands behind an option in the same word; "" where the next word is meant, None where it is not there."""
    text = word.text
    if text == option:
        return ""
    if option.startswith("--"):
        return text[len(option) + 1 :] if text.startswith(f"{option}=") else None
    if len(option) > 2 or not text.startswith("-") or text.startswith("--"):
        return None
    at = text.find(option[1], 1)
    if at < 0 or not all(each in flags for each in text[1:at]):
        return None
    return text[at + 1 :]


def written(target: Word) -> tuple[Level, str, str]:
    """What writing to a path does: a file is a change, a device the loss of what was on it."""
    path = target.text
    if path in HARMLESS_TARGETS or path.startswith(("/dev/fd/", "/proc/self/fd/")):
        return "read", "prints it", ""
    if path.startswith(("/dev/tcp/", "/dev/udp/")):
        return "change", "sends something over the network", ""
    if path.startswith("/dev/shm/"):  # noqa: S108 - a path of the command, nothing is written there
        return "change", "writes a file in memory", ""
    if path.startswith("/dev/"):
        return "destroy", "writes onto a device", "lsblk shows what is on it"
    if path == "/proc/sysrq-trigger" or path.endswith(("/device/delete", "/remove", "/reset")):
        return (
            "destroy",
            "stops or removes something of the machine at once",
            "systemctl reboot ends it cleanly",
        )
    return "change", "writes a file", ""
