"""Which runbooks are there, and which fit this alert?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock, FrozenClock
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.runbooks.library import Library

SHOP = Service(title="Shop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "runbooks" / "shop").mkdir(parents=True)
    return tmp_path


def _write(folder: Path, path: str, front: str = "", title: str = "Page") -> None:
    file = folder / "runbooks" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"---\n{front}\n---\n# {title}\n\n## Fix\n\n```sh\nuptime\n```\n" if front else f"# {title}\n"
    )


def _library(folder: Path, clock: Clock | None = None) -> Library:
    return Library(CatalogueSection, folder, clock)


def test_every_markdown_file_below_the_folder_is_a_runbook(folder: Path) -> None:
    _write(folder, "b.md", title="B")
    _write(folder, "shop/a.md", title="A")
    (folder / "runbooks" / "notes.txt").write_text("# not one")
    (folder / "runbooks" / ".hidden.md").write_text("# not one")

    assert [(each.path, each.title) for each in _library(folder).all()] == [("b.md", "B"), ("shop/a.md", "A")]


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert _library(tmp_path).all() == []


def test_a_file_is_read_again_only_when_it_changed(folder: Path, clock: FrozenClock) -> None:
    _write(folder, "a.md", title="Before")
    library = _library(folder, clock)
    before = library.get("a.md")

    assert library.get("a.md") is before
    assert library.all() == [before]

    _write(folder, "a.md", title="After, and longer")
    assert library.get("a.md").title == "After, and longer"

    (folder / "runbooks" / "a.md").unlink()
    clock.tick(1)
    assert library.all() == []


def test_in_a_storm_the_folder_is_walked_once_a_second(
    folder: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(folder, "a.md", title="A")
    library, walk, walks = _library(folder, clock), os.walk, list[str]()
    monkeypatch.setattr(os, "walk", lambda root: walks.append(str(root)) or walk(root))
    for _ in range(100):
        assert [each.title for each in library.matching("shop", SHOP, alert_name="A")] == ["A"]
        clock.tick(0.009)
    assert len(walks) == 1
    _write(folder, "b.md", title="B")
    clock.tick(0.2)
    assert [each.title for each in library.all()] == ["A", "B"]
    assert len(walks) == 2


def test_a_path_may_begin_with_the_name_of_the_folder(folder: Path) -> None:
    _write(folder, "shop/a.md", title="A")

    assert _library(folder).get("runbooks/shop/a.md").path == "shop/a.md"


@pytest.mark.parametrize(
    "path", ["../secret.md", "/etc/passwd", "shop/../../secret.md", "a\0b.md", "", "shop", "x.txt"]
)
def test_a_path_never_leads_out_of_the_library(folder: Path, path: str) -> None:
    (folder / "secret.md").write_text("# Secret")
    (folder / "runbooks" / "x.txt").write_text("text")

    with pytest.raises(NotFound):
        _library(folder).get(path)


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    (folder / "secret.md").write_text("# Secret")
    (folder / "runbooks" / "link.md").symlink_to(folder / "secret.md")
    (folder / "runbooks" / "loop.md").symlink_to(folder / "runbooks" / "loop.md")
    _write(folder, "real.md", title="Real")
    (folder / "runbooks" / "inner.md").symlink_to(folder / "runbooks" / "real.md")
    library = _library(folder)

    assert [each.path for each in library.all()] == ["inner.md", "real.md"]
    with pytest.raises(NotFound):
        library.get("link.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_left_out(folder: Path) -> None:
    _write(folder, "a.md")
    (folder / "runbooks" / "a.md").chmod(0)

    assert _library(folder).all() == []


def test_the_surest_runbook_comes_first(folder: Path) -> None:
    _write(folder, "named.md", "owner: x", title="High error rate")
    _write(folder, "of-service.md", "service: shop", title="Of the service")
    _write(folder, "triggered.md", 'triggers: [\'alert.labels["queue"] == "orders"\']', title="Triggered")
    _write(folder, "pointed.md", "owner: x", title="Pointed at")
    _write(folder, "shop/first.md", "owner: x", title="By glob")
    _write(folder, "other.md", "service: bank", title="Another service")
    service = Service(title="Shop", runbooks=("shop/*.md",))

    found = _library(folder).matching(
        "shop",
        service,
        alert_name="HighErrorRate",
        labels={"queue": "orders"},
        annotations={"runbook_url": "https://wiki.example.com/runbooks/pointed#fix"},
    )
    same_name = _library(folder).matching("shop", service, alert_name="High error rate")

    assert [each.path for each in found] == ["pointed.md", "shop/first.md", "triggered.md", "of-service.md"]
    assert [each.path for each in same_name] == ["shop/first.md", "named.md", "of-service.md"]


def test_a_trigger_that_is_not_true_keeps_its_runbook_away(folder: Path) -> None:
    _write(folder, "slow.md", "service: shop\ntriggers: [m.latency_ms > 500]")
    library = _library(folder)

    assert library.matching("shop", SHOP, labels={"latency_ms": "100"}) == []
    assert [each.path for each in library.matching("shop", SHOP, labels={"latency_ms": "900"})] == ["slow.md"]
    assert library.matching("shop", SHOP) == []  # not measured is never true


def test_between_equals_the_one_for_this_severity_comes_first(folder: Path) -> None:
    _write(folder, "a.md", "service: shop\nseverity: P1")
    _write(folder, "b.md", "service: shop\nseverity: P0")

    assert [each.path for each in _library(folder).matching("shop", SHOP, severity="P0")] == ["b.md", "a.md"]
