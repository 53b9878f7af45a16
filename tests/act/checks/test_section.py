"""Mistakes in checks are told when the configuration loads, with their place and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.act.checks import ChecksSection, read_check, validate_checks
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.errors import Invalid

HEALTH = {"name": "health", "kind": "http", "url": "http://127.0.0.1:8000/health"}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in HEALTH.items() if key != name}


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        (without("kind"), (0,), "kind"),
        (HEALTH | {"kind": "htp"}, (0, "kind"), "no probe htp"),
        (without("url"), (0, "url"), ""),
        (without("name"), (0, "name"), ""),
        (HEALTH | {"url": "127.0.0.1:8000"}, (0, "url"), "http://"),
        (HEALTH | {"url": "http://mei:secret@127.0.0.1/"}, (0, "url"), "password"),
        (HEALTH | {"expct": "status == 200"}, (0, "expct"), ""),
        (HEALTH | {"expect": "statu == 200"}, (0, "expect"), "statu"),
        (HEALTH | {"expect": "status =="}, (0, "expect"), ""),
        (HEALTH | {"timeout": "2h"}, (0, "timeout"), "minute"),
        (HEALTH | {"timeout": "soon"}, (0, "timeout"), "duration"),
        (HEALTH | {"kind": "tcp"}, (0, "host"), ""),
        ({"name": "m", "kind": "tcp", "host": "x", "port": 70_000}, (0, "port"), "65535"),
    ],
)
def test_a_mistake_is_told_with_its_place(entry: dict[str, Any], place: tuple[Any, ...], words: str):
    problems = validate_checks([entry])
    assert place in [each.path for each in problems]
    assert words in " ".join(f"{each.message} {each.fix}" for each in problems)
    with pytest.raises(Invalid):
        read_check(entry)


def test_two_checks_of_one_name_are_a_mistake():
    (problem,) = validate_checks([HEALTH, HEALTH])
    assert problem.path == (1, "name")


def test_good_checks_have_no_problems():
    assert validate_checks([HEALTH, {"name": "cache", "kind": "redis"}]) == []


def test_the_whole_configuration_names_the_service():
    class Whole(ChecksSection, CatalogueSection):
        pass

    whole = Whole.model_validate(
        {"services": {"shop": {"checks": [HEALTH, HEALTH | {"name": "b", "kind": "x"}]}}}
    )
    (problem,) = ChecksSection.cross_check(whole)
    assert problem.path == ("services", "shop", "checks", 1, "kind")
