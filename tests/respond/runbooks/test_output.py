"""What a step prints is kept whole, in pieces, with secrets masked, and never all in memory."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path

import pytest

from tocsin.ground.kernel import secret
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.secret import know
from tocsin.ground.store import Store
from tocsin.respond.runbooks import store as rows
from tocsin.respond.runbooks.output import CHUNK, Tail, cut_of


@pytest.fixture
def tail(store: Store, clock: FrozenClock, tmp_path: Path) -> Tail:
    return Tail(store, clock, Bell(), run="run_1", step="look", attempt=1, folder=tmp_path)


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(secret, "_known", ())


def kept(store: Store) -> list[rows.Chunk]:
    with store.read() as conn:
        return rows.output(conn, "run_1", step="look", limit=10_000)


def finish(store: Store, tail: Tail) -> None:
    rest = tail.rest()
    store.write(lambda conn: rows.put_output(conn, rest))


def test_output_is_there_while_the_step_still_runs(tail: Tail, store: Store, tmp_path: Path):
    rung = threading.Event()
    tail._bell.on("run:run_1", rung.set)
    with tail, (tmp_path / "out").open("w") as out:
        out.write("first line\nhalf a li")
        out.flush()
        assert rung.wait(10)
        assert [chunk.text for chunk in kept(store)] == ["first line\n"]
        out.write("ne\n")
    rest = tail.rest()
    assert [row["text"] for row in rest] == ["half a line\n"]


def test_both_streams_are_kept_apart_and_in_order(tail: Tail, store: Store, tmp_path: Path):
    with tail:
        (tmp_path / "out").write_text("a\n" * 40_000)
        (tmp_path / "err").write_text("b\n")
    finish(store, tail)
    chunks = kept(store)
    assert "".join(chunk.text for chunk in chunks if chunk.stream == "out") == "a\n" * 40_000
    assert "".join(chunk.text for chunk in chunks if chunk.stream == "err") == "b\n"
    assert [chunk.seq for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert all(len(chunk.text.encode()) <= 65_536 for chunk in chunks)


def test_a_follower_that_comes_later_goes_on_where_the_first_one_stopped(
    tail: Tail, store: Store, clock: FrozenClock, tmp_path: Path
):
    (tmp_path / "out").write_text("one\n")
    with tail:
        pass
    finish(store, tail)
    with (tmp_path / "out").open("a") as out:
        out.write("two\n")
    later = Tail(store, clock, Bell(), run="run_1", step="look", attempt=1, folder=tmp_path)
    with later:
        pass
    finish(store, later)
    assert [(chunk.seq, chunk.text) for chunk in kept(store)] == [(1, "one\n"), (2, "two\n")]


def test_bytes_that_are_no_text_are_kept_as_well_as_they_can_be(tail: Tail, store: Store, tmp_path: Path):
    with tail:
        (tmp_path / "out").write_bytes(b"a\0b\xff\n")
    finish(store, tail)
    assert [chunk.text for chunk in kept(store)] == ["a␀b\ufffd\n"]


def test_much_output_is_kept_whole_in_little_memory(tail: Tail, store: Store, tmp_path: Path):
    line = "x" * 99 + "\n"
    with (tmp_path / "out").open("w") as out:
        for _ in range(200):
            out.write(line * 1_000)
    tracemalloc.start()
    with tail:
        pass
    finish(store, tail)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000
    with store.read() as conn:
        _, offsets = rows.kept_output(conn, "run_1", "look", 1)
    assert offsets == {"out": 20_000_000}


@pytest.mark.parametrize("place", [CHUNK - 40, CHUNK - 10, CHUNK - 1, CHUNK])
def test_a_secret_is_never_cut_in_two(tail: Tail, store: Store, tmp_path: Path, place: int):
    know("the-secret-of-the-shop")
    with tail:
        (tmp_path / "out").write_text("漢" * 2 + "x" * (place - 6) + "the-secret-of-the-shop" + "y" * 500)
    finish(store, tail)
    text = "".join(chunk.text for chunk in kept(store))
    assert "secret" not in text
    assert text == "漢" * 2 + "x" * (place - 6) + "***" + "y" * 500


def test_a_cut_does_not_divide_a_character():
    window = "漢".encode() * 30_000
    cut = cut_of(window, last=False)
    assert cut <= CHUNK
    assert window[:cut].decode() == "漢" * (cut // 3)


def test_a_page_shows_the_end_of_each_step(tail: Tail, store: Store, clock: FrozenClock, tmp_path: Path):
    with tail:
        (tmp_path / "out").write_text("".join(f"line {n}\n" for n in range(30_000)))
    finish(store, tail)
    again = Tail(store, clock, Bell(), run="run_1", step="look", attempt=2, folder=tmp_path / "again")
    other = Tail(store, clock, Bell(), run="run_1", step="other", attempt=1, folder=tmp_path)
    for each in (again, other):
        (tmp_path / "again").mkdir(exist_ok=True)
        (tmp_path / "again" / "out").write_text("second time\n")
        with each:
            pass
        finish(store, each)
    with store.read() as conn:
        assert rows.tails(conn, "run_1", 12) == {"look": "second time\n", "other": "\nline 29999\n"}
