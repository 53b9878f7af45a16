"""Links in messages: they stand below the public address, and the signed one cannot be forged."""

import pytest

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.links import Links


def links(key: bytes = b"k" * 32) -> Links:
    return Links(lambda: "https://tocsin.example.com/", key)


def test_links_stand_below_the_public_address_and_escape_what_they_carry():
    assert links().incident("INC-2026-0001") == "https://tocsin.example.com/incidents/INC-2026-0001"
    assert links().runbook("shop/API down.md") == "https://tocsin.example.com/runbooks/shop/API%20down.md"
    assert links().alert("a/../../b?x#y") == "https://tocsin.example.com/alerts/a%2F..%2F..%2Fb%3Fx%23y"
    assert links().run("INC-2026-0001", "run_1") == "https://tocsin.example.com/incidents/INC-2026-0001#run_1"


def test_the_signed_link_leads_back_to_its_delivery():
    url = links().acknowledge("dlv_1")
    assert url.startswith("https://tocsin.example.com/a/")
    assert links().read_acknowledge(url.rpartition("/")[2]) == "dlv_1"


@pytest.mark.parametrize("token", ["", "x", "dlv_1", "a.b", "é" * 9, "\x00", "." * 5000, "InYi.0"])
def test_a_link_that_is_not_ours_opens_nothing(token: str):
    with pytest.raises(NotFound):
        links().read_acknowledge(token)


def test_a_changed_link_and_one_of_another_installation_open_nothing():
    token = links().acknowledge("dlv_1").rpartition("/")[2]
    with pytest.raises(NotFound):
        links().read_acknowledge(token[:-1] + ("A" if token[-1] != "A" else "B"))
    with pytest.raises(NotFound):
        links(b"other" * 8).read_acknowledge(token)
