"""Services, people and teams: who owns an alert, and what is wrong with the names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.ground.catalogue import UNASSIGNED, CatalogueSection, service_of
from tocsin.ground.kernel.secret import Secret


def catalogue(**keys: Any) -> CatalogueSection:
    return CatalogueSection.model_validate(keys)


def told(section: CatalogueSection) -> list[str]:
    return [
        f"{problem.level} {'.'.join(map(str, problem.path))}: {problem.message}"
        for problem in section.cross_check()
    ]


SHOP = catalogue(
    services={
        "shop": {
            "title": "Web Shop",
            "match": [{"job": "shop-*", "env": "live"}, {"alertname": "Checkout*"}],
        },
        "search": {"match": [{"job": "*"}]},
    }
)


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"service": "shop"}, "shop"),
        ({"service": " Shop "}, "shop"),
        ({"service": "web shop"}, "shop"),
        ({"service": "unheard", "job": "shop-api", "env": "live"}, "shop"),
        ({"job": "shop-api", "env": "test"}, "search"),
        ({"alertname": "CheckoutSlow"}, "shop"),
        ({"alertname": "Other", "job": ""}, "search"),
        ({}, "search"),
    ],
)
def test_an_alert_finds_its_service_by_label_then_by_matchers(labels: dict[str, str], service: str) -> None:
    assert service_of(SHOP, labels)[0] == service


def test_an_alert_of_nobody_is_unassigned_with_the_defaults() -> None:
    name, service = service_of(catalogue(), {"service": "unheard"})
    assert (name, service.title, service.policy, service.escalation) == (UNASSIGNED, "Unassigned", None, None)
    assert catalogue().service("left the configuration").title == "Unassigned"


def test_a_service_has_sensible_defaults() -> None:
    service = catalogue(services={"shop": {}}).services["shop"]
    assert (service.automatic, service.soak, service.soak_every) == (
        "none",
        timedelta(minutes=15),
        timedelta(minutes=1),
    )
    assert service.tier == "supporting"
    assert service.monitor is None


def test_the_environment_of_a_service_is_text_or_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "a-secret-token")
    service = catalogue(
        services={"shop": {"environment": {"PORT": 8080, "DEBUG": False, "TOKEN": "env:SHOP_TOKEN"}}}
    ).services["shop"]
    assert service.environment == {
        "PORT": "8080",
        "DEBUG": "false",
        "TOKEN": Secret.from_reference("env:SHOP_TOKEN"),
    }
    assert "a-secret-token" not in repr(service)


def test_a_target_takes_the_keys_of_its_kind_and_keeps_secrets_secret() -> None:
    target = catalogue(
        services={"shop": {"targets": {"db": {"kind": "postgres", "dsn": "env:DATABASE_URL"}}}}
    )
    extra = target.services["shop"].targets["db"].model_extra
    assert extra is not None
    assert isinstance(extra["dsn"], Secret)


def test_names_that_lead_nowhere_are_told_with_what_was_meant() -> None:
    section = catalogue(
        people={"mei": {"name": "Mei", "email": "mei@example.com"}, "jun": {"name": "Jun"}},
        teams={"backend": {"members": ["mei", "jum"], "lead": "mai"}},
        services={"shop": {"team": "bakend", "monitor": {}}, UNASSIGNED: {}},
    )
    assert told(section) == [
        "error teams.backend.members.1: there is no person jum",
        "error teams.backend.lead: there is no person mai",
        "warning people.jun: nobody can page this person",
        "error services.shop.team: there is no team bakend",
        "error services.shop.monitor: a monitor without checks sees nothing",
        "error services.unassigned: unassigned is the name for alerts that belong to no service",
    ]
    assert [problem.fix for problem in section.cross_check()][:2] == [
        "did you mean jun?",
        "did you mean mei?",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("public_url", "tocsin.example.com"),
        ("public_url", "ftp://tocsin.example.com"),
        ("public_url", "https://me:secret@tocsin.example.com"),
        ("public_url", "http://[::1"),
        ("time_zone", "Asia/Taipe"),
        ("time_zone", "../../etc/passwd"),
        ("language", "fr"),
        ("people", {"Mei Chen": {"name": "Mei"}}),
        ("people", {"mei": {"name": "Mei", "email": "mei"}}),
        ("people", {"mei": {"name": "Mei", "email": "mei@example.com\nBcc: all@example.com"}}),
        ("services", {"shop": {"environment": {"NOT-A-NAME": "x"}}}),
        ("services", {"shop": {"automatic": "destroy"}}),
        ("outbound", {"allow": ["everything"]}),
        ("unheard", 1),
    ],
)
def test_what_cannot_be_meant_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        catalogue(**{key: value})


@pytest.mark.parametrize("written", ["zh_Hant", "zh-Hant", "zh-TW", "zh"])
def test_chinese_has_many_names(written: str) -> None:
    assert catalogue(language=written).language == "zh_Hant"
