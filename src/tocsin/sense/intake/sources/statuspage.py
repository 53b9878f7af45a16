"""The status page of somebody you depend on (Atlassian Statuspage, and pages that speak like it).

On the vendor's page choose Subscribe to updates, Webhook, and give the URL `https://tocsin.example.com/in/KEY` and an
e-mail address; some pages send a link to that address, which has to be opened before anything is sent. One key for each
page:

    tocsin key create statuspage --name GitHub --set vendor=GitHub
    tocsin key create statuspage --set vendor=Stripe --set 'components=["API", "Webhooks"]' --service payments

Statuspage does not sign: whoever knows the address may send, so give it to nobody else. A component that is not
operational is an alert ComponentDown with the labels `vendor` and `component`, ended when it is operational again;
maintenance is one too, of severity info. An incident of the page is an alert VendorIncident until it is resolved.
`components` names those that matter; without it all do. `incidents=false` leaves incidents out, since the components of
one are told of as well. Any other message, such as a test of the subscription, is answered with 200 and forgotten.

The format: https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from tocsin.ground.accounts import Key
from tocsin.sense.alerts import Outcome, Signal
from tocsin.sense.intake.document import LINE, Part, key_of, one_line, read_document, texts
from tocsin.sense.intake.source import Answer, Example, Message, Reading, Source, SourceSettings, accepted

_STATUS = {
    "degraded_performance": "warning",
    "partial_outage": "error",
    "major_outage": "critical",
    "under_maintenance": "info",
}
_IMPACT = {
    "none": "info",
    "minor": "warning",
    "major": "error",
    "critical": "critical",
    "maintenance": "info",
}
_OVER = ("resolved", "postmortem", "completed")


class StatuspageSettings(SourceSettings):
    vendor: str = Field(
        default="", max_length=64, description="Whose page it is; without it, the key's name."
    )
    components: tuple[str, ...] = Field(
        default=(), description="The components that matter; without it, all."
    )
    incidents: bool = Field(default=True, description="Whether incidents of the page are alerts, too.")


class Statuspage(Source):
    title = "Status page of a vendor (Statuspage)"
    paths = ("", "/", "/webhook")
    Settings: ClassVar[type[SourceSettings]] = StatuspageSettings
    examples = (
        Example(
            title="a component is degraded",
            body=b'{"meta": {"generated_at": "2026-11-21T08:41:42.493Z"}, "page": {"id": "1k6wzpspjf99",'
            b' "status_indicator": "minor", "status_description": "Partially Degraded Service"}, "component":'
            b' {"status": "degraded_performance", "name": "API", "id": "1kbgg1cp74tb", "description": null},'
            b' "component_update": {"old_status": "operational", "new_status": "degraded_performance",'
            b' "created_at": "2026-11-21T08:41:37.394Z", "id": "ckdysmnpzs2r", "component_id": "1kbgg1cp74tb"}}',
            alerts=1,
            path="/",
        ),
    )

    def read(self, message: Message, key: Key) -> Reading:
        settings = self.settings_of(key)
        assert isinstance(settings, StatuspageSettings)
        told = read_document(message.payload)
        vendor = one_line(settings.vendor or key.name, told.flags)
        if told.has("component_update"):
            return Reading(signals=_component(told, settings, vendor))
        if told.has("incident") and settings.incidents:
            return Reading(signals=_incident(told, settings, vendor))
        return Reading()

    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        return accepted(reading, outcomes, status=200)


def _component(told: Part, settings: StatuspageSettings, vendor: str) -> list[Signal]:
    """One component that changed. What it has become stands in the update; the component may have moved on since."""
    component, update = told.part("component"), told.part("component_update")
    name = component.needed("name")
    if settings.components and name not in settings.components:
        return []
    status = update.line("new_status") or component.needed("status")
    resolved = status == "operational"
    at = update.moment("created_at") or told.maybe("meta").moment("generated_at")
    words = status.replace("_", " ")
    return [
        Signal(
            labels=texts(
                {
                    "alertname": "ComponentDown",
                    "vendor": vendor,
                    "component": name,
                    "severity": "" if resolved else _STATUS.get(status, "warning"),
                }
            ),
            annotations=texts(
                {
                    "summary": f"{vendor}: {name} is {words}",
                    "description": component.prose("description"),
                    "status": status,
                }
            ),
            resolved=resolved,
            starts_at=None if resolved else at,
            ends_at=at if resolved else None,
            dedup_key=key_of("component", _page(told), component.line("id") or name),
            flags=tuple(sorted(told.flags)),
        )
    ]


def _incident(told: Part, settings: StatuspageSettings, vendor: str) -> list[Signal]:
    incident = told.part("incident")
    affected = [each.line("name") for each in incident.parts("components")]
    if settings.components and affected and not set(affected) & set(settings.components):
        return []
    status = incident.line("status")
    if status == "scheduled":  # maintenance that has not begun
        return []
    resolved = status in _OVER
    latest = next(iter(incident.parts("incident_updates")), None)
    began = incident.moment("created_at")
    return [
        Signal(
            labels=texts(
                {
                    "alertname": "VendorIncident",
                    "vendor": vendor,
                    "incident": incident.needed("name"),
                    "severity": _IMPACT.get(incident.line("impact"), "warning"),
                }
            ),
            annotations=texts(
                {
                    "summary": one_line(f"{vendor}: {incident.line('name')}", told.flags),
                    "description": latest.prose("body") if latest else "",
                    "status": status,
                    "components": one_line(", ".join(affected), told.flags, 4 * LINE),
                }
            ),
            resolved=resolved,
            starts_at=began,
            ends_at=(incident.moment("resolved_at") or incident.moment("updated_at")) if resolved else None,
            url=incident.link("shortlink"),
            dedup_key=key_of("incident", _page(told), incident.needed("id")),
            flags=tuple(sorted(told.flags)),
        )
    ]


def _page(told: Part) -> str:
    return told.maybe("page").line("id")
