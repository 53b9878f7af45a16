"""Mistakes in targets are told when the configuration loads, with their place and the cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin import configuration
from tocsin.act.actions.toolbox import toolboxes
from tocsin.act.targets.compose import ComposeTarget, compose_words
from tocsin.act.targets.place import all_places
from tocsin.act.targets.section import TargetsSection, given, target_kinds
from tocsin.act.targets.target import read_target
from tocsin.ground.catalogue import CatalogueSection

GOOD: list[dict[str, Any]] = [
    {"kind": "cloudflare", "token": "env:CLOUDFLARE_API_TOKEN", "zone": "z", "account": "a"},
    {"kind": "compose", "file": ["/srv/shop/compose.yaml", "/srv/shop/more.yaml"], "profiles": ["web"]},
    {"kind": "container", "container": "shop-api-1", "user": "app"},
    {"kind": "docker", "host": "unix:///run/docker.sock", "project": "shop"},
    {"kind": "flags", "file": "/srv/shop/flags.json"},
    {"kind": "flags", "http": "https://config.internal/flags", "token": "env:FLAGS_TOKEN"},
    {"kind": "flags", "url": "env:REDIS_URL", "prefix": "flag:"},
    {"kind": "kubernetes", "context": "production", "namespace": "shop"},
    {"kind": "neon", "project": "wind-028834", "token": "env:NEON_API_KEY"},
    {"kind": "postgres", "dsn": "env:DATABASE_URL", "backups": "/var/backups/shop"},
    {"kind": "postgres", "dsn": "env:DATABASE_URL", "worker": "near-the-database"},
    {"kind": "redis", "host": "10.0.0.5", "port": 6380, "database": 2},
    {"kind": "redis", "url": "env:REDIS_URL"},
    {"kind": "render", "token": "env:RENDER_API_KEY", "service": "shop-api"},
    {"kind": "s3", "bucket": "exports", "access_key": "env:S3_KEY", "secret_key": "env:S3_SECRET"},
    {"kind": "slack", "token": "env:SLACK_BOT_TOKEN", "channel": "C024BE91L"},
    {"kind": "sqlite", "path": "/srv/shop/shop.db"},
    {"kind": "ssh", "host": "web1.example.com", "user": "deploy", "key": "file:secrets/deploy"},
    {"kind": "worker", "worker": "gpu"},
]


def problems(target: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    """Where in the target, and what is told."""

    class Whole(TargetsSection, CatalogueSection):
        pass

    whole = Whole.model_validate({"services": {"shop": {"targets": {"one": target}}}})
    found = list(TargetsSection.cross_check(whole))
    assert all(each.path[:4] == ("services", "shop", "targets", "one") for each in found)
    return [(each.path[4:], f"{each.message} {each.fix}") for each in found]


@pytest.mark.parametrize("target", GOOD, ids=lambda target: " ".join(target))
def test_what_the_manual_shows_is_right(target: dict[str, Any]):
    assert problems(target) == []


@pytest.mark.parametrize(
    ("target", "place", "words"),
    [
        ({"kind": "postgress", "dsn": "env:DATABASE_URL"}, ("kind",), "did you mean postgres?"),
        ({"kind": "postgres", "dns": "env:DATABASE_URL"}, ("dns",), "did you mean dsn?"),
        ({"kind": "postgres"}, (), "add dsn: env:DATABASE_URL"),
        ({"kind": "redis", "url": "env:REDIS_URL", "db": 2}, ("db",), "there is no key db"),
        ({"kind": "render", "service": "srv-abc"}, ("token",), "token is missing"),
        ({"kind": "s3", "bucket": "b", "access_key": "env:K"}, ("secret_key",), "secret_key is missing"),
        ({"kind": "flags", "prefix": "x"}, (), "give one of file, http and url"),
        ({"kind": "flags", "file": "/a", "url": "env:R"}, (), "give one of file, http and url"),
        ({"kind": "ssh", "host": "-oProxyCommand=x"}, ("host",), "not written as it should be"),
        ({"kind": "compose", "file": "/srv/a.yaml", "projct": "shop"}, ("projct",), "did you mean project?"),
        ({"kind": "kubernetes", "token": "env:K"}, (), "belong to a server"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_cure(
    target: dict[str, Any], place: tuple[Any, ...], words: str
):
    (found,) = problems(target)
    assert found[0] == place
    assert words in found[1]


def test_the_whole_configuration_says_the_line(tmp_path: Path):
    (tmp_path / "tocsin.yaml").write_text(
        "services:\n  shop:\n    targets:\n      db:\n        kind: postgres\n        dns: env:DATABASE_URL\n"
    )
    (told,) = [each for each in configuration.load(tmp_path).problems if each.level == "error"]
    assert (told.line, told.message) == (6, "there is no key dns here")
    assert told.fix == "did you mean dsn?"


def test_a_compose_file_begins_at_the_folder_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "tocsin.yaml").write_text(
        "services: {shop: {targets: {a: {kind: compose, file: compose.yaml, env_file: ../.env},"
        " b: {kind: compose, file: [stack/compose.yaml, /srv/more.yaml]},"
        " c: {kind: kubernetes, context: compose.yaml}}}}\n"
    )
    monkeypatch.chdir("/")
    targets = configuration.load(tmp_path).required().services["shop"].targets
    one = given(targets["a"])
    assert (one["file"], one["env_file"]) == (f"{tmp_path}/compose.yaml", f"{tmp_path}/../.env")
    assert given(targets["b"])["file"] == [f"{tmp_path}/stack/compose.yaml", "/srv/more.yaml"]
    assert given(targets["c"]) == {"kind": "kubernetes", "context": "compose.yaml"}
    words = compose_words(read_target(ComposeTarget, one, "compose"))
    assert words[words.index("--file") + 1] == f"{tmp_path}/compose.yaml"


def test_every_kind_that_a_place_or_an_action_of_that_name_speaks_to_is_known():
    kinds = set(target_kinds())
    assert set(all_places()) <= kinds
    named = {
        "cloudflare",
        "compose",
        "docker",
        "kubernetes",
        "neon",
        "postgres",
        "redis",
        "render",
        "s3",
        "slack",
    }
    assert named <= kinds & set(toolboxes())
    assert {each["kind"] for each in GOOD} == kinds
