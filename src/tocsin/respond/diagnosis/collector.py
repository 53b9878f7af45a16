"""What can be asked of a service? A collector: one question that changes nothing, and its answer.

Where a collector comes from is its `kind`: what Tocsin knows itself (`alerts`, `changes`, `scope`, `measures`), what a
target of the service answers (`target`), what its runbooks ask (`runbook`), and what only a person can look at
(`by_hand`), which is listed so that nobody forgets it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["alerts", "changes", "scope", "measures", "target", "runbook", "by_hand"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Inquiry:
    """One asking. `folder` is its own, `timeout_s` its time-box; `stopped()` says why it should end now, or nothing."""

    folder: Path
    timeout_s: float
    stopped: Callable[[], str] = lambda: ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What came of it: whether that is well, in a few words why, and everything that was shown.

    `facts` is for who reads the answers afterwards, and plain JSON.
    """

    ok: bool
    said: str = ""
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Collector:
    """A question. `key` is unique for a service and safe as a file name; `title` a text of ours or of an author.

    `source` says whom it asks: the name of a target, the path of a runbook. `hint` is how its author reads the answer.
    `ask` may raise a TocsinError that says why it could not ask; None where a person has to look.
    """

    key: str
    title: str
    kind: Kind
    ask: Callable[[Inquiry], Collected] | None
    source: str = ""
    hint: str = ""
