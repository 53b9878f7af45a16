"""Where is it broken? Small servers on the loopback: an origin, an edge in front of it, both gone in turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import authority
import pytest
from edge import Edge, Origin

from tocsin.act.checks import Look, Scope, judge_scope, look_around
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.outbound import Outbound

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture
def edge(origin: Origin) -> Iterator[Edge]:
    with Edge(origin) as running:
        yield running


def shop(edge: Edge, origin: Origin, *paths: str, **more: Any) -> Service:
    """A service whose every endpoint goes through the edge and names its origin."""
    endpoints = {
        path: {"url": f"http://127.0.0.1:{edge.port}/{path}", "origin": f"127.0.0.1:{origin.port}"}
        for path in paths
    }
    return Service.model_validate({"endpoints": endpoints, **more})


def seen(outbound: Outbound, service: Service) -> Scope:
    return look_around(service, outbound, FrozenClock())


def said(scope: Scope) -> tuple[str, str, str, str]:
    return scope.verdict, scope.side, scope.reach, scope.advice


def test_where_all_is_well_nothing_is_confirmed(outbound: Outbound, edge: Edge, origin: Origin):
    scope = seen(outbound, shop(edge, origin, "health", "orders"))
    assert said(scope) == ("not_confirmed", "unknown", "none", "well")
    assert {(look.point, look.way, look.status) for look in scope.looks} == {
        ("health", "edge", 200),
        ("health", "origin", 200),
        ("orders", "edge", 200),
        ("orders", "origin", 200),
    }


def test_an_edge_that_is_gone_before_an_origin_that_answers_is_infrastructure(
    outbound: Outbound, edge: Edge, origin: Origin
):
    service = shop(edge, origin, "health", "orders")
    edge.stop()
    assert said(seen(outbound, service)) == ("confirmed", "infrastructure", "all", "edge")


def test_an_origin_that_is_gone_is_infrastructure_whatever_the_edge_says_of_it(
    outbound: Outbound, edge: Edge, origin: Origin
):
    service = shop(edge, origin, "health", "orders")
    origin.stop()
    scope = seen(outbound, service)
    assert said(scope) == ("confirmed", "infrastructure", "all", "origin_down")
    assert {look.status for look in scope.looks if look.way == "edge"} == {502}
    assert {look.stage for look in scope.looks if look.way == "origin"} == {"tcp"}
    edge.stop()
    assert said(seen(outbound, service)) == ("confirmed", "infrastructure", "all", "origin_down")


def test_an_application_that_fails_behind_both_is_the_application(
    outbound: Outbound, edge: Edge, origin: Origin
):
    origin.statuses |= {"/health": 500, "/orders": 503}
    scope = seen(outbound, shop(edge, origin, "health", "orders", "search"))
    assert said(scope) == ("confirmed", "application", "many", "application")
    assert (scope.failed, scope.total) == (2, 3)


def test_one_endpoint_of_several_is_confirmed_in_part(outbound: Outbound, edge: Edge, origin: Origin):
    origin.statuses["/orders"] = 500
    scope = seen(outbound, shop(edge, origin, "health", "orders", "search"))
    assert said(scope) == ("partly", "application", "one", "application")


def test_a_rule_at_the_edge_that_blocks_what_the_origin_serves_is_found(
    outbound: Outbound, edge: Edge, origin: Origin
):
    edge.blocks.add("/orders")
    scope = seen(outbound, shop(edge, origin, "health", "orders"))
    assert said(scope) == ("confirmed", "infrastructure", "one", "edge")
    assert any("403" in look.text and "200 at the origin" in look.text for look in scope.looks)


def test_what_asks_for_a_login_on_both_ways_answers(outbound: Outbound, edge: Edge, origin: Origin):
    origin.statuses["/orders"] = 401
    assert said(seen(outbound, shop(edge, origin, "orders")))[0] == "not_confirmed"


def test_an_origin_that_lets_only_its_edge_in_confirms_nothing(
    outbound: Outbound, edge: Edge, origin: Origin
):
    service = shop(edge, origin, "health")
    hidden = service.endpoints["health"].model_copy(update={"origin": "127.0.0.1:1"})
    service = service.model_copy(update={"endpoints": {"health": hidden}})
    assert said(seen(outbound, service)) == ("not_confirmed", "unknown", "none", "origin_hidden")


def test_a_cached_answer_over_an_origin_that_fails_is_confirmed_in_part(
    outbound: Outbound, edge: Edge, origin: Origin
):
    origin.statuses["/health"] = 500
    edge.keeps["/health"] = 200
    assert said(seen(outbound, shop(edge, origin, "health"))) == (
        "partly",
        "application",
        "none",
        "application",
    )


def test_without_an_origin_the_kind_of_failure_tells_the_side(outbound: Outbound, edge: Edge, origin: Origin):
    def one(url: str) -> tuple[str, str, str, str]:
        return said(seen(outbound, Service.model_validate({"endpoints": {"it": {"url": url}}})))

    origin.statuses |= {"/fails": 500}
    assert one(f"http://127.0.0.1:{origin.port}/fails") == ("confirmed", "application", "all", "application")
    assert one("http://127.0.0.1:1/") == ("confirmed", "infrastructure", "all", "connection")
    origin.stop()
    assert one(f"http://127.0.0.1:{edge.port}/x") == ("confirmed", "infrastructure", "all", "gateway")


def test_checks_speak_where_no_endpoint_is_known(outbound: Outbound, edge: Edge, origin: Origin):
    base = f"http://127.0.0.1:{origin.port}"
    checks = [
        {"name": "health", "kind": "http", "url": f"{base}/health"},
        {"name": "strict", "kind": "http", "url": f"{base}/health", "expect": "status == 204"},
    ]
    scope = seen(outbound, Service.model_validate({"checks": checks}))
    assert said(scope) == ("confirmed", "application", "one", "check")
    assert scope.counted == "checks"
    served = seen(outbound, shop(edge, origin, "health", checks=checks))
    assert said(served) == ("partly", "application", "one", "check"), "users are served"


def test_where_nothing_can_be_asked_nothing_is_known(outbound: Outbound):
    assert said(seen(outbound, Service())) == ("unknown", "unknown", "none", "blind")
    broken = {"name": "api", "kind": "http", "url": "http://127.0.0.1:1", "headers": {"X": "env:NOT_SET"}}
    assert said(seen(outbound, Service.model_validate({"checks": [broken]})))[0] == "unknown"


def test_past_the_edge_the_name_and_its_certificate_are_the_same():
    with Origin(tls=authority.server()) as origin:
        outbound = Outbound(resolve=lambda *_: ["127.0.0.1"], tls=authority.client())
        try:
            endpoint = {
                "url": "https://shop.example:1/health",
                "origin": f"127.0.0.1:{origin.port}",
            }
            scope = seen(outbound, Service.model_validate({"endpoints": {"health": endpoint}}))
        finally:
            outbound.close()
        assert said(scope) == ("confirmed", "infrastructure", "all", "edge")
        assert origin.hosts == ["shop.example:1"]


def test_a_certificate_that_only_the_edge_trusts_says_nothing_of_the_origin(outbound: Outbound):
    with Origin(tls=authority.server()) as origin:
        endpoint = {
            "url": f"https://127.0.0.1:{origin.port}/health",
            "origin": f"127.0.0.1:{origin.port}",
        }
        scope = seen(outbound, Service.model_validate({"endpoints": {"health": endpoint}}))
    assert {look.stage for look in scope.looks} == {"certificate"}
    assert said(scope) == ("confirmed", "infrastructure", "all", "connection")


def look(point: str, way: Any, stage: str = "", status: int | None = None) -> Look:
    ok = not stage
    return Look(
        point=point, way=way, ok=ok, text="", ms=1, stage=stage, status=status or (200 if ok else None)
    )


def test_both_ways_to_an_endpoint_outweigh_what_a_check_says():
    scope = judge_scope(
        NOW, [look("a", "edge", "tcp"), look("a", "origin"), look("b", "check", "status", 500)]
    )
    assert said(scope) == ("confirmed", "infrastructure", "all", "edge")


def test_what_points_to_both_sides_is_said_to():
    scope = judge_scope(NOW, [look("a", "edge", "dns"), look("b", "edge", "status", 500)])
    assert said(scope) == ("confirmed", "unknown", "all", "both")


@pytest.mark.parametrize(
    ("failing", "total", "verdict", "reach"),
    [
        (1, 1, "confirmed", "all"),
        (1, 2, "confirmed", "one"),
        (1, 3, "partly", "one"),
        (2, 5, "partly", "many"),
    ],
)
def test_half_of_the_endpoints_confirm_it(failing: int, total: int, verdict: str, reach: str):
    looks = [look(f"e{each}", "edge", "tcp" if each < failing else "") for each in range(total)]
    scope = judge_scope(NOW, looks)
    assert (scope.verdict, scope.reach, scope.failed, scope.total) == (verdict, reach, failing, total)
