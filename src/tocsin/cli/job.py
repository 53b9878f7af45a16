"""Who is told of a run, and what? A heartbeat of its start and end, or an alert of its failure.

Where to: an address (`--url`, TOCSIN_PING_URL), or a name with TOCSIN_URL and the intake key in TOCSIN_KEY (which may
also stand in TOCSIN_TOKEN). A key goes into a header, never into a path that somebody logs.
"""

from __future__ import annotations

import json
import platform
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from tocsin import __version__
from tocsin.cli.reporting import TIMEOUT_S, Report, Sent, send, send_later
from tocsin.cli.wrapped import Ended

_KEY_PREFIX = "in_"
_URL = "http://127.0.0.1:9911"
_HEADERS = {"user-agent": f"tocsin-exec/{__version__}", "content-type": "application/octet-stream"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """A heartbeat to ping. `query` goes with every ping."""

    url: str
    headers: Mapping[str, str]
    query: str = ""

    def report(self, end: str, rid: str, body: bytes = b"") -> Report:
        query = "&".join(each for each in (f"rid={rid}", self.query) if each)
        return Report(url=f"{self.url}{end}?{query}", headers={**_HEADERS, **self.headers}, body=body)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """An alert to send when the run fails, and to end when it does not."""

    url: str
    headers: Mapping[str, str]
    name: str
    service: str | None

    def report(self, ended: Ended) -> Report:
        host = platform.node()
        labels = {"host": host, **({"service": self.service} if self.service else {})}
        told = {
            "name": f"{self.name} failed",
            "status": "firing" if ended.status else "resolved",
            "dedup_key": f"exec:{self.name}@{host}"[:255],
            "labels": labels,
            "annotations": {
                "summary": f"{self.name} failed with exit status {ended.status}",
                "output": ended.output.decode("utf-8", "replace"),
                "exit_status": str(ended.status),
                "duration_s": f"{ended.seconds:.1f}",
            },
        }
        headers = {**_HEADERS, **self.headers, "content-type": "application/json"}
        return Report(url=self.url, headers=headers, body=json.dumps(told).encode())


class Job:
    """One run, and who hears of it. `silent` says why nobody does, if so."""

    def __init__(self, heartbeat: Heartbeat | None, alert: Alert | None, silent: str = "") -> None:
        self.silent = silent
        self._heartbeat = heartbeat
        self._alert = alert
        self._rid = str(uuid.uuid4())
        self._start: threading.Thread | None = None
        self._began = Sent()

    def begin(self) -> None:
        """Tells of the start beside the run, which does not wait for it."""
        if self._heartbeat:
            self._start = threading.Thread(target=self._tell_start, args=(self._heartbeat,), daemon=True)
            self._start.start()

    def _tell_start(self, heartbeat: Heartbeat) -> None:
        self._began = send(heartbeat.report("/start", self._rid))

    def end(self, how: Ended) -> Sequence[str]:
        """Tells how it ended; what could not be told now is told later. Says what nobody has heard yet, and why."""
        reports: list[Report] = []
        if self._heartbeat:
            if self._start:
                self._start.join(TIMEOUT_S)
            reports.append(self._heartbeat.report(f"/{how.status}", self._rid, how.output))
        if self._alert:
            reports.append(self._alert.report(how))
        return [why for report in reports if (why := self._tell(report))]

    def _tell(self, report: Report) -> str:
        sent = send(report)
        if not sent.again:
            return sent.why
        try:
            send_later(report)
        except OSError as error:  # the status of the job is worth more than the report of it
            return f"{sent.why}; it cannot be tried again: {error.strerror or error}"
        return f"{sent.why}; it is tried again in the background"


def job_of(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    url: str | None,
    slug: str | None,
    create: bool,
    alert: bool,
    name: str | None,
    service: str | None,
) -> Job:
    """Who hears of this run, by the options and the environment. What is missing is said, and the run goes on."""
    base = (environment.get("TOCSIN_URL", "").strip() or _URL).rstrip("/")
    token = environment.get("TOCSIN_TOKEN", "").strip()
    key = environment.get("TOCSIN_KEY", "").strip() or (token if token.startswith(_KEY_PREFIX) else "")
    silent = ""
    heartbeat: Heartbeat | None = None
    address = (url or ("" if slug else environment.get("TOCSIN_PING_URL", ""))).strip().rstrip("/")
    if address:
        heartbeat = Heartbeat(url=address, headers={})
    elif slug and key:
        heartbeat = Heartbeat(
            url=f"{base}/ping/{quote(slug, safe='')}",
            headers={"authorization": f"Bearer {key}"},
            query="create=1" if create else "",
        )
    elif slug:
        silent = "--slug needs an intake key of the kind heartbeat in TOCSIN_KEY"
    elif not alert:
        silent = "no address and no name of a heartbeat is given"
    wanted: Alert | None = None
    if alert and (token or key):
        wanted = Alert(
            url=f"{base}/api/v1/alerts",
            headers={"authorization": f"Bearer {token or key}"},
            name=name or slug or PurePath(command[0]).name,
            service=service,
        )
    elif alert:
        silent = "--alert-on-failure needs a token or an intake key in TOCSIN_TOKEN"
    return Job(heartbeat, wanted, silent)
