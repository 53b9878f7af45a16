"""A diagnosis that is over, as its rows would be: a release that filled the pool, an edge that answers nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.respond.diagnosis import BookCause, Case
from tocsin.respond.diagnosis import store as rows
from tocsin.respond.diagnosis.findings import read

HOSTILE = "<img src=x onerror=alert(1)> too many clients"
SCOPE = {
    "verdict": "confirmed",
    "side": "application",
    "reach": "all",
    "outcome": "Confirmed: 2 of 2 endpoints fail",
    "why": "Application: it is reached, and does not answer well",
    "advice": ["All of them fail: begin with what they share."],
}


def diagnosed(app: App, incident: str, *, over: bool = True) -> str:
    """Its id. One that is not over has two answers and is asked for the rest."""
    started = app.diagnoses.start("person:mei", incident=incident)
    since, now = started.since, started.asked_at

    def at(minutes: float) -> str:
        return f"{since + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"

    log = "\n".join(
        [*(f"{at(-each)} ok" for each in range(9, 0, -1)), *(f"{at(2)} ERROR {HOSTILE}" for _ in range(9))]
    )
    changes = [
        {
            "id": "chg_1",
            "kind": "deploy",
            "title": "Recommendation 2.8",
            "state": "succeeded",
            "at": now.isoformat(),
            "service": "recommendation",
            "version": "2.8",
            "by": "jun",
            "minutes_before": 12,
        }
    ]
    told: list[dict[str, Any]] = [
        {
            "key": "scope",
            "kind": "scope",
            "title": "How far does it reach, and on which side?",
            "facts": SCOPE,
        },
        {
            "key": "changes",
            "kind": "changes",
            "title": "What was changed in the last 24 hours?",
            "facts": {"changes": changes},
        },
        {
            "key": "stack.logs",
            "kind": "target",
            "title": "Logs",
            "source": "stack",
            "text": log,
            "hint": "Look for `ERROR`.",
        },
        {
            "key": "redis.info",
            "kind": "target",
            "title": "Server information",
            "source": "cache",
            "state": "late",
            "said": "no answer within its time",
        },
        {
            "key": "look",
            "kind": "by_hand",
            "title": "Look at the dashboard",
            "source": "reco/service-down.md",
            "state": "by_hand",
        },
    ]
    causes = [
        BookCause(
            name="The pool is full",
            runbook="reco/service-down.md",
            title="Down",
            line=9,
            match=("too many clients",),
            fix="Restart it",
        ),
        BookCause(name="The model is away", runbook="reco/service-down.md", title="Down", line=12),
    ]

    def write(conn: Connection) -> None:
        for place, each in enumerate(told):
            left = not over and place > 1 and each["kind"] != "by_hand"
            usual = {
                "source": "",
                "hint": "",
                "said": "",
                "text": "",
                "facts": {},
                "state": "answered",
                "ok": True,
            }
            rows.put_part(
                conn,
                {
                    "diagnosis": started.id,
                    "place": place,
                    **usual,
                    "asked_at": now,
                    "ended_at": now,
                    **each,
                    **({"state": "asked", "ok": None} if left else {}),
                },
            )
        if over:
            case = Case(
                service=started.service, settings=app.current().service(started.service), since=since, now=now
            )
            found = read(case, rows.parts(conn, started.id), causes)
            rows.end(conn, started.id, "done", now, found.as_json())

    app.store.write(write)
    return started.id
