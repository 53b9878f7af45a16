"""When does a row of failing rounds become an alert, and what does the alert say? The memory of one watched service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.act.checks import Round
from tocsin.ground.catalogue import Service
from tocsin.ground.i18n import N_, translate
from tocsin.sense.alerts import Signal
from tocsin.sense.monitor.beat import Turn

SUMMARY = N_("{service}: {failed} of {total} checks fail")


@dataclass(kw_only=True)
class Watch(Turn):
    """One service under watch. `firing` is what the ledger was last told, or held when we began."""

    firing: bool = False
    failing: int = 0
    since: datetime | None = None

    def take(self, looked: Round, service: Service, language: str) -> Signal | None:
        """What there is to tell after one more round; the caller sets `firing` once it has been told."""
        if looked.ok:
            self.failing, self.since = 0, None
            return over(self.name, service) if self.firing else None
        self.failing += 1
        self.since = self.since or looked.at
        needed = service.monitor.rounds if service.monitor else 1
        if not self.firing and self.failing < needed:
            return None
        return self._fires(looked, service, language)

    def _fires(self, looked: Round, service: Service, language: str) -> Signal:
        failed, total = len(looked.failed), len(looked.findings)
        title = service.title or self.name
        return Signal(
            labels=_labels(self.name, service),
            annotations={
                "summary": translate(language, SUMMARY, service=title, failed=failed, total=total),
                "description": "\n".join(str(each) for each in looked.failed),
                "availability": f"{looked.availability:.4g}",
                "error_rate": f"{1 - looked.availability:.4g}",
                "latency_ms": f"{looked.latency_ms:.4g}",
            },
            value=looked.availability,
            starts_at=self.since,
            dedup_key=self.name,
        )


def over(name: str, service: Service) -> Signal:
    """The alert of that service is over."""
    return Signal(labels=_labels(name, service), resolved=True, dedup_key=name)


def _labels(name: str, service: Service) -> dict[str, str]:
    monitor = service.monitor
    severity = {"severity": monitor.severity} if monitor and monitor.severity else {}
    extra = dict(monitor.labels) if monitor else {}
    return {**extra, **severity, "alertname": f"{service.title or name} is failing", "service": name}
