"""What waits for a yes, told to programs: whole, so that nobody decides by a smaller picture than the page's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tocsin.cli import asking
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.runbooks import store


@pytest.fixture
def request_(rooms: Any, client: Any, as_: Any) -> dict[str, Any]:
    """A request for what destroys, on a target that the service does not have."""
    body = {"path": "shop-down.md", "mode": "guided", "inputs": {"SHOP_URL": "http://127.0.0.1:9"}}
    run = client.post("runs", json=body, headers=as_("operator")).json()["id"]
    now = rooms.clock.now()
    asked = {
        "id": new_id("apr"), "run": run, "step": "restart", "step_id": "restart", "title": "Empty the cache",
        "text": "FLUSHALL\nPING", "text_hash": "h", "level": "destroy", "role": "approver", "kind": "approval",
        "requested_by": "token:operator", "requested_at": now, "expires_at": now + timedelta(minutes=30),
        "quorum": 2, "inputs": {"N": "3"}, "place": "cache",
    }  # fmt: skip
    rooms.store.write(lambda conn: store.ask(conn, **asked))
    return asked


def test_a_request_is_told_whole_alone_in_the_list_and_with_its_run(
    client: Any, as_: Any, request_: Any
) -> None:
    mei = as_("operator")
    alone = client.get(f"approvals/{request_['id']}", headers=mei).json()
    for name in ("text", "inputs", "place", "level", "role", "quorum", "requested_by", "title"):
        assert alone[name] == request_[name]
    assert (alone["runbook"], alone["service"], alone["place_kind"], alone["worker"]) == (
        "Shop is down",
        "shop",
        "",
        "",
    )
    assert (alone["four_eyes"], alone["given"], alone["votes"], alone["state"]) == (True, 0, [], "asked")
    assert client.get("approvals", headers=mei).json() == {"items": [alone], "next": None}
    assert client.get(f"runs/{request_['run']}", headers=mei).json()["approvals"] == [alone]


def test_who_asks_for_theirs_gets_what_they_may_decide(client: Any, as_: Any, request_: Any) -> None:
    assert client.get("approvals?mine=true", headers=as_("operator")).json()["items"] == []
    (theirs,) = client.get("approvals?mine=true", headers=as_("approver", "read", "approve")).json()["items"]
    assert theirs["id"] == request_["id"]


def test_what_was_decided_is_told_with_its_votes(rooms: Any, client: Any, as_: Any, request_: Any) -> None:
    kai = as_("approver", "read", "approve")
    said = client.post(f"approvals/{request_['id']}/deny", json={"reason": "there is no copy"}, headers=kai)
    assert said.status_code == 200, said.text
    assert client.get("approvals", headers=kai).json()["items"] == []
    (found,) = client.get("approvals?decided=true", headers=kai).json()["items"]
    assert (found["state"], [(each["yes"], each["reason"]) for each in found["votes"]]) == (
        "denied",
        [(False, "there is no copy")],
    )
    later = (rooms.clock.now() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert client.get(f"approvals?decided=true&since={later}", headers=kai).json()["items"] == []


def test_a_terminal_shows_all_of_it(client: Any, as_: Any, request_: Any) -> None:
    told = "\n".join(asking.lines(client.get(f"approvals/{request_['id']}", headers=as_("operator")).json()))
    for part in ("FLUSHALL", "PING", "N = 3", "destroy", "cache", "no such target any more", "token:operator",
                 "0 of 2", "approver", "not by who asked", "expires"):  # fmt: skip
        assert part in told
