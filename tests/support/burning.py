"""A house with real rooms whose engine stands still, and a shop in it that burns.

Thirty alerts, a run half way, a missed clock, a step that waits for a vote: what the engine would have written is
written as its rows would be.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, func, select

from tocsin import configuration
from tocsin.app import App
from tocsin.faces import web
from tocsin.ground import timeline
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import metadata
from tocsin.respond.runbooks import store as runs
from tocsin.sense.alerts import Sender, Signal

PASSWORD = "a few words in a row"
TAIPEI = """
public_url: http://127.0.0.1:9911
language: en
time_zone: Asia/Taipei
people:
  mei: {name: Mei-Ling Chen, email: mei@example.com, title: backend engineer}
  jun: {name: Jun Wu, email: jun@example.com, language: zh_Hant}
  ada: {name: Ada Lin}
teams:
  backend: {title: Backend, members: [mei, jun]}
channels:
  mail: {kind: email, host: 127.0.0.1, port: 9, from: tocsin@example.com}
schedules:
  backend: {title: Backend, layers: [{people: [mei, jun], rotation: weekly, start: "2026-01-05T09:00"}]}
  night: {title: Night, layers: [{people: [jun], start: "2026-01-05T18:00", hours: ["mon-fri 18:00-09:00"]}]}
escalations:
  backend: {steps: [{page: ["schedule:backend"]}, {page: ["person:jun"], after: 5m}]}
policies:
  core:
    levels:
      P0:
        {title: Critical, when: ["m.availability < 0.5"], clocks: {assess: 5m, restore: 30m, report: 1h}}
      P1: {title: Major, urgency: high, when: ["m.error_rate > 0.2"], clocks: {assess: 15m, restore: 2h}}
      P2: {title: Minor, urgency: medium, when: ["m.queue_depth > 100"], clocks: {assess: 1h, restore: 24h}}
      P3: {title: Low, otherwise: true, page: false}
services:
  recommendation:
    title: Recommendation service
    team: backend
    tier: core
    policy: core
    escalation: backend
    runbooks: ["reco/*.md"]
    automatic: change
    soak: 15m
  transcripts: {title: Transcript queue, team: backend, policy: core, escalation: backend}
faults:
  api-killed: {title: Every API process is killed, service: recommendation, inject: docker compose kill api}
"""
RUNBOOK = """---
service: recommendation
severity: P0
owner: backend
reviewed: 2026-10-01
start: suggest
---
# Recommendation service down

## Symptoms

- every endpoint answers `500`
- the dashboard shows **no** traffic

| measure | normal | now |
|---|---:|---:|
| error rate | 0.1 % | 100 % |

## Diagnosis

### Health

```bash {name=health}
curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8000/health
```

### Containers

```bash {name=containers}
docker compose ps
```

## Resolution

### Option 1: Restart the service

```bash {name=restart idempotent}
docker compose restart api
```

Wait: 30 s

### Option 2: Restart Postgres and Redis, then the service

```bash {name=dependencies}
docker compose restart postgres redis
```

### Option 3: Full rebuild

```bash {name=rebuild}
docker compose down --volumes
docker compose up -d
```

## Verification

```http {name=five-users}
GET http://127.0.0.1:8000/recommendations?user=1
```

Expect: `status == 200 && ms < 500`

- [ ] the graph is back to normal
- [x] nobody has called
"""
OUTPUT = """\
$ docker compose restart postgres redis
 Container reco-postgres-1  Restarting
 Container reco-redis-1     Restarting
 Container reco-redis-1     Started
 Container reco-postgres-1  Started
"""


class Burning:
    """The house and the hands that set it on fire."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "configuration"
        (self.folder / "runbooks" / "reco").mkdir(parents=True)
        (self.folder / "tocsin.yaml").write_text(TAIPEI, encoding="utf-8")
        (self.folder / "runbooks" / "reco" / "service-down.md").write_text(RUNBOOK, encoding="utf-8")
        self.clock = FrozenClock()
        self.app = App(self.folder, configuration.load(self.folder).required(), self.clock)
        self.app.accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        for name, role in (("mei", "admin"), ("jun", "operator"), ("ada", "viewer")):
            self.app.accounts.create(name, role, PASSWORD, person=name)
        self.app.ledger.start()

    @property
    def pages(self) -> web.Context:
        return self.app.pages

    @property
    def asgi(self) -> Any:
        return self.app.asgi

    def account(self, name: str, role: str, person: str | None = None) -> None:
        self.app.accounts.create(name, role, PASSWORD, person)

    def state(self, incident: str) -> str:
        with self.app.store.read() as conn:
            return self.app.incidents.get(conn, incident).state

    def run_of(self, run: str) -> runs.Run:
        with self.app.store.read() as conn:
            return self.app.runs.get(conn, run)

    def everything(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.app.store.read() as conn:
            return {
                name: conn.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items()
                if conn.dialect.has_table(conn, name)
            }

    def close(self) -> None:
        self.app.ledger.stop()
        self.app.outbound.close()
        self.app.store.close()

    # What happens

    def fire(self, name: str, **labels: str) -> None:
        self._say(name, labels, over=False)

    def clear(self, name: str, **labels: str) -> None:
        self._say(name, labels, over=True)

    def pass_time(self, seconds: float) -> None:
        """Lets time go by; timers that become due on the way do their work."""
        left = seconds
        while left > 0:
            self.clock.tick(min(left, 15))
            left -= 15
            while self.app.engine.timers.sweep():
                pass

    def outage(self, alerts: int = 2) -> str:
        """Recommendations answer 500 everywhere; the id of the incident."""
        for number in range(alerts):
            self.fire(
                "HighErrorRate" if number == 0 else f"EndpointDown{number:02}",
                service="recommendation",
                endpoint=f"/v1/{number}",
                availability="0.02",
            )
        return self.incident("recommendation")

    def queue(self) -> str:
        """Something smaller beside it."""
        self.fire("QueueBacklog", service="transcripts", queue_depth="140")
        return self.incident("transcripts")

    def incident(self, service: str) -> str:
        with self.app.store.read() as conn:
            return self.app.incidents.list(conn, service=service)[0].id

    def run(self, incident: str, mode: str = "automatic") -> str:
        """A run that has looked, failed on the first rung and is on the second; the id of the run."""
        run = self.app.runs.start(incident, "reco/service-down.md", mode, "person:mei").id
        now = self.clock.now()

        def job(conn: Connection) -> None:
            def attempt(
                key: str, start: float, end: float | None, ok: bool | None, why: str = "", **more: Any
            ) -> None:
                step = self.app.runs.plan(conn, run).find(key)
                runs.put_attempt(
                    conn, run, key, 1,
                    **({
                        "kind": step.kind if step else "rung",
                        "title": step.title if step else key,
                        "level": step.level if step else "read",
                        "state": "started" if end is None else "finished",
                        "ok": ok,
                        "why": why,
                        "started_at": now + timedelta(seconds=start),
                        "ended_at": None if end is None else now + timedelta(seconds=end),
                    } | more),
                )  # fmt: skip

            runs.change(conn, run, state="running", started_at=now)
            attempt("health", 0, 1, ok=True)
            attempt("containers", 1, 8, ok=True)
            attempt("rung1", 8, 49, ok=False, why="five-users: status == 200 does not hold (500)")
            attempt("restart", 8, 12, ok=True)
            attempt("rung1.v1", 42, 49, ok=False, why="five-users: 500", kind="round", title="Verification")
            attempt(
                "rung1.v1.five-users", 42, 49, ok=False, why="status is 500", kind="http", title="five users"
            )
            attempt("rung2", 49, None, ok=None)
            attempt("dependencies", 49, None, ok=None)
            for key, text in (("health", "500\n"), ("dependencies", OUTPUT)):
                row = {"run": run, "step": key, "attempt": 1, "seq": 1, "stream": "out", "offset": len(text)}
                runs.put_output(conn, [row | {"text": text, "at": now}])
            first = next(part.title for part in self.app.runs.plan(conn, run).parts if part.key == "rung1")
            over = {"rung": "rung1", "title": first, "ok": False, "why": "five-users: 500"}
            at = now + timedelta(seconds=49)
            timeline.append(conn, incident, "run.rung.finished", f"run:{run}", at, run=run, **over)

        self.app.store.write(job)
        return run

    def ask(self, run: str, key: str, kind: str = "approval", by: str = "person:jun", **more: Any) -> str:
        """The run waits for a person; the id of the request, where it is a vote."""
        now = self.clock.now()
        approval = f"apr_{run[-8:]}"

        def job(conn: Connection) -> None:
            if key == "rebuild":  # the rung before it is over by then
                over = {"state": "finished", "ended_at": now - timedelta(seconds=2)}
                runs.change_attempt(conn, run, "dependencies", 1, "started", ok=True, **over)
                why = "five-users: status == 200 does not hold (500)"
                runs.change_attempt(conn, run, "rung2", 1, "started", ok=False, why=why, **over)
            step = self.app.runs.plan(conn, run).find(key)
            title, level = (step.title, step.level) if step else (key, "read")
            waiting = {"kind": kind, "step": key, "title": title, "level": level, "attempt": 1, **more}
            if kind == "approval":
                assert step
                role = "approver" if level == "destroy" else "operator"
                hashed = step.text_hash(self.app.runs.get(conn, run).inputs)
                runs.ask(
                    conn,
                    id=approval, run=run, step=key, step_id=step.id, title=title, text=step.text, text_hash=hashed,
                    level=level, role=role, kind="approval", requested_by=by, requested_at=now,
                    expires_at=now + timedelta(minutes=30),
                )  # fmt: skip
                waiting |= {"approval": approval, "role": role, "text_hash": hashed}
            runs.change(conn, run, state="waiting", waiting_for=waiting)

        self.app.store.write(job)
        return approval if kind == "approval" else ""

    def say(self, name: str, labels: dict[str, str], summary: str, *, over: bool = False) -> None:
        """A sender says that an alert fires, or is over; triage hears it."""
        signal = Signal(labels={"alertname": name, **labels}, annotations={"summary": summary}, resolved=over)
        self.app.ledger.record([signal], Sender(key="key_1", source="webhook"))
        while self.app.triage.step():
            pass

    def _say(self, name: str, labels: dict[str, str], *, over: bool) -> None:
        first = name == "HighErrorRate"
        summary = (
            "Recommendations answer 500 on every endpoint" if first else f"{name} in {labels['service']}"
        )
        self.say(name, labels, summary, over=over)
