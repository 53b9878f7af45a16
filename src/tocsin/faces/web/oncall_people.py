"""Who is who at a glance? Each person of the rotas has initials, a hue and a pattern, the same on every page.

Colour alone never tells people apart: a bar has the initials or the name on it, and a pattern along its edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from tocsin.ground.catalogue import Person
from tocsin.respond.oncall import Schedule

HUES = 8
"""So many hues and patterns the style sheet knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """A person as a bar shows them; `hue` is the number of a class of the style sheet."""

    person: str
    name: str
    initials: str
    hue: int


def badges(people: Mapping[str, Person], schedules: Mapping[str, Schedule]) -> dict[str, Badge]:
    """Everybody who may be on call; people of one rota differ in hue as long as there are hues."""
    rotas = [_of(schedule) for schedule in schedules.values()]
    hues: dict[str, int] = {}
    named = list(dict.fromkeys([each for rota in rotas for each in rota] + list(people)))
    for person in named:
        beside = {hues[each] for rota in rotas if person in rota for each in rota if each in hues}
        hues[person] = next((hue for hue in range(HUES) if hue not in beside), len(hues) % HUES)
    names = {person: people[person].name if person in people else person for person in named}
    short = _initials(names)
    return {
        person: Badge(person=person, name=names[person], initials=short[person], hue=hue)
        for person, hue in hues.items()
    }


def initials_of(name: str) -> str:
    """`Mei-Ling Chen` is MC, `陳美玲` is 美玲, `ops` is OP."""
    words = name.split()
    if not words:
        return "?"
    if not words[-1].isascii() and len(words) == 1:
        return name[-2:]
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


def _of(schedule: Schedule) -> Sequence[str]:
    layers: Iterable[str] = (person for layer in schedule.layers for person in layer.people)
    return list(dict.fromkeys([*layers, *(each.person for each in schedule.overrides)]))


def _initials(names: Mapping[str, str]) -> dict[str, str]:
    """Two people with the same initials are told apart by a number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for person, name in names.items():
        plain = initials_of(name)
        free = next(each for n in count(1) if (each := plain if n == 1 else f"{plain}{n}") not in taken)
        taken.add(free)
        found[person] = free
    return found
