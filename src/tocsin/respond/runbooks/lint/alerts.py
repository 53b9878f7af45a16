"""Which alerts does a file of Prometheus rules declare, and to which runbook do they point?

Read are rule files (`groups:` at the top) and the Kubernetes resource PrometheusRule (`spec: groups:`), see
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from tocsin.ground.kernel import yaml

URL_KEYS = ("runbook_url", "runbook", "runbookUrl")


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertRule:
    """An alert rule; `url` is "" where none is told, `line` that of the address or of the alert's name."""

    name: str
    line: int
    url: str = ""


def alert_rules(data: bytes) -> tuple[AlertRule, ...]:
    """The alert rules of a file; of any other YAML, and of what is none, nothing."""
    if b"groups" not in data or b"alert" not in data:
        return ()
    tree = yaml.read(data)
    prefix: yaml.Path = ()
    holder: Any = tree.data
    if "groups" not in _map(holder):
        prefix, holder = ("spec",), _map(holder).get("spec")
    found: list[AlertRule] = []
    for at, group in enumerate(_list(holder, "groups")):
        for number, rule in enumerate(_list(group, "rules")):
            told = _map(rule)
            if isinstance(told.get("alert"), str):
                found.append(_alert(told, tree, (*prefix, "groups", at, "rules", number)))
    return tuple(found)


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(holder: Any, key: str) -> list[Any]:
    value: Any = _map(holder).get(key)
    return cast("list[Any]", value) if isinstance(value, list) else []


def _alert(rule: dict[str, Any], tree: yaml.Tree, place: yaml.Path) -> AlertRule:
    told = _map(rule.get("annotations"))
    key = next((each for each in URL_KEYS if isinstance(told.get(each), str)), None)
    where = tree.place((*place, "annotations", key) if key else (*place, "alert"))
    return AlertRule(name=str(rule["alert"]), line=where.line if where else 1, url=told[key] if key else "")
