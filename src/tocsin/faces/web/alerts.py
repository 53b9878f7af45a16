"""What is being told to us? The alerts, newest first, filtered in one field; the address holds what was chosen."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.holds import Hold, holds_of, scopes_of
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark, mark_of_alert
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts import Alert
from tocsin.sense.alerts.alert import State
from tocsin.sense.alerts.find import Count, Rule, Search
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.query import Wanted, parse_query, written

pages = Pages()
_PAGE, _RULES = 50, 100
_LONGEST_FILTER = 2_000
_STATES: dict[str, State | None] = {
    "firing": "firing",
    "held": "firing",
    "resolved": "resolved",
    "all": None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertRow:
    """An alert as a list shows it; `holds` say why it pages nobody."""

    alert: Alert
    mark: Mark
    service: str
    incident: str | None
    holds: Sequence[Hold]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleRow:
    """A rule with all its alerts; the link leads to them."""

    rule: Rule
    service: str
    href: str


@pages.get("/alerts", Permission.READ)
def listing(visit: Visit) -> Response:
    query = visit.query
    text = query.get("q", "")[: _LONGEST_FILTER + 1]
    state = query.get("state", "firing")
    state = state if state in _STATES else "firing"
    by_rule = query.get("by") == "rule"
    problem: Invalid | None = None
    wanted = Wanted()
    try:
        wanted = parse_query(text)
    except Invalid as error:
        problem = error
    found: list[Alert] = []
    rules: list[Rule] = []
    holds: dict[str, list[Hold]] = {}
    incidents: dict[str, str] = {}
    count = Count(n=0, at_least=False)
    back_to = None
    if problem is None:
        after = query.get("after") or None
        with visit.context.store.read() as conn:
            held = state == "held"
            search = Search(
                conn,
                wanted,
                state=_STATES[state],
                within=scopes_of(visit) if held else None,
                held=held,
            )
            if by_rule:
                rules = search.rules(_RULES + 1)
            else:
                found = search.page(_PAGE + 1, after)
                holds = holds_of(visit, conn, found)
                incidents = visit.context.incidents.of_alerts(conn, [each.id for each in found])
            whole = not by_rule and after is None and len(found) <= _PAGE
            count = Count(n=len(found), at_least=False) if whole else search.count()
            back_to = search.back_to
    said = {"q": text, "state": state, "by": "rule" if by_rule else ""}

    def link(**changed: str) -> str:
        kept = {name: value for name, value in (said | changed).items() if value}
        return f"/alerts?{urlencode(kept)}"

    return visit.page(
        "alerts.html",
        rows=[_row(visit, each, incidents.get(each.id), holds.get(each.id, [])) for each in found[:_PAGE]],
        rules=[_rule(visit, each, wanted, link) for each in rules[:_RULES]],
        more_rules=len(rules) > _RULES,
        text=text,
        wanted=wanted,
        problem=problem,
        state=state,
        by_rule=by_rule,
        count=count,
        back_to=back_to,
        states=[(each, link(state=each)) for each in _STATES],
        orders=[(each, link(by=each)) for each in ("", "rule")],
        older=link(after=found[_PAGE - 1].id) if len(found) > _PAGE else "",
        first=link() if query.get("after") else "",
        everything=link(q=""),
    )


def _row(visit: Visit, alert: Alert, incident: str | None, holds: list[Hold]) -> AlertRow:
    return AlertRow(
        alert=alert,
        mark=mark_of_alert(alert.state, alert.labels.get("severity", "")),
        service=visit.service(alert.service),
        incident=incident,
        holds=holds,
    )


def _rule(visit: Visit, rule: Rule, wanted: Wanted, link: Callable[..., str]) -> RuleRow:
    name = Matcher(name="alertname", operator="=", value=rule.name)
    line = " ".join(
        [written((*wanted.matchers, name)), *(json.dumps(word, ensure_ascii=False) for word in wanted.words)]
    )
    service = visit.service(rule.service) if rule.service else ""
    return RuleRow(rule=rule, service=service, href=link(q=line, by=""))
