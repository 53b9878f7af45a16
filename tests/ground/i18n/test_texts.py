"""A text is said in the reader's language, and a value stays a value."""

from __future__ import annotations

import pytest

from tocsin.ground.i18n import choose, languages, translate


def test_a_text_is_said_in_the_readers_language():
    assert translate("en", "{n} min ago", n=4) == "4 min ago"
    assert translate("zh_Hant", "{n} min ago", n=4) == "4 分鐘前"


def test_what_the_catalog_lacks_is_said_in_english():
    assert translate("zh_Hant", "Nobody wrote {this} down", this="yet") == "Nobody wrote yet down"
    assert translate("tlh", "{n} min ago", n=4) == "4 min ago"


def test_a_missing_value_is_a_dash():
    assert translate("en", "Paged {person} by {channel}", person="Mei") == "Paged Mei by –"


@pytest.mark.parametrize(
    "hostile",
    [
        "{0.__class__}",
        "{person.__init__.__globals__}",
        "{person!r}",
        "{person:>99}",
        "{person}",
        "%s%n",
        "{{7*7}}",
    ],
)
def test_a_value_is_put_in_verbatim_and_never_looked_at_again(hostile: str):
    assert translate("en", "Paged {person}", person=hostile) == f"Paged {hostile}"


@pytest.mark.parametrize("text", ["{0.__class__}", "{person.name}", "{person!r}", "{person[0]}"])
def test_a_text_offers_flat_names_only(text: str):
    assert translate("en", text, person="Mei") == text


def test_values_may_bear_any_name_even_those_of_the_function():
    assert translate("en", "Noted: {text} in {language}", text="a", language="b") == "Noted: a in b"


@pytest.mark.parametrize(
    ("wanted", "accepted", "fallback", "answer"),
    [
        ("zh_Hant", "en", "en", "zh_Hant"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "en", "zh_Hant"),
        (None, "fr-FR,en;q=0.5,zh;q=0.4", "zh_Hant", "en"),
        (None, "en;q=0.1,zh;q=0.9", "en", "zh_Hant"),
        (None, "fr", "zh_Hant", "zh_Hant"),
        ("tlh", "", "tlh", "en"),
        (None, "en;q=x,,;q=", "zh_Hant", "zh_Hant"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_browsers_then_the_installations(
    wanted: str | None, accepted: str, fallback: str, answer: str
):
    assert choose(wanted, accepted, fallback) == answer


def test_each_language_names_itself():
    assert dict(languages()) == {"en": "English", "zh_Hant": "繁體中文"}
