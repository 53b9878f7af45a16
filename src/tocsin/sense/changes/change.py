"""What is a change? A deploy, a configuration, a flag: something that somebody did and that may explain an outage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["started", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change as one message tells it. `dedup_key` is the same in every message about it.

    `kind` is a word such as deploy, merge, config, flag; `version` what was put in place (a tag, a commit);
    `by` who did it; `service` and `environment` are empty where the sender does not say. `series` is for senders whose
    messages about one change have no key in common: an end then belongs to the newest start of its series before it.
    """

    dedup_key: str
    kind: str
    title: str
    state: State
    at: datetime
    service: str = ""
    environment: str = ""
    version: str = ""
    by: str = ""
    url: str = ""
    series: str = ""
