"""Render: deploys, and services that fail.

In the dashboard of the workspace, under Integrations, Webhooks, create one with the URL
`https://tocsin.example.com/in/KEY`; choose deploy started and ended, server failed and available, and what else of the
list below is wanted. Copy its signing secret (`whsec_…`):

    tocsin key create render --set secret=env:RENDER_WEBHOOK_SECRET
    tocsin key create render --set secret=env:RENDER_WEBHOOK_SECRET --set 'services={"shop-web": "shop"}'

With a secret, a message whose signature is wrong, or older than five minutes, is refused with 401. The service is the
key's, else that of `services`, else the name that it has at Render. A server that fails, an unhealthy Key Value, a
database that is not available and a cron job that fails are alerts, which the event of their recovery ends. Deploys and
changes of plan, scale, disk and maintenance are changes. Render's message does not say to which deploy an end belongs,
so it ends the newest that had begun. What is not understood is answered with 202 and forgotten.

The format: https://render.com/docs/webhooks; signatures: https://www.standardwebhooks.com.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tocsin.ground.accounts import Key
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.changes import Change, State
from tocsin.sense.intake.deploys import DeploySettings
from tocsin.sense.intake.document import Part, key_of, read_document
from tocsin.sense.intake.signature import prove_standard
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted

_FAILS = {
    "server_failed": ("ServerFailed", "{} is not available"),
    "server_hardware_failure": ("ServerFailed", "{} is down: hardware of Render failed"),
    "postgres_unavailable": ("DatabaseUnavailable", "The database {} is not available"),
    "key_value_unhealthy": ("KeyValueUnhealthy", "The Key Value {} is not healthy"),
}
_RECOVERS = {
    "server_available": "ServerFailed",
    "postgres_available": "DatabaseUnavailable",
    "key_value_available": "KeyValueUnhealthy",
}
_CRON = "CronJobFailed"
_CHANGES = {
    "deploy_started": ("deploy", "Deploy of {} started"),
    "deploy_ended": ("deploy", "Deploy of {}"),
    "plan_changed": ("config", "Instance type of {} changed"),
    "instance_count_changed": ("scale", "Number of instances of {} changed"),
    "autoscaling_started": ("scale", "{} scales by itself"),
    "autoscaling_ended": ("scale", "{} has scaled by itself"),
    "autoscaling_config_changed": ("config", "Autoscaling of {} changed"),
    "service_suspended": ("config", "{} was suspended"),
    "service_resumed": ("config", "{} was resumed"),
    "server_restarted": ("restart", "{} restarted"),
    "maintenance_mode_enabled": ("config", "Maintenance mode of {} was switched on"),
    "maintenance_started": ("maintenance", "Maintenance of {} by Render began"),
    "maintenance_ended": ("maintenance", "Maintenance of {} by Render ended"),
    "disk_created": ("config", "{} has a new disk"),
    "disk_updated": ("config", "The disk of {} changed"),
    "disk_deleted": ("config", "The disk of {} was deleted"),
    "postgres_upgrade_started": ("upgrade", "Upgrade of the database {} started"),
    "postgres_upgrade_succeeded": ("upgrade", "The database {} was upgraded"),
    "postgres_upgrade_failed": ("upgrade", "Upgrade of the database {} failed"),
    "postgres_cluster_leader_changed": ("failover", "The database {} failed over"),
}
_STATUS: dict[str, State] = {"succeeded": "succeeded", "failed": "failed", "canceled": "cancelled"}
_IS_START = "_started"


class Render(Source):
    title = "Render (webhook)"
    paths = ("", "/", "/webhook")
    Settings: ClassVar[type[SourceSettings]] = DeploySettings
    examples = (
        Example(
            title="a deploy went well",
            body=b'{"type": "deploy_ended", "timestamp": "2026-11-21T08:22:19.979294509Z",'
            b' "data": {"id": "evt-cuuuses015js70180jk0", "serviceId": "srv-cukouhrtq21c73e9scng",'
            b' "serviceName": "shop", "status": "succeeded"}}',
            alerts=0,
            changes=1,
            path="/",
        ),
        Example(
            title="a server failed",
            body=b'{"type": "server_failed", "timestamp": "2026-11-21T08:30:01.514668Z",'
            b' "data": {"id": "evt-db3j7e942hec7397rf3g", "serviceId": "srv-cukouhrtq21c73e9scng",'
            b' "serviceName": "shop"}}',
            alerts=1,
            path="/",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, DeploySettings)
        if settings.secret:
            prove_standard(message, settings.secret)
        told = read_document(message.payload)
        event, data = told.needed("type"), told.part("data")
        signal = _signal(event, told, data, settings, message)
        change = _change(event, told, data, settings, message)
        return Reading(signals=[signal] if signal else (), changes=[change] if change else ())

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes)


def _signal(event: str, told: Part, data: Part, settings: DeploySettings, message: Message) -> Signal | None:
    """The alert that the event opens or ends; one of each kind for each service at Render."""
    name = data.line("serviceName") or data.line("serviceId")
    status = data.line("status")
    severity, summary, resolved = "", "", False
    if event == "cron_job_run_ended" and status in ("failed", "succeeded"):
        alert, resolved = _CRON, status == "succeeded"
        severity, summary = "error", f"A run of the cron job {name} failed"
    elif event in _FAILS:
        alert, text = _FAILS[event]
        severity, summary = "critical", text.format(name)
    elif event in _RECOVERS:
        alert, resolved = _RECOVERS[event], True
    else:
        return None
    at = told.moment("timestamp") or message.at
    labels = {"alertname": alert, "service": settings.service_of(name), "render_service": name}
    return Signal(
        labels=labels | ({"severity": severity} if severity else {}),
        annotations={"summary": summary} if summary else {},
        resolved=resolved,
        starts_at=None if resolved else at,
        ends_at=at if resolved else None,
        url=_link(data),
        dedup_key=key_of(alert, data.needed("serviceId")),
        flags=tuple(sorted(told.flags)),
    )


def _change(event: str, told: Part, data: Part, settings: DeploySettings, message: Message) -> Change | None:
    if event not in _CHANGES:
        return None
    kind, title = _CHANGES[event]
    name = data.line("serviceName") or data.line("serviceId")
    ended: State = "failed" if event.endswith("_failed") else "succeeded"
    state: State = "started" if event.endswith(_IS_START) else _STATUS.get(data.line("status"), ended)
    return Change(
        dedup_key=key_of(event, data.needed("id")),
        kind=kind,
        title=title.format(name),
        state=state,
        at=told.moment("timestamp") or message.at,
        service=settings.service_of(name),
        url=_link(data),
        series=key_of("deploy", data.needed("serviceId")) if kind == "deploy" else "",
    )


def _link(data: Part) -> str:
    """Where its service is seen; the address follows from the kind, which the id begins with."""
    identity = data.line("serviceId")
    kind = {"srv": "web", "crn": "cron", "dpg": "d", "red": "r"}.get(identity.partition("-")[0])
    return f"https://dashboard.render.com/{kind}/{identity}" if kind else ""
