"""Which runbooks are there, and which fit this alert?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock, FrozenClock
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.runbooks import library as shelves
from tocsin.respond.runbooks.document import Document, Entry, Section
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.section import LibrarySection, LibrarySettings

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


def _library(
    folder: Path, clock: Clock | None = None, folders: tuple[str, ...] = LibrarySettings().folders
) -> Library:
    settings = LibrarySection(library=LibrarySettings(folders=folders))
    return Library(CatalogueSection, folder, clock, lambda: settings)


def test_every_markdown_file_below_the_folder_is_a_runbook(folder: Path) -> None:
    _write(folder, "b.md", title="B")
    _write(folder, "shop/a.md", title="A")
    (folder / "runbooks" / "notes.txt").write_text("# not one")
    (folder / "runbooks" / ".hidden.md").write_text("# not one")

    assert [(each.path, each.title) for each in _library(folder).all()] == [("b.md", "B"), ("shop/a.md", "A")]


def test_a_file_in_another_encoding_is_shown_as_it_is_read(folder: Path) -> None:
    text = "# 佇列塞車\n\n## 處理方式\n\n```sh\nuptime\n```\n"
    (folder / "runbooks" / "wide.md").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    library = _library(folder)

    assert library.get("wide.md").title == "佇列塞車"
    assert library.text("wide.md") == text


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


def test_other_folders_stand_in_the_paths_of_their_runbooks(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "operations"
    for file, title in (
        (folder / "runbooks" / "a.md", "A"),
        (folder / "docs" / "runbooks" / "a.md", "B"),
        (elsewhere / "deep" / "a.md", "C"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {title}\n")
    library = _library(folder, folders=("runbooks", "docs/runbooks", str(elsewhere)))

    assert [(each.path, each.title) for each in library.all()] == [
        ("a.md", "A"),
        ("docs/runbooks/a.md", "B"),
        ("operations/deep/a.md", "C"),
    ]
    assert [library.get(each.path).title for each in library.all()] == ["A", "B", "C"]
    with pytest.raises(NotFound):
        library.get("operations/../operations/deep/a.md")


def test_a_folder_that_is_configured_and_not_there_is_told_and_a_usual_one_is_not(folder: Path) -> None:
    assert _library(folder).trouble() == []
    assert _library(folder, folders=("runbooks", "handbook")).trouble() == [
        "handbook: there is no such folder"
    ]


def test_of_two_files_with_one_path_the_first_is_read_and_the_other_told(folder: Path) -> None:
    _write(folder, "docs/runbooks/a.md", title="First")
    (folder / "docs" / "runbooks").mkdir(parents=True)
    (folder / "docs" / "runbooks" / "a.md").write_text("# Second\n")
    library = _library(folder)

    assert [each.title for each in library.all()] == ["First"]
    assert [each.partition(":")[0] for each in library.trouble()] == ["docs/runbooks/a.md"]


def test_a_name_with_a_hash_is_told_and_hides_nothing_else(folder: Path) -> None:
    _write(folder, "queue #2/stuck.md", title="Stuck queue")
    _write(folder, "a.md", title="Stuck disk")
    library = _library(folder)

    assert [each.path for each in library.all()] == ["a.md"]
    assert any("queue #2/stuck.md: rename it" in each for each in library.trouble())
    assert [hit.document.path for hit in library.search("stuck")] == ["a.md"]


def test_two_folders_of_one_name_are_refused_by_the_configuration() -> None:
    section = LibrarySection(
        library=LibrarySettings.model_validate(
            {"folders": ["ops", "/srv/ops"], "repositories": [{"url": "git@example.com:team/ops.git"}]}
        )
    )

    assert [problem.path for problem in section.cross_check()] == [
        ("library", "folders", 1),
        ("library", "repositories", 0),
    ]


SEVERAL = """# Queues

Words of the whole file.

## Queue is full

Look here.

## Queue is stuck

Look there.
"""


def _several(path: str, data: bytes) -> Document:
    """As the reader gives a file that holds two runbooks, and a template that is none."""
    parts = [("full", "Queue is full", 5, "incident"), ("stuck", "Queue is stuck", 9, "incident")]
    parts.append(("form", "A form", 12, "template"))
    inside = tuple(
        Document(
            path=f"{path}#{name}",
            hash="h",
            title=title,
            line=line,
            kind=kind,  # pyright: ignore[reportArgumentType] - of the list above
            sections=(Section(role="", heading=title, line=line, text=""),),
        )
        for name, title, line, kind in parts
    )
    return Document(path=path, hash="h", title="Queues", documents=inside)


def test_a_file_that_holds_several_runbooks_is_these_runbooks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "runbooks" / "queues.md").write_text(SEVERAL)
    monkeypatch.setattr(shelves, "read", _several)
    library = _library(folder)

    assert [each.path for each in library.all()] == ["queues.md#full", "queues.md#stuck"]
    assert library.get("queues.md#stuck").title == "Queue is stuck"
    assert library.get("runbooks/queues.md#full").title == "Queue is full"
    assert library.get("queues.md").title == "Queues"
    assert library.text("queues.md#full") == SEVERAL
    assert library.part("queues.md#full") == "## Queue is full\n\nLook here.\n"
    assert library.part("queues.md") == SEVERAL
    assert [(hit.document.path, hit.line) for hit in library.search("look there")] == [
        ("queues.md#stuck", 11)
    ]
    assert [each.name for each in library.categories()] == ["Queues"]
    with pytest.raises(NotFound):
        library.get("queues.md#empty")


def _as_index(path: str, data: bytes) -> Document:
    if path == "README.md":
        entries = (
            Entry(title="Disk", target="storage/disk.md", line=3, severity="P2", category="Storage"),
            Entry(title="Gone", target="./gone.md", line=4, category="Storage"),
            Entry(title="Wiki", target="https://wiki.example.com/x.md", line=5),
            Entry(title="Out", target="../../x.md", line=6),
        )
        return Document(path=path, hash="i", title="Index", kind="index", index=entries)
    if path == "policy.md":
        return Document(path=path, hash="p", title="Policy", kind="policy")
    severity = "P1" if path == "loose.md" else ""
    front = {"category": "Queues"} if path == "queue.md" else {}
    return Document(path=path, hash=path, title=path, severity=severity, front_matter=front)


def test_categories_are_those_of_the_front_matter_the_index_or_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("README.md", "policy.md", "storage/disk.md", "storage/raid.md", "queue.md", "loose.md"):
        _write(folder, path)
    monkeypatch.setattr(shelves, "read", _as_index)
    library = _library(folder)

    shelved = {
        each.name: [(item.document.path, item.severity) for item in each.items]
        for each in library.categories()
    }
    assert shelved == {
        "Queues": [("queue.md", "")],
        "storage": [("storage/raid.md", "")],
        "Storage": [("storage/disk.md", "P2")],
        "": [("loose.md", "P1")],
    }
    assert [each.path for each in library.indexes()] == ["README.md"]
    assert [each.path for each in library.policies()] == ["policy.md"]
    assert [each.entry.title for each in library.missing()] == ["Gone"]


def test_who_keeps_it_true_is_as_it_says_itself_or_the_team_of_its_service(folder: Path) -> None:
    _write(folder, "own.md", "service: shop\nowner: mei")
    _write(folder, "of-team.md", "service: Shop")
    _write(folder, "nobodys.md", "service: bank")
    catalogue = CatalogueSection(services={"shop": Service(title="Shop", team="sales")})
    library = Library(lambda: catalogue, folder)

    assert {each.path: library.owner(each) for each in library.all()} == {
        "own.md": "mei",
        "of-team.md": "sales",
        "nobodys.md": "",
    }


def test_a_link_leads_to_a_file_of_the_same_folder_or_nowhere(folder: Path) -> None:
    _write(folder, "shop/a.md")
    _write(folder, "b c.md")
    (folder / "secret.md").write_text("# Secret")
    library = _library(folder)
    document = library.get("shop/a.md")

    assert library.link_leads(document, "../b%20c.md#fix") is True
    assert library.link_leads(document, "gone.md") is False
    assert [library.link_leads(document, each) for each in ("../../secret.md", "/etc/passwd", "#fix")] == [
        None
    ] * 3
