"""Numbers over the API: how each monitor stands, its values, and what was measured last of a service."""

from __future__ import annotations

import pytest
from databases import on_sqlite

MONITORS = """
measures: {carts: Carts with something in them.}
monitors:
  errors: {title: Error rate, service: shop, measure: error_rate, reaches: 5 %, rounds: 1, opens_from: P0}
  carts: {service: shop, measure: carts}
"""


@pytest.fixture
def watched(rooms):
    written = rooms.folder / "tocsin.yaml"
    written.write_text(written.read_text(encoding="utf-8") + MONITORS, encoding="utf-8")
    assert rooms.reload() == []
    rooms.monitors.tick()
    return rooms


@on_sqlite
def test_what_is_watched_and_how_it_stands(watched, client, as_):
    viewer = as_("viewer")
    watched.clock.tick(30)
    watched.measures.push("shop", {"error_rate": 0.07})
    watched.clock.tick(1)
    watched.monitors.tick()
    carts, errors = client.get("monitors", headers=viewer).json()["items"]
    assert (carts["state"], carts["bound"], carts["value"], carts["pushed"]) == ("new", "", None, True)
    assert (errors["state"], errors["value"], errors["limit"], errors["level"], errors["alert"]) == (
        "breached",
        0.07,
        0.05,
        "P1",
        False,
    )
    assert client.get("monitors/errors", headers=viewer).json() == errors
    (point,) = client.get("monitors/errors/points?hours=1", headers=viewer).json()["items"]
    assert (point["value"], point["usual"]) == (0.07, False)
    (last,) = client.get("measures/shop", headers=viewer).json()["items"]
    assert (last["measure"], last["value"]) == ("error_rate", 0.07)
    assert client.get("monitors/nothing", headers=viewer).status_code == 404
    assert client.get("monitors/errors/points?hours=25", headers=viewer).status_code == 422
    assert client.get("monitors").status_code == 401
