"""The keys under `channels:` and what is said about mistakes in them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.act.notify import ChannelSection
from tocsin.act.notify.section import kinds, settings_of
from tocsin.ground.catalogue import CatalogueSection


class Whole(ChannelSection, CatalogueSection):
    """As the application composes it."""


def test_every_kind_loads_its_own_examples_and_has_a_manual():
    assert {"email", "webhook"} <= set(kinds())
    for kind, channel in kinds().items():
        assert channel.title
        assert channel.examples
        for example in channel.examples:
            ChannelSection.model_validate({"channels": {"x": {"kind": kind, **example}}})


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({}, "kind"),
        ({"kind": "pigeon"}, "email"),
        ({"kind": "email"}, "host"),
        ({"kind": "email", "host": "h", "from": "t@example.com", "hosst": "x"}, "hosst"),
        ({"kind": "email", "host": "h", "from": "t@example.com", "password": "plain"}, "plain text"),
        ({"kind": "email", "host": "h", "from": "t@example.com", "port": 0}, "port"),
        ({"kind": "webhook", "secret": "plain"}, "plain text"),
    ],
)
def test_a_mistake_is_named(entry: dict[str, Any], wrong: str):
    with pytest.raises(ValidationError, match=wrong):
        ChannelSection.model_validate({"channels": {"x": entry}})


def test_a_person_who_names_a_channel_that_is_not_there():
    whole = Whole.model_validate(
        {
            "channels": {"mail": {"kind": "email", "host": "h", "from": "t@example.com"}},
            "people": {"mei": {"name": "Mei", "email": "mei@example.com", "channels": ["mail", "mial"]}},
        }
    )
    [problem] = ChannelSection.cross_check(whole)
    assert problem.path == ("people", "mei", "channels", 1)
    assert "did you mean mail" in problem.fix


def test_the_schema_lists_the_settings_of_every_kind():
    text = str(ChannelSection.model_json_schema(by_alias=True))
    assert "The mail server." in text
    assert "Signs each request." in text
    assert settings_of("email") is settings_of("email")
