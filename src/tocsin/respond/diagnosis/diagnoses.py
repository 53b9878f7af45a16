"""What is wrong with this service, as far as it can be asked? Diagnoses: started, carried out, read, kept.

1. A press or a command writes the row and wants the work, in one transaction; asked again meanwhile, it is the same.
2. The work asks everything at once and writes each answer as it comes, so that a page shows how far it is.
3. When all are in or late, they are read together, and the timeline of the incident says what was found.

Nothing that is asked changes anything, so after a crash what had no answer is simply asked again.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tocsin.act.actions.action import Action
from tocsin.ground import timeline
from tocsin.ground.catalogue import CatalogueSection, did_you_mean
from tocsin.ground.engine import Leg, Work
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.respond.diagnosis import events as events  # declares the kinds
from tocsin.respond.diagnosis import store as rows
from tocsin.respond.diagnosis.at_once import LATE, ask_all
from tocsin.respond.diagnosis.case import Books, Case
from tocsin.respond.diagnosis.collector import Collected, Collector
from tocsin.respond.diagnosis.findings import Findings, read
from tocsin.respond.diagnosis.own import CHANGED_WITHIN, Known, of_tocsin
from tocsin.respond.diagnosis.section import DiagnosisSection
from tocsin.respond.diagnosis.store import Diagnosis, Part
from tocsin.respond.diagnosis.targets import of_targets
from tocsin.respond.incidents import Incidents
from tocsin.sense.measures import store as measures

_WORK = "diagnosis"
_KEPT = timedelta(days=30)
_USUAL = timedelta(hours=1)
_READ = N_("everything was read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """With whom a diagnosis works. `folder` is for what commands print while they run."""

    store: Store
    clock: Clock
    bell: Bell
    work: Work
    services: Current[CatalogueSection]
    settings: Current[DiagnosisSection]
    incidents: Incidents
    actions: Mapping[str, Action]
    books: Books
    known: Known
    folder: Path


class Diagnoses:
    """Starts diagnoses, carries them out where this process works, and finds them again."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        bench.work.register(_WORK, self._carry_out, failed=self._failed)

    # Questions

    def get(self, conn: Connection, id_: str) -> Diagnosis:
        """Raises NotFound."""
        return rows.get(conn, id_)

    def parts(self, conn: Connection, id_: str, *, texts: bool = False) -> list[Part]:
        """Its questions in their order, with everything that they showed only where `texts` asks for it."""
        return rows.parts(conn, id_, texts=texts)

    def part(self, conn: Connection, id_: str, key: str) -> Part:
        """Raises NotFound."""
        return rows.get_part(conn, id_, key)

    def listed(
        self,
        conn: Connection,
        *,
        incident: str | None = None,
        service: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[Diagnosis]:
        """The newest first. Those of no incident are kept for 30 days."""
        return rows.listed(conn, incident=incident, service=service, limit=limit, after=after)

    # Beginning

    def start(self, actor: str, *, service: str = "", incident: str | None = None) -> Diagnosis:
        """Asks everything about the service, or about that of the incident. Raises Invalid for a service that is none.

        While one about the same is under way, that one is given.
        """
        bench = self._bench
        id_, now = new_id("dia"), bench.clock.now()
        name, since = self._subject(service, incident, now)
        about = incident or f"service:{name}"

        def job(conn: Connection) -> Diagnosis:
            values = {
                "id": id_,
                "incident": incident,
                "service": name,
                "state": "running",
                "under_way": about,
                "asked_by": actor,
                "asked_at": now,
                "since": since,
            }
            if not rows.add(conn, values):
                known = rows.under_way(conn, about)
                assert known is not None  # it holds what kept us from adding ours
                return known
            bench.work.want(conn, id_, _WORK, {"diagnosis": id_})
            if incident:
                timeline.append(conn, incident, "diagnosis.started", actor, now, diagnosis=id_)
            rows.forget(conn, now - _KEPT)
            return rows.get(conn, id_)

        started = bench.store.write(job)
        bench.work.wake()
        self._ring(started)
        return started

    def _subject(self, service: str, incident: str | None, now: datetime) -> tuple[str, datetime]:
        """The name of the service, and since when it is in trouble: without an incident, since it was last changed."""
        if incident is not None:
            with self._bench.store.read() as conn:
                known = self._bench.incidents.get(conn, incident)
            return known.service, known.started_at
        services = self._bench.services().services
        if service not in services:
            raise Invalid(
                f"there is no service {service}" if service else "nothing says what to diagnose",
                field="service",
                fix=did_you_mean(service, services, "services"),
            )
        changes = self._bench.known.changes(service, now - CHANGED_WITHIN, now)
        return service, changes[0].at if changes else now - _USUAL

    # Carrying out

    def _carry_out(self, leg: Leg) -> None:
        leg.step("ask", self._ask, leg.args["diagnosis"], leg.stopping)

    def _ask(self, id_: str, stopping: threading.Event) -> None:
        bench = self._bench
        with bench.store.read() as conn:
            diagnosis = rows.get(conn, id_)
            if diagnosis.is_over:
                return
            case = self._case(conn, diagnosis)
        collectors = self._collectors(case)
        bench.store.write(lambda conn: self._put(conn, id_, collectors))
        with bench.store.read() as conn:
            answered = {each.key for each in rows.parts(conn, id_, texts=False) if each.is_over}
        self._ring(diagnosis)
        folder = bench.folder / id_
        ask_all(
            [each for each in collectors if each.key not in answered],
            folder,
            timeout_s=bench.settings().diagnosis.timeout.total_seconds(),
            stopping=stopping,
            begun=lambda collector: self._begun(diagnosis, collector),
            ended=lambda collector, answer: self._ended(diagnosis, collector, answer),
        )
        self._read(diagnosis, case)
        shutil.rmtree(folder, ignore_errors=True)  # everything shown is kept in the store

    def _case(self, conn: Connection, diagnosis: Diagnosis) -> Case:
        bench = self._bench
        alerts, severity, title = (), "", ""
        if diagnosis.incident:
            incident = bench.incidents.get(conn, diagnosis.incident)
            severity, title = incident.severity, incident.title
            alerts = tuple(
                sorted(bench.incidents.alerts(conn, diagnosis.incident), key=lambda each: each.starts_at)
            )
        return Case(
            service=diagnosis.service,
            settings=bench.services().service(diagnosis.service),
            since=diagnosis.since,
            now=diagnosis.asked_at,
            incident=diagnosis.incident,
            title=title,
            severity=severity,
            alerts=alerts,
            measured=measures.fresh(conn, diagnosis.service, diagnosis.asked_at),
        )

    def _collectors(self, case: Case) -> list[Collector]:
        """Everything that can be asked; of two questions with one key the second gets a number."""
        bench = self._bench
        found = [
            *of_tocsin(case, bench.known),
            *of_targets(case.settings, bench.actions),
            *bench.books.collectors(case),
        ]
        taken: dict[str, int] = {}
        unique: list[Collector] = []
        for each in found:
            taken[each.key] = count = taken.get(each.key, 0) + 1
            unique.append(each if count == 1 else replace(each, key=f"{each.key}.{count}"))
        return unique

    def _put(self, conn: Connection, id_: str, collectors: Sequence[Collector]) -> None:
        for place, each in enumerate(collectors):
            values: dict[str, Any] = {
                "diagnosis": id_,
                "key": each.key,
                "place": place,
                "kind": each.kind,
                "title": each.title,
                "source": each.source,
                "hint": each.hint,
                "state": "by_hand" if each.ask is None else "waiting",
                "said": "",
                "text": "",
                "facts": {},
            }
            rows.put_part(conn, values)

    def _begun(self, diagnosis: Diagnosis, collector: Collector) -> None:
        self._change(diagnosis, collector, state="asked", asked_at=self._bench.clock.now())

    def _ended(self, diagnosis: Diagnosis, collector: Collector, answer: Collected | None) -> None:
        now = self._bench.clock.now()
        if answer is None:
            self._change(diagnosis, collector, state="late", ok=False, said=LATE, ended_at=now)
            return
        self._change(
            diagnosis,
            collector,
            state="answered",
            ok=answer.ok,
            said=answer.said,
            text=answer.text,
            facts=answer.facts,
            ended_at=now,
        )

    def _change(self, diagnosis: Diagnosis, collector: Collector, **values: Any) -> None:
        self._bench.store.write(lambda conn: rows.change_part(conn, diagnosis.id, collector.key, **values))
        self._ring(diagnosis)

    def _read(self, diagnosis: Diagnosis, case: Case) -> None:
        bench = self._bench
        with bench.store.read() as conn:
            parts = rows.parts(conn, diagnosis.id)
        findings = read(case, parts, bench.books.causes(case))
        asked = [each for each in parts if each.state != "by_hand"]
        answered = [each for each in asked if each.state == "answered"]

        def job(conn: Connection) -> None:
            ended = rows.end(conn, diagnosis.id, "done", bench.clock.now(), findings.as_json())
            if ended and diagnosis.incident:
                timeline.append(
                    conn,
                    diagnosis.incident,
                    "diagnosis.finished",
                    diagnosis.asked_by,
                    bench.clock.now(),
                    diagnosis=diagnosis.id,
                    asked=len(asked),
                    answered=len(answered),
                    why=findings.scope.why if findings.scope else _READ,
                )
                if advised := (*(findings.scope.advice if findings.scope else ()), *findings.advice)[:1]:
                    timeline.append(
                        conn,
                        diagnosis.incident,
                        "diagnosis.advised",
                        "tocsin",
                        bench.clock.now(),
                        diagnosis=diagnosis.id,
                        why=advised[0],
                    )

        bench.store.write(job)
        self._ring(diagnosis)

    def _failed(self, _id: str, args: dict[str, Any], error: str) -> None:
        """The work itself broke, which is a fault of ours: it must not look as if it were still asking."""
        bench = self._bench

        def job(conn: Connection) -> Diagnosis:
            diagnosis = rows.get(conn, args["diagnosis"])
            now = bench.clock.now()
            ended = rows.end(conn, diagnosis.id, "failed", now, Findings(error=error).as_json())
            if ended and diagnosis.incident:
                timeline.append(
                    conn,
                    diagnosis.incident,
                    "diagnosis.failed",
                    "tocsin",
                    now,
                    diagnosis=diagnosis.id,
                    why=error,
                )
            return diagnosis

        self._ring(bench.store.write(job))

    def _ring(self, diagnosis: Diagnosis) -> None:
        """Wakes whoever watches it; after a commit."""
        self._bench.bell.ring(f"diagnosis:{diagnosis.id}")
        if diagnosis.incident:
            self._bench.bell.ring(f"diagnosis:{diagnosis.incident}")
            self._bench.bell.ring("timeline")
