"""When is the next sign of life due? After a period, or at the times of a cron expression in a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

LONGEST_CRON = 100
_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Either `period` or `cron`. A cron expression is read in `zone`, and over a change of clocks as Debian's cron does
    (github.com/cuu508/cronsim).
    """

    period: timedelta | None = None
    cron: str = ""
    zone: str = "UTC"

    def next(self, after: datetime) -> datetime:
        """The first time after `after`, in UTC."""
        if self.period is not None:
            return after + self.period
        return next(CronSim(self.cron, after.astimezone(ZoneInfo(self.zone)))).astimezone(UTC)

    def __str__(self) -> str:
        return self.cron if self.period is None else str(self.period)


def checked_cron(text: str) -> str:
    """The expression in five fields, if it ever comes true. Raises ValueError saying what is wrong."""
    text = _WORDS.get(text.strip(), text)
    how = "write five fields, such as `0 4 * * *`, or a word such as @daily"
    if len(text) > LONGEST_CRON:
        raise ValueError(f"a cron expression has at most {LONGEST_CRON} characters")
    try:
        next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"{text!r} is no cron expression ({error}); {how}") from None
    except StopIteration:
        raise ValueError(f"{text!r} never comes true; {how}") from None
    return text
