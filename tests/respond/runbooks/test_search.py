"""Words are found in English and Chinese, the title before a heading before the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.respond.runbooks.library import Library

PAGES = {
    "redis.md": "# Redis is full\n\n## Diagnosis\n\n```sh\nredis-cli info memory\n```\n\nRestart it last.\n",
    "queue.md": "# Queue is stuck\n\n## Is Redis there?\n\nLook at the SCORE of each job.\n",
    "shop.md": "# Shop is down\n\nIt may be that redis forgot everything.\n",
    "db.md": "# 資料庫中斷\n\n## 症狀\n\n連線池耗盡，請求逾時。\n\n## 處理\n\n重新啟動服務，再看 ＲＥＤＩＳ 記憶體。\n",
}


@pytest.fixture
def library(tmp_path: Path, clock: FrozenClock) -> Library:
    (tmp_path / "runbooks").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "runbooks" / name).write_text(text)
    return Library(CatalogueSection, tmp_path, clock)


def _found(library: Library, words: str) -> list[str]:
    return [hit.document.path for hit in library.search(words)]


def test_the_title_comes_before_a_heading_before_the_text(library: Library) -> None:
    assert _found(library, "redis") == ["redis.md", "queue.md", "db.md", "shop.md"]


def test_a_hit_names_the_line_its_heading_and_what_stands_there(library: Library) -> None:
    [hit] = library.search("info memory")
    assert (hit.document.path, hit.line, hit.heading, hit.snippet) == (
        "redis.md",
        6,
        "Diagnosis",
        "redis-cli info memory",
    )
    [hit] = library.search("stuck")
    assert (hit.line, hit.snippet) == (1, "Queue is stuck")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("restart", ["redis.md"]),
        ("rest", ["redis.md"]),  # the beginning of a word
        ("core", []),  # and not its end
        ("score", ["queue.md"]),
        ("逾時", ["db.md"]),  # two characters
        ("時", ["db.md"]),
        ("連線池耗盡", ["db.md"]),
        ("資料庫連線", ["db.md"]),  # half of its pairs and more
        ("redis 記憶體", ["db.md"]),
        ("退款", []),
        ("", []),
        ("!? …", []),
    ],
)
def test_what_is_found(library: Library, words: str, expected: list[str]) -> None:
    assert _found(library, words) == expected


def test_where_nothing_holds_all_the_words_half_of_them_will_do(library: Library) -> None:
    assert _found(library, "shop forgot payments today") == ["shop.md"]
    assert _found(library, "shop payments today tomorrow") == []


def test_a_file_that_changed_is_found_by_its_new_words(
    library: Library, tmp_path: Path, clock: FrozenClock
) -> None:
    assert _found(library, "kafka") == []
    (tmp_path / "runbooks" / "queue.md").write_text("# Kafka is stuck\n")
    clock.tick(1)
    assert _found(library, "kafka") == ["queue.md"]
    assert _found(library, "score") == []


def test_only_so_many_are_given(library: Library) -> None:
    assert len(library.search("redis", limit=2)) == 2


def test_a_long_line_is_cut_on_the_way_out(tmp_path: Path, clock: FrozenClock) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "a.md").write_text("# A\n\nneedle " + "x " * 5_000 + "\n")
    [hit] = Library(CatalogueSection, tmp_path, clock).search("needle")

    assert hit.snippet.startswith("needle x x")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) <= 160


def test_five_hundred_runbooks_are_searched_at_once(tmp_path: Path, clock: FrozenClock) -> None:
    (tmp_path / "runbooks").mkdir()
    for number in range(500):
        text = "".join(f"Line {line} of page {number} about queues and disks.\n\n" for line in range(20))
        (tmp_path / "runbooks" / f"{number}.md").write_text(f"# Page {number}\n\n{text}")
    library = Library(CatalogueSection, tmp_path, clock)
    library.search("first")  # reads them all

    clock.tick(2)
    assert library.search("page 499")[0].document.path == "499.md"
