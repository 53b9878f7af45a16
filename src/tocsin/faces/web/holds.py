"""Why does an alert that fires page nobody? What holds it back, with where one can look or end it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.faces.web.visit import Visit
from tocsin.ground.i18n import N_
from tocsin.sense.alerts import Alert, get_many
from tocsin.sense.alerts.find import Scope
from tocsin.sense.alerts.held import held

_SILENCED, _MAINTENANCE, _INHIBITED = N_("silenced"), N_("in maintenance"), N_("held back by")
_MOST_SCOPES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One reason: `what` says which kind, `href` leads to it, `name` is its own words, `until` when it ends."""

    what: str
    name: str
    href: str
    until: datetime | None = None


def holds_of(visit: Visit, conn: Connection, alerts: Sequence[Alert]) -> dict[str, list[Hold]]:
    """Alert id → what holds it back now; one that nothing holds back is not there."""
    folds = visit.context.folds
    found = held(folds, alerts)
    inhibitors = sorted({by for each in found.values() for by in each.inhibited_by})
    names = {id_: alert.name for id_, alert in get_many(conn, inhibitors).items()}
    ends = {each.window.id: each.ends_at for each in folds.maintenance.under_way()}
    return {
        id_: [
            *(
                Hold(what=_SILENCED, name=each.comment, href=f"/silences/{each.id}", until=each.ends_at)
                for each in why.silences
            ),
            *(
                Hold(
                    what=_MAINTENANCE,
                    name=each.title,
                    href=f"/maintenance/{each.id}",
                    until=ends.get(each.id),
                )
                for each in why.windows
            ),
            *(
                Hold(what=_INHIBITED, name=names.get(each, each), href=f"/alerts/{each}")
                for each in why.inhibited_by
            ),
        ]
        for id_, why in found.items()
    }


def scopes_of(visit: Visit) -> list[Scope] | None:
    """What silences and windows under way are about; None where there are too many to ask for each."""
    folds = visit.context.folds
    now = visit.context.clock.now()
    scopes = [
        *(Scope(matchers=each.matchers) for each in folds.silences.living() if each.state(now) == "active"),
        *(
            Scope(matchers=each.window.matchers, services=each.window.services)
            for each in folds.maintenance.under_way()
        ),
    ]
    return scopes if len(scopes) <= _MOST_SCOPES else None
