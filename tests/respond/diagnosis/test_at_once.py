"""Questions are asked side by side, each in its time-box; none keeps the others waiting."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tocsin.ground.engine import Interrupted
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.diagnosis.at_once import AT_ONCE, ask_all
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry


def question(key: str, ask: object) -> Collector:
    return Collector(key=key, title=key, kind="target", ask=ask)  # pyright: ignore[reportArgumentType] - a test's lambda


def test_what_hangs_is_left_behind_and_everything_else_is_told(tmp_path: Path):
    together = threading.Barrier(AT_ONCE - 1)
    over = threading.Event()
    told: dict[str, Collected | None] = {}
    begun: list[str] = []

    def meet(_: Inquiry) -> Collected:
        together.wait(30)  # passes only where all of them are asked at the same time
        return Collected(ok=True, said="met")

    def broken(_: Inquiry) -> Collected:
        raise Invalid("no target", fix="Name one.")

    def mistaken(_: Inquiry) -> Collected:
        raise ZeroDivisionError

    def patient(inquiry: Inquiry) -> Collected:
        return Collected(ok=inquiry.folder == tmp_path / "patient", said=inquiry.stopped())

    collectors = [
        question("hangs", lambda _: Collected(ok=over.wait(60))),
        *(question(f"meets-{number}", meet) for number in range(AT_ONCE - 1)),
        question("broken", broken),
        question("mistaken", mistaken),
        question("patient", patient),
        Collector(key="person", title="Look", kind="by_hand", ask=None),
    ]
    try:
        ask_all(
            collectors,
            tmp_path,
            timeout_s=2,
            stopping=threading.Event(),
            begun=lambda each: begun.append(each.key),
            ended=lambda each, answer: told.update({each.key: answer}),
        )
    finally:
        over.set()
    assert set(begun) == set(told) == {each.key for each in collectors} - {"person"}
    assert told.pop("hangs") is None
    said = {key: answer.said for key, answer in told.items() if answer}
    assert said.pop("broken") == "no target. Name one."
    assert said.pop("mistaken").startswith("ZeroDivisionError")
    assert told["patient"] == Collected(ok=True)
    assert set(said.values()) == {"met", ""}


def test_a_process_that_stops_lets_go_of_its_questions(tmp_path: Path):
    stopping = threading.Event()

    def ask(_: Inquiry) -> Collected:
        stopping.set()
        return Collected(ok=threading.Event().wait(0.5))

    with pytest.raises(Interrupted):
        ask_all(
            [question("asks", ask)],
            tmp_path,
            timeout_s=60,
            stopping=stopping,
            begun=lambda _: None,
            ended=lambda *_: None,
        )
