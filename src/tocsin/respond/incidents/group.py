"""Which alerts belong together? By labels where a service or policy says so, else by service, else by name."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from tocsin.ground.catalogue import UNASSIGNED, Grouping, Service
from tocsin.sense.alerts import Alert
from tocsin.sense.alerts.trace import Judgement
from tocsin.sense.severity import Policy

EACH = "..."
"""Instead of labels, as Alertmanager writes it: every alert for itself."""
_STANDARD = Grouping()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """`key` is that of the open incident; `titled`: somebody asked for groups, so its title says how many."""

    key: str
    spec: Grouping
    titled: bool


def group_of(alert: Alert, name: str, service: Service, policy: Policy, judged: Judgement) -> Group:
    """The group of an alert of the service called `name`."""
    spec = service.group or policy.group or _STANDARD
    if EACH in spec.by:
        judged.add("group", "labels", labels="…")
        return Group(key=f"alert-alone:{alert.id}", spec=spec, titled=False)
    if spec.by:
        values = {label: alert.labels.get(label, "") for label in spec.by}
        judged.add("group", "labels", labels=values)
        text = "\x1f".join([name, *(part for item in values.items() for part in item)])
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return Group(key=f"group:{name}:{digest}", spec=spec, titled=True)
    if name == UNASSIGNED:
        judged.add("group", "alert", name=alert.name)
        return Group(key=f"alert:{alert.name}", spec=spec, titled=False)
    judged.add("group", "service", service=name)
    return Group(key=f"service:{name}", spec=spec, titled=False)
