"""People are known again by initials, hue and pattern."""

from __future__ import annotations

import pytest

from tocsin.faces.web.oncall_people import HUES, badges, initials_of
from tocsin.ground.catalogue import Person
from tocsin.respond.oncall import Schedule


def rota(*people: str) -> Schedule:
    layers = [{"people": list(people), "start": "2026-01-05T09:00"}]
    return Schedule.model_validate({"layers": layers})


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Mei-Ling Chen", "MC"),
        ("Anna Maria van der Berg", "AB"),
        ("陳美玲", "美玲"),
        ("ops", "OP"),
        ("陳 Mei", "陳M"),
        ("  ", "?"),
        ("x", "X"),
    ],
)
def test_initials_are_what_people_would_write(name: str, initials: str):
    assert initials_of(name) == initials


def test_two_people_with_the_same_initials_are_told_apart():
    people = {each: Person(name=name) for each, name in (("a", "Mei Chen"), ("b", "Max Chang"))}
    found = badges(people, {"backend": rota("a", "b")})
    assert [each.initials for each in found.values()] == ["MC", "MC2"]


def test_people_of_one_rota_differ_in_hue_as_long_as_there_are_hues():
    names = [f"p{number}" for number in range(30)]
    people = {each: Person(name=each) for each in names}
    rotas = {f"r{number}": rota(*names[number : number + HUES]) for number in (0, 8, 16, 4)}
    found = badges(people, rotas)
    for each in ("r0", "r8", "r16"):
        mine = rotas[each].layers[0].people
        assert len({found[person].hue for person in mine}) == HUES, each
    assert {each.hue for each in found.values()} <= set(range(HUES))


def test_somebody_who_has_left_keeps_their_name_of_the_configuration():
    assert badges({}, {"backend": rota("gone")})["gone"].name == "gone"
