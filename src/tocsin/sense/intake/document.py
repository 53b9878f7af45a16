"""What stands where in somebody's JSON? Nested objects read part by part, so that an error names the field it is about.

Texts are cleaned and cut, never refused for their length: what a sender's document says is shown, and only what tells
one thing from another has to be there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.intake import limits, text
from tocsin.sense.intake.strict_json import read_json

LINE = 256
"""Bytes of a name or a title."""
_UTC = " UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One object of a document. `where` leads to it; `flags`, shared by all parts, tell what had to be mended."""

    given: Mapping[str, Any]
    where: str = ""
    flags: set[str] = field(default_factory=set[str])

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def part(self, name: str) -> Part:
        """The object under that name. Raises Invalid where there is none."""
        value = self.given.get(name)
        if not isinstance(value, dict):
            raise Invalid("must be a JSON object", field=self.path(name), fix="Send it as its format has it.")
        return self._inner(cast("dict[str, Any]", value), name)

    def maybe(self, name: str) -> Part:
        """The object under that name, an empty one where nothing stands there. Raises Invalid for anything else."""
        return self.part(name) if self.has(name) else self._inner({}, name)

    def parts(self, name: str) -> list[Part]:
        """The list of objects under that name; none where nothing stands there."""
        value = self.given.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Invalid("must be a list", field=self.path(name), fix="Send it as its format has it.")
        found: list[Part] = []
        for at, each in enumerate(cast("list[Any]", value)):
            if not isinstance(each, dict):
                where = f"{self.path(name)}[{at}]"
                raise Invalid("must be a JSON object", field=where, fix="Send it as its format has it.")
            found.append(self._inner(cast("dict[str, Any]", each), f"{name}[{at}]"))
        return found

    def line(self, name: str, most: int = LINE) -> str:
        """A text on one line, cut at `most` bytes; "" where there is none."""
        return one_line(text.scalar(self.given.get(name), self.path(name)), self.flags, most)

    def needed(self, name: str, most: int = LINE) -> str:
        """As `line`. Raises Invalid where it is empty."""
        found = self.line(name, most)
        if not found:
            raise Invalid("must not be empty", field=self.path(name), fix="Send it as its format has it.")
        return found

    def prose(self, name: str) -> str:
        """A text of several lines, cut where it is endless."""
        return text.long_text(text.scalar(self.given.get(name), self.path(name)), self.flags)

    def link(self, name: str) -> str:
        return text.link(self.given.get(name), self.path(name), self.flags)

    def moment(self, name: str, *, epochs: bool = False) -> datetime | None:
        """A time, also with the zone written as ` UTC`."""
        value = self.given.get(name)
        if isinstance(value, str) and value.endswith(_UTC):
            value = value.removesuffix(_UTC) + "Z"
        return text.moment(value, self.path(name), self.flags, epochs=epochs)

    def _inner(self, given: Mapping[str, Any], name: str) -> Part:
        return Part(given=given, where=self.path(name), flags=self.flags)


def read_document(payload: bytes) -> Part:
    """The object that a message consists of. Raises Malformed or Invalid."""
    value, mended = read_json(payload)
    return document(value, mended)


def document(value: Any, mended: Iterable[str] = (), where: str = "") -> Part:
    """A decoded value as the root of a document. Raises Invalid where it is no object."""
    if not isinstance(value, dict):
        raise Invalid("must be a JSON object", field=where or "body", fix="Send one object.")
    return Part(given=cast("dict[str, Any]", value), where=where, flags=set(mended))


def one_line(raw: str, flags: set[str], most: int = LINE) -> str:
    """Cleaned, on one line, cut at `most` bytes."""
    return " ".join(text.long_text(raw, flags, most).split())


def key_of(*parts: str) -> str:
    """The parts as one key of de-duplication; parts too long for it are told apart by their digest."""
    joined = "/".join(parts)
    if len(joined) <= limits.DEDUP_KEY:
        return joined
    digest = hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
    return f"{joined[: limits.DEDUP_KEY - len(digest) - 1]}/{digest}"


def texts(pairs: Mapping[str, str]) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in pairs.items() if value}
