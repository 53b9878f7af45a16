"""The one loader: plain data with places, and every bomb refused where it begins."""

from __future__ import annotations

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.ground.kernel.includes import read_folder
from tocsin.ground.kernel.yaml import Place, read


def problem(text: str | bytes) -> str:
    tree = read(text, "tocsin.yaml")
    assert tree.data is None
    return str(tree.problems[0])


def test_plain_data_in_the_core_schema_of_yaml_1_2() -> None:
    text = """
    a: 1
    b: -2.5
    c: 1e3
    d: true
    e: null
    f:
    g: no
    h: 09:00
    i: 2026-01-05
    j: "12"
    k: 0x1F
    l: .inf
    m: 1_000
    on: yes
    1: one
    n: |
      two
      lines
    o: [1, {p: q}]
    """
    assert read(text).data == {
        "a": 1,
        "b": -2.5,
        "c": 1000.0,
        "d": True,
        "e": None,
        "f": None,
        "g": "no",
        "h": "09:00",
        "i": "2026-01-05",
        "j": "12",
        "k": 31,
        "l": ".inf",
        "m": "1_000",
        "on": "yes",
        "1": "one",
        "n": "two\nlines\n",
        "o": [1, {"p": "q"}],
    }


def test_nothing_is_nothing() -> None:
    assert read("").data is None
    assert read("# only a comment\n").problems == ()


def test_each_value_and_key_knows_its_place() -> None:
    tree = read("services:\n  shop:\n    title: Shop\n    rounds: [1, 22]\n", "f.yaml")
    assert tree.place(("services", "shop", "title")) == Place(file="f.yaml", line=3, column=12)
    assert tree.place(("services", "shop", "title"), key=True) == Place(file="f.yaml", line=3, column=5)
    assert tree.place(("services", "shop", "rounds", 1)) == Place(file="f.yaml", line=4, column=17)
    missing = tree.place(("services", "shop", "team"))
    assert missing == Place(file="f.yaml", line=2, column=3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: *x", "tocsin.yaml:1:4: anchors (&) and aliases (*) are not read"),
        ("a: *x", "tocsin.yaml:1:4: anchors"),
        ("&a a: 1", "tocsin.yaml:1:1: anchors"),
        ("a: !!python/object:os.system x", "tocsin.yaml:1:4: tags (!) are not read"),
        ("a: !!str 1", "tocsin.yaml:1:4: tags"),
        ("<<: {a: 1}", "tocsin.yaml:1:1: merge keys are not read"),
        ("a: 1\nb: 2\na: 3", "tocsin.yaml:3:1: 'a' stands twice (first in line 1)"),
        ("x: {a: 1, a: 2}", "tocsin.yaml:1:11: 'a' stands twice"),
        ("a: 1\n---\nb: 2", "tocsin.yaml:2:1: a second document"),
        ("[a]: 1", "tocsin.yaml:1:1: a key is text"),
        ("a:\n\tb: 1", "tocsin.yaml:2:1: a tab where blanks are wanted"),
        ("a: b: c", "tocsin.yaml:1:5: a second ': '"),
        ("a:\n  b: 1\n c: 2", "tocsin.yaml:3:2: the indentation"),
        ("a: [1, 2", "tocsin.yaml:1:9: the file ends inside a bracket"),
        ("a: 'x", "tocsin.yaml:1:6: the file ends inside a bracket or a quote"),
        ("a: @x", "tocsin.yaml:1:4: character '@' that cannot start any token"),
        ("a: 1\nb: \x07", "tocsin.yaml:2:4: a control character"),
        ('a: "\\ud800"', "tocsin.yaml:1:4: not readable text"),
        ('a: "\\0"', "tocsin.yaml:1:4: not readable text"),
        ("a: " + "9" * 5000, "tocsin.yaml:1:4: a number of more than 18 digits"),
        (b"a: 1\nb: \xff", "tocsin.yaml:2:1: not readable text"),
        (b"\xff\xfea\x00", "tocsin.yaml:1:1: not readable text"),
    ],
)
def test_a_mistake_has_place_and_cure(text: str | bytes, said: str) -> None:
    assert problem(text).startswith(said)
    assert "\n    " in problem(text)


BOMBS = {
    "nested lists": "[" * 20_000,
    "nested maps": "{a: " * 20_000,
    "nested dashes": "- " * 20_000,
    "nested questions": "? " * 20_000,
    "nested blocks": "".join(" " * depth + "a:\n" for depth in range(500)),
    "aliases": "a: &a [x, x, x, x]\n"
    + "\n".join(f"{b}: &{b} [{f'*{a}, ' * 9}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "an anchor that holds itself": "&a [*a]",
    "one long text": "a: '" + "x" * 50_000_000 + "'",
    "objects": "!!python/object/apply:os.system ['true']",
    "merge keys": "<<: *x",
    "line breaks": "\n" * 50_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_200_ms_and_20_mb(bomb: str) -> None:
    text = BOMBS[bomb]
    began = time.process_time()
    assert read(text).problems
    assert time.process_time() - began < 0.2
    tracemalloc.start()
    read(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(" \t\n:-?[]{}&*!|>'\"%@`#,ab1\\\x00\ud800\u3000"), max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    tree = read(text)
    assert tree.data is None or not tree.problems


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    read(raw)


def test_the_files_of_a_folder_are_one(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "tocsin.yaml").write_text(
        "include: [people.yaml, services/*.yaml]\nservices: {a: {title: A}}\n"
    )
    (tmp_path / "people.yaml").write_text("people: {mei: {name: Mei}}\n")
    (tmp_path / "services/b.yaml").write_text("services: {b: {title: B}}\n")
    (tmp_path / "services/c.yaml").write_text("services:\n  c: {title: C}\n")
    tree = read_folder(tmp_path)
    assert tree.problems == ()
    assert tree.data == {
        "people": {"mei": {"name": "Mei"}},
        "services": {"a": {"title": "A"}, "b": {"title": "B"}, "c": {"title": "C"}},
    }
    assert tree.place(("services", "c", "title")) == Place(
        file=str(tmp_path / "services/c.yaml"), line=2, column=14
    )


def test_a_name_in_two_files_is_a_mistake_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("include: [more.yaml]\nservices: {a: {title: A}}\n")
    (tmp_path / "more.yaml").write_text("services: {a: {title: again}}\n")
    tree = read_folder(tmp_path)
    assert tree.data is None
    assert "services.a stands in two files" in str(tree.problems[0])
    assert "tocsin.yaml:2" in str(tree.problems[0])


@pytest.mark.parametrize(
    "pattern",
    [
        "../x.yaml",
        "/etc/passwd",
        "a/../../x",
        "absent.yaml",
        "''",
        "link.yaml",
        "**/*.yaml",
        "folder",
        "x" * 5000,
    ],
)
def test_an_include_stays_inside_the_folder(pattern: str, tmp_path: Path) -> None:
    inside = tmp_path / "config"
    (inside / "folder").mkdir(parents=True)
    (tmp_path / "x.yaml").write_text("services: {}\n")
    (inside / "link.yaml").symlink_to(tmp_path / "x.yaml")
    (inside / "tocsin.yaml").write_text(f"language: en\ninclude: [{pattern}]\n")
    tree = read_folder(inside)
    assert tree.data is None
    assert str(tree.problems[0]).startswith(f"{inside / 'tocsin.yaml'}:2:11: ")


def test_a_ring_of_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("include: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text("include: [tocsin.yaml]\n")
    assert "only tocsin.yaml may include" in str(read_folder(tmp_path).problems[0])


def test_a_folder_without_the_file_says_how_to_make_one(tmp_path: Path) -> None:
    assert "tocsin init" in str(read_folder(tmp_path).problems[0])


def test_what_is_read_survives_shuffled_cuts_of_a_real_file() -> None:
    """Half a file, a file cut in the middle of a word: a verdict, never an exception."""
    whole = "services:\n  shop: {title: 'Shop', checks: [{name: health}]}\npeople:\n  mei:\n    name: Mei\n"
    chance = random.Random(7)
    for _ in range(300):
        start, end = sorted(chance.sample(range(len(whole) + 1), 2))
        read(whole[:start] + whole[end:])
