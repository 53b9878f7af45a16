"""What does the configuration say? One tree of frozen models, composed of the sections that rooms declare.

A room declares the top-level keys it owns as a `Section`; `app` composes all sections into one class that inherits
from each of them, so the one configuration object *is* every section: a room asks for `Current[ItsSection]`
and gets a value of its own type, whatever stands above. A reload swaps the whole object at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema

from tocsin.ground.kernel.duration import format_duration


class Settings(BaseModel):
    """Base of every model in the configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class AsWritten(GenerateJsonSchema):
    """The JSON Schema of settings, with defaults as a person writes them: `5m`, not `PT5M`."""

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something wrong in the configuration: `path` leads to it from the root (keys and list positions)."""

    path: tuple[str | int, ...]
    message: str
    fix: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    level: str = "error"  # error | warning

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        where = ".".join(str(part) for part in self.path)
        text = f"{place}{where + ': ' if where else ''}{self.message}"
        return f"{text}\n    {self.fix}" if self.fix else text


class Section(Settings):
    """Top-level keys that belong to one room."""

    def cross_check(self) -> Iterable[Problem]:
        """Mistakes that no single field shows: names that lead nowhere, gaps. `self` is the whole configuration."""
        return ()


S = TypeVar("S", bound=Section, covariant=True)
Current = Callable[[], S]
"""The configuration as it is now. Ask each time: a reload swaps it."""


class Holder(Generic[S]):
    """Holds the configuration in force; `swap` is atomic."""

    def __init__(self, first: S) -> None:  # pyright: ignore[reportGeneralTypeIssues] - covariant, yet swapped
        self._value = first

    def __call__(self) -> S:
        return self._value

    def swap(self, value: S) -> None:  # pyright: ignore[reportGeneralTypeIssues] - covariant, yet swapped
        self._value = value
