"""Runbooks are read where they lie; links are looked up beside them and never outside of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.respond.runbooks.files import Beside, markdown_in, read_file


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    for name in ("shop/down.md", "shop/slow.MD", "shop/notes.txt", ".git/config.md", "node_modules/a/b.md"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# A\n")
    (tmp_path / "secret.md").write_text("# S\n")
    return root


def test_markdown_files_are_found_by_name_and_hidden_folders_are_left_alone(library: Path):
    assert [file.relative_to(library).as_posix() for file in markdown_in(library)] == [
        "shop/down.md",
        "shop/slow.MD",
    ]
    assert list(markdown_in(library / "shop" / "notes.txt")) == [library / "shop" / "notes.txt"]


@pytest.mark.parametrize(
    ("target", "there"),
    [
        ("slow.MD", True),
        ("./slow.MD#section", True),
        ("/shop/slow.MD", True),
        ("slow%2EMD", True),
        ("gone.md", False),
        ("../../secret.md", None),
        ("../../../../../../etc/passwd", None),
        ("#section", True),
        ("a" * 5_000, False),
        ("with\0nul", False),
    ],
)
def test_a_link_is_there_or_not_or_nobody_looks(library: Path, target: str, there: bool | None):
    assert Beside(library / "shop" / "down.md", library)(target) is there


def test_dead_links_are_told_with_their_lines(library: Path):
    file = library / "shop" / "down.md"
    file.write_text("# A\n\nSee [slow](slow.MD), [gone](gone.md) and [outside](../../secret.md).\n")
    before = file.read_bytes()
    document = read_file(file, library)

    assert [(link.target, link.line, link.ok) for link in document.links] == [
        ("slow.MD", 3, True),
        ("gone.md", 3, False),
        ("../../secret.md", 3, None),
    ]
    assert [finding.rule for finding in document.findings] == ["dead-link", "outside-link"]
    assert file.read_bytes() == before
