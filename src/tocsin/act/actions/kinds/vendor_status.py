"""Is it the vendor? What the status page of a provider says at this moment.

Two forms are read: that of Statuspage, which GitHub, Cloudflare, Render, Neon, Twilio and many others have
(https://metastatuspage.com/api: `PAGE/api/v2/summary.json`), and that of Google Cloud
(https://status.cloud.google.com/incidents.json). The step has not gone well while one of the named components is
impaired, so that a runbook may branch on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, tell
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed

_LARGEST = 16 << 20
_GOOGLE = "https://status.cloud.google.com"


def _page(value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        raise ValueError("write the address of the page, such as https://www.githubstatus.com")
    return value.rstrip("/")


class Statuspage(Verb):
    """What a page of Statuspage says: components that are impaired, and incidents that are not over."""

    title = N_("Vendor status (Statuspage)")
    level = "read"
    examples = (
        {"page": "https://www.githubstatus.com"},
        {"page": "https://www.cloudflarestatus.com", "components": ["Workers", "R2"]},
    )

    page: Word = Field(description="Address of the page.")
    components: tuple[Word, ...] = Field(default=(), description="Only these; none means all.")

    _is_page = field_validator("page")(_page)

    def plan(self) -> str:
        return f"Reads what {self.page} says."


class GoogleCloud(Verb):
    """Which incidents of Google Cloud are not over, of these products and at these places."""

    title = N_("Vendor status (Google Cloud)")
    level = "read"
    examples = ({}, {"products": ["Cloud Run"], "locations": ["asia-east1"]})

    page: Word = Field(default=_GOOGLE, description="Address of the page.")
    products: tuple[Word, ...] = Field(default=(), description="Only these, by title; none means all.")
    locations: tuple[Word, ...] = Field(default=(), description="Only these, by id; none means all.")

    _is_page = field_validator("page")(_page)

    def plan(self) -> str:
        return f"Reads which incidents {self.page} calls open."


class VendorStatus(Toolbox):
    title = N_("Vendor status")
    verbs: ClassVar = (Statuspage, GoogleCloud)

    def act(self, verb: Verb, call: Call) -> Result:
        match verb:
            case Statuspage():
                rows = list(
                    _statuspage(self._read(f"{verb.page}/api/v2/summary.json", call), verb.components)
                )
            case GoogleCloud():
                rows = list(_google(self._read(f"{verb.page}/incidents.json", call), verb))
            case _:
                raise CannotRun(f"there is no verb {type(verb).named()}")
        impaired = [row for row in rows if row["impaired"]]
        why = "; ".join(f"{row['name']}: {row['status']}" for row in impaired[:5])
        return tell(call, rows, well=not impaired, why=why)

    def _read(self, url: str, call: Call) -> Any:
        answer = self.outbound.request("GET", url, timeout=call.timeout_s, trusted=True, limit=_LARGEST)
        if answer.status != 200:
            raise OutboundFailed(f"the status page answered {answer.status}")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise OutboundFailed("this is no status page that can be read") from None


def _statuspage(told: Any, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not isinstance(told, dict) or not isinstance(told.get("components"), list):  # pyright: ignore[reportUnknownMemberType] - parsed JSON
        raise OutboundFailed("this is no page of Statuspage")
    page = cast("dict[str, Any]", told)
    known = {str(each.get("name", "")): each for each in page["components"] if not each.get("group")}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise CannotRun(
            f"the page has no component {', '.join(missing)}", fix=f"It has {', '.join(sorted(known))}."
        )
    for name, each in known.items():
        status = str(each.get("status", ""))
        impaired = status not in ("operational", "under_maintenance")
        if name in wanted or (not wanted and status != "operational"):
            yield {"kind": "component", "name": name, "status": status, "impaired": impaired}
    ids = {str(known[name].get("id")) for name in wanted}
    for each in cast("Iterable[dict[str, Any]]", page.get("incidents") or ()):
        touched = {str(part.get("id")) for part in each.get("components") or ()}
        if not wanted or ids & touched:
            yield {
                "kind": "incident",
                "name": str(each.get("name", "")),
                "status": str(each.get("status", "")),
                "impact": each.get("impact"),
                "since": each.get("started_at") or each.get("created_at"),
                "link": each.get("shortlink"),
                "impaired": each.get("impact") not in (None, "none", "maintenance"),
            }


def _google(told: Any, verb: GoogleCloud) -> Iterator[dict[str, Any]]:
    if not isinstance(told, list):
        raise OutboundFailed("this is no page of Google Cloud")
    for each in cast("list[dict[str, Any]]", told):
        products = {str(part.get("title")) for part in each.get("affected_products") or ()}
        places = {str(part.get("id")) for part in each.get("currently_affected_locations") or ()}
        if each.get("end") or (verb.products and not products & set(verb.products)):
            continue
        if verb.locations and not places & {*verb.locations, "global"}:
            continue
        latest: dict[str, Any] = each.get("most_recent_update") or {}
        yield {
            "kind": "incident",
            "name": str(each.get("external_desc", ""))[:300],
            "status": str(latest.get("status") or each.get("status_impact") or ""),
            "impact": each.get("severity"),
            "products": sorted(products),
            "since": each.get("begin"),
            "link": f"{verb.page}/{each.get('uri', '')}",
            "impaired": True,
        }
