"""What is said of a number that is out of bounds? The alert of a monitor, in the language of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.ground.catalogue import Service
from tocsin.ground.i18n import N_, translate
from tocsin.sense.alerts import Signal
from tocsin.sense.monitor.section import MetricMonitor
from tocsin.sense.monitor.threshold import Judgement

_NOT_MEASURED = N_("{service}: {name} is not measured")
_SUMMARIES = {
    "reaches": N_("{service}: {name} is {value}, which reaches {limit}"),
    "sinks_to": N_("{service}: {name} is {value}, no more than {limit}"),
    "falls_by": N_("{service}: {name} is {value}, {change} less than the usual {normal}"),
    "rises_by": N_("{service}: {name} is {value}, {change} more than the usual {normal}"),
    "times": N_("{service}: {name} is {value}, {ratio} times the usual {normal}"),
}
RULES = {
    "": N_("no bound: it is measured for policies"),
    "reaches": N_("{limit} or more"),
    "sinks_to": N_("{limit} or less"),
    "falls_by": N_("{limit} less than usual, or lower"),
    "rises_by": N_("{limit} more than usual, or higher"),
    "times": N_("{limit} times the usual, or more"),
}
"""What is out of bounds, by the kind of the bound."""


def number(value: float, unit: str = "") -> str:
    """`0.05`, `1234`, `3.2 ms`: four digits, whole numbers whole."""
    text = f"{value:.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def percent(share: float) -> str:
    """0.3 → `30 %`."""
    return f"{share * 100:.3g} %"


def limit_of(monitor: MetricMonitor) -> str:
    """The figure of its bound as people write it."""
    if monitor.bound in ("falls_by", "rises_by"):
        return percent(monitor.limit)
    return number(monitor.limit, "" if monitor.bound == "times" else monitor.unit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """Words the alerts of one monitor."""

    slug: str
    monitor: MetricMonitor
    service: Service
    language: str

    def breach(self, judged: Judgement, since: datetime | None) -> Signal:
        """It is out of bounds."""
        return Signal(
            labels=self._labels(),
            annotations={"summary": self._summary(judged), **self.measures(judged)},
            value=judged.value,
            starts_at=since,
            dedup_key=self.slug,
        )

    def over(self) -> Signal:
        """It is within its bounds again, or watched no more."""
        return Signal(labels=self._labels(), resolved=True, dedup_key=self.slug)

    def blind(self, problem: str, since: datetime | None) -> Signal:
        """Nobody can say how it is."""
        return Signal(
            labels=self._blind_labels(),
            annotations={"summary": self._said(_NOT_MEASURED), "description": problem},
            starts_at=since,
            dedup_key=f"{self.slug}/blind",
        )

    def sees(self) -> Signal:
        """It is measured again."""
        return Signal(labels=self._blind_labels(), resolved=True, dedup_key=f"{self.slug}/blind")

    def measures(self, judged: Judgement) -> Mapping[str, str]:
        """The numbers as annotations, which policies read."""
        return {name: f"{value:.6g}" for name, value in numbers(self.monitor, judged).items()}

    def _summary(self, judged: Judgement) -> str:
        unit = self.monitor.unit
        return self._said(
            _SUMMARIES[self.monitor.bound],
            value=number(judged.value, unit),
            limit=limit_of(self.monitor),
            normal="" if judged.normal is None else number(judged.normal, unit),
            change="" if judged.change is None else percent(abs(judged.change)),
            ratio="" if judged.ratio is None else number(judged.ratio),
        )

    def _said(self, text: str, **values: str) -> str:
        return translate(
            self.language,
            text,
            service=self.service.title or self.monitor.service,
            name=self.monitor.name,
            **values,
        )

    def _labels(self) -> dict[str, str]:
        monitor = self.monitor
        severity = {"severity": monitor.severity} if monitor.severity else {}
        own = {"alertname": monitor.name, "service": monitor.service, "monitor": self.slug}
        return {**monitor.labels, **severity, **own}

    def _blind_labels(self) -> dict[str, str]:
        name = f"{self.monitor.name} is not measured"
        return {"severity": "warning", **self._labels(), "alertname": name}


def numbers(monitor: MetricMonitor, judged: Judgement) -> dict[str, float]:
    """What was measured, by the name that conditions use: the value, and what it is against normal."""
    found = {monitor.measure: judged.value}
    if judged.change is not None:
        found[monitor.change] = judged.change
    if judged.ratio is not None:
        found[monitor.ratio] = judged.ratio
    return found
