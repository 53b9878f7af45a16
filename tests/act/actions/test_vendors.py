"""Status pages of vendors and branches of Neon, against stubs of the published interfaces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from answering import Answering, answering

from tocsin.act.actions.action import CannotRun

Act = Callable[..., Any]
# As https://metastatuspage.com/api describes `summary.json`.
SUMMARY = {
    "page": {"id": "kctbh9vrtdwd", "name": "Cloud", "url": "https://status.example.com"},
    "status": {"indicator": "major", "description": "Partial System Outage"},
    "components": [
        {"id": "g1", "name": "Regions", "status": "partial_outage", "group": True, "group_id": None},
        {"id": "c1", "name": "Workers", "status": "operational", "group": False, "group_id": "g1"},
        {"id": "c2", "name": "R2", "status": "partial_outage", "group": False, "group_id": "g1"},
        {"id": "c3", "name": "Docs", "status": "under_maintenance", "group": False, "group_id": None},
    ],
    "incidents": [
        {
            "id": "i1",
            "name": "R2 errors",
            "status": "investigating",
            "impact": "major",
            "created_at": "2026-03-01T09:00:00Z",
            "shortlink": "https://stspg.io/x",
            "components": [{"id": "c2", "name": "R2"}],
        }
    ],
    "scheduled_maintenances": [],
}
# As https://status.cloud.google.com/incidents.schema.json describes `incidents.json`.
GOOGLE = [
    {
        "id": "a",
        "begin": "2026-03-01T08:00:00+00:00",
        "end": None,
        "external_desc": "Elevated errors in asia-east1",
        "severity": "high",
        "status_impact": "SERVICE_DISRUPTION",
        "most_recent_update": {"status": "SERVICE_DISRUPTION"},
        "affected_products": [{"title": "Cloud Run", "id": "p1"}],
        "currently_affected_locations": [{"title": "Taiwan", "id": "asia-east1"}],
        "uri": "incidents/a",
    },
    {
        "id": "b",
        "begin": "2026-02-01T08:00:00+00:00",
        "end": "2026-02-01T09:00:00+00:00",
        "external_desc": "Over",
    },
]


@pytest.fixture
def pages() -> Iterator[Answering]:
    def answer(method: str, path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, Any]:
        known = {"/api/v2/summary.json": SUMMARY, "/incidents.json": GOOGLE}
        return (200, known[path]) if method == "GET" and path in known else (404, {"error": "not found"})

    with answering(answer) as server:
        yield server


def test_a_vendor_that_is_impaired_is_told_and_one_that_is_not_concerned_is_not(act: Act, pages: Answering):
    result, seen = act("vendor_status.statuspage", {"page": pages.url})
    assert not result.well
    assert result.why == "R2: partial_outage; R2 errors: investigating"
    assert [(row["name"], row["impaired"]) for row in seen["rows"]] == [
        ("R2", True),
        ("Docs", False),
        ("R2 errors", True),
    ]
    fine, seen = act("vendor_status.statuspage", {"page": f"{pages.url}/", "components": ["Workers"]})
    assert fine.well
    assert [row["status"] for row in seen["rows"]] == ["operational"]
    with pytest.raises(CannotRun, match="no component Wrokers") as told:
        act("vendor_status.statuspage", {"page": pages.url, "components": ["Wrokers"]})
    assert "Workers" in told.value.fix
    wrong, _ = act("vendor_status.statuspage", {"page": f"{pages.url}/elsewhere"})
    assert wrong.why == "the status page answered 404"


def test_google_s_incidents_are_chosen_by_product_and_place(act: Act, pages: Answering):
    result, seen = act("vendor_status.google_cloud", {"page": pages.url})
    assert result.why == "Elevated errors in asia-east1: SERVICE_DISRUPTION"
    assert seen["json"]["link"] == f"{pages.url}/incidents/a"
    for told, well in (
        ({"products": ["Cloud Run"]}, False),
        ({"products": ["Cloud SQL"]}, True),
        ({"locations": ["asia-east1"]}, False),
        ({"locations": ["europe-west1"]}, True),
    ):
        assert act("vendor_status.google_cloud", {"page": pages.url, **told})[0].well is well


class NeonStub:
    """One project of Neon, as https://api-docs.neon.tech/reference/listprojectbranches, /createprojectbranch,
    /restoreprojectbranch and /deleteprojectbranch describe it: bearer key, `{"code", "message"}` for errors, pages by
    `cursor`.
    """

    root = "/projects/shiny-wind-1/branches"

    def __init__(self) -> None:
        self.branches = [
            {"id": "br-main-1", "name": "main", "default": True, "current_state": "ready"},
            {"id": "br-old-2", "name": "old", "parent_id": "br-main-1", "current_state": "ready"},
        ]
        self.sent: list[dict[str, Any]] = []

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if headers.get("authorization") != "Bearer neon-key":
            return 401, {"code": "", "message": "authentication required"}
        url = urlsplit(target)
        given = json.loads(body) if body else {}
        if given:
            self.sent.append(given)
        rest = url.path.removeprefix(self.root)
        if rest == url.path:
            return 404, {"code": "", "message": "project not found"}
        if (method, rest) == ("GET", ""):
            at = int(parse_qs(url.query).get("cursor", ["0"])[0])
            told: dict[str, Any] = {"branches": self.branches[at : at + 1]}
            if at + 1 < len(self.branches):
                told["pagination"] = {"next": str(at + 1)}
            return 200, told
        if (method, rest) == ("POST", ""):
            if given.keys() - {"branch", "endpoints"}:
                return 400, {"code": "BAD_REQUEST", "message": "unknown field"}
            branch = {"id": f"br-new-{len(self.branches)}", "current_state": "init", **given["branch"]}
            self.branches.append(branch)
            return 201, {"branch": branch, "operations": []}
        found = next((each for each in self.branches if rest.split("/")[1] == each["id"]), None)
        if found is None:
            return 404, {"code": "", "message": "branch not found"}
        if (method, rest) == ("DELETE", f"/{found['id']}"):
            if found.get("default"):
                return 422, {"code": "", "message": "cannot delete the default branch"}
            self.branches.remove(found)
            return 200, {"branch": found, "operations": []}
        if (method, rest) == ("POST", f"/{found['id']}/restore"):
            if "preserve_under_name" not in given and given.get("source_branch_id") == found["id"]:
                return 400, {"code": "", "message": "preserve_under_name is required"}
            return 200, {"branch": found, "operations": []}
        return 405, {"code": "", "message": "method not allowed"}


def test_branches_of_neon_are_made_set_back_and_removed(act: Act):
    stub = NeonStub()
    with answering(stub.answer) as server:
        target = {"kind": "neon", "project": "shiny-wind-1", "token": "neon-key", "api_url": server.url}
        _, seen = act("neon.branches", {}, target=target)
        assert [row["name"] for row in seen["rows"]] == ["main", "old"]

        told = {"name": "look", "parent": "main", "at": "2026-03-01T09:00:00Z"}
        _, seen = act("neon.create_branch", told, target=target, level="change")
        assert seen["json"]["id"] == "br-new-2"
        sent = {"name": "look", "parent_id": "br-main-1", "parent_timestamp": "2026-03-01T09:00:00+00:00"}
        assert stub.sent == [{"branch": sent}]

        back = {"branch": "main", "at": "2026-03-01T09:00:00Z", "keep_as": "main-before"}
        with pytest.raises(CannotRun, match="destroy"):
            act("neon.restore_branch", back, target=target, level="change")
        assert act("neon.restore_branch", back, target=target, level="destroy")[0].well
        assert stub.sent[-1]["preserve_under_name"] == "main-before"

        assert act("neon.delete_branch", {"branch": "look"}, target=target, level="destroy")[0].well
        assert [each["name"] for each in stub.branches] == ["main", "old"]
        refused, _ = act("neon.delete_branch", {"branch": "main"}, target=target, level="destroy")
        assert refused.why == "Neon answered 422: cannot delete the default branch"
        with pytest.raises(CannotRun, match="no branch elsewhere"):
            act("neon.delete_branch", {"branch": "elsewhere"}, target=target, level="destroy")
        stranger, _ = act("neon.branches", {}, target=target | {"token": "wrong"})
        assert stranger.why == "Neon answered 401: authentication required"
