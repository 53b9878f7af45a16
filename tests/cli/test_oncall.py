"""A team's week on the command line: who is on call, who stands in, who swaps, what the next one has to know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from served import Served

from tocsin.cli.main import main

Run = Callable[..., str]
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
CONFIGURATION = f"""
time_zone: UTC
people:
  mei: {{name: Mei-Ling Chen, email: mei@example.com}}
  jun: {{name: Jun Wu, email: jun@example.com}}
  nils: {{name: Nils Berg, email: nils@example.com}}
channels: {{mail: {{kind: email, host: 127.0.0.1, port: 9, from: tocsin@example.com}}}}
schedules:
  backend:
    title: Backend
    layers:
      - {{people: [mei, jun], rotation: weekly, start: "{START:%Y-%m-%dT%H:%M}"}}
      - {{people: [nils], start: "{START:%Y-%m-%dT%H:%M}", shadow: true}}
"""
GAPS = """
people:
  mei: {name: Mei-Ling Chen}
schedules:
  office: {layers: [{people: [mei], start: "2026-01-05T09:00", hours: ["mon-fri 09:00-18:00"]}]}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oncall")
    (folder / "tocsin.yaml").write_text(CONFIGURATION)
    server = Served(folder)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def tocsin(served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as an admin and returns what it says; `status` is how it has to end."""
    monkeypatch.setenv("TOCSIN_URL", served.url)
    monkeypatch.setenv("TOCSIN_TOKEN", served.token)

    def run(*arguments: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["oncall", *arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert (ended.value.code or 0) == status, told
        return told.out + told.err

    return run


def of(tocsin: Run, *arguments: str) -> Any:
    return json.loads(tocsin(*arguments, "--json"))


def hours(count: float) -> str:
    """So many hours from the full hour on, as one types it."""
    return f"{START + timedelta(days=1, hours=count):%Y-%m-%dT%H:%M}"


def test_who_is_asked_for_now_for_then_and_for_scripts(tocsin: Run) -> None:
    (duty,) = of(tocsin, "now")
    assert (duty["person"], duty["next_person"], duty["shadows"]) == ("mei", "jun", ["nils"])
    assert "mei" in tocsin("now")
    (then,) = of(tocsin, "at", f"{hours(7 * 24)}+00:00")
    assert then["person"] == "jun"
    assert tocsin("who", "backend").strip() == "mei"
    assert tocsin("who", "backend", "--at", hours(7 * 24)).strip() == "jun"
    assert "nobody" not in tocsin("who", "backend", "--at", "2020-01-01T00:00", status=1)
    assert "There is no schedule front" in tocsin("who", "front", status=1)
    assert "is not a time" in tocsin("at", "tomorrow", status=1)


def test_ones_own_turns_are_listed(tocsin: Run) -> None:
    found = of(tocsin, "next", "jun", "--for", "19d")
    assert [each["person"] for each in found] == ["jun"]
    assert found[0]["shadow"] == ["nils"]
    every = of(tocsin, "next", "--for", "19d")
    assert [each["person"] for each in every] == ["mei", "jun", "mei"]
    assert tocsin("next", "--for", "19d").count("backend") == 3
    assert "No shift within 1h" in tocsin("next", "jun", "--for", "1h")


def test_somebody_is_put_on_call_and_taken_off_again(tocsin: Run) -> None:
    told = tocsin(
        *("override", "add", "backend", "jun", "--from", hours(2), "--for", "2h", "--reason", "A plane")
    )
    assert told.startswith("jun is on call for backend from ")
    (made,) = [each for each in of(tocsin, "override", "list", "backend") if each["reason"] == "A plane"]
    assert made["person"] == "jun"
    assert "A plane" in tocsin("override", "list")
    assert tocsin("who", "backend", "--at", hours(3)).strip() == "jun"
    assert tocsin("override", "remove", made["id"]).strip() == "It never counts."
    assert tocsin("who", "backend", "--at", hours(3)).strip() == "mei"
    assert made["id"] not in tocsin("override", "list")
    assert "either --until or --for" in tocsin("override", "add", "backend", "jun", status=1)
    assert "There is no person bob" in tocsin("override", "add", "backend", "bob", "--for", "1h", status=1)


def test_a_shift_is_swapped_in_both_directions(tocsin: Run) -> None:
    mine, theirs = 8 * 7 * 24, 9 * 7 * 24  # weeks that no other test looks at
    asked = of(
        tocsin,
        *("swap", "ask", "backend", "jun", "--giver", "mei", "--from", hours(mine), "--for", "12h"),
        *("--back-from", hours(theirs), "--back-until", hours(theirs + 12), "--note", "A wedding"),
    )
    assert asked["state"] == "asked"
    assert "jun" in tocsin("swap", "list", "mei")
    assert tocsin("swap", "accept", asked["id"]).startswith("accepted: jun for mei")
    assert tocsin("who", "backend", "--at", hours(mine + 1)).strip() == "jun"
    assert tocsin("who", "backend", "--at", hours(theirs + 1)).strip() == "mei"
    assert "No swap waits" in tocsin("swap", "list")
    (kept,) = of(tocsin, "swap", "list", "--all")
    assert kept["state"] == "accepted"
    assert "was accepted already" in tocsin("swap", "decline", asked["id"], status=1)
    again = of(
        tocsin, "swap", "ask", "backend", "jun", "--giver", "mei", "--from", hours(mine + 24), "--for", "1h"
    )
    assert tocsin("swap", "cancel", again["id"]).startswith("cancelled")


def test_a_note_for_the_next_one_stands_in_the_draft(tocsin: Run) -> None:
    assert "end of this turn" in tocsin("handover", "note", "backend", "Ask the vendor")
    draft = tocsin("handover", "draft", "backend")
    assert "Mei-Ling Chen → Jun Wu" in draft
    assert "Ask the vendor" in draft
    assert of(tocsin, "handover", "draft", "backend", "--language", "zh_Hant")["text"] != draft
    assert "No turn has ended yet." in tocsin("handover", "list", "backend")


def test_lint_looks_at_the_server_or_at_a_folder(tocsin: Run, tmp_path: Path) -> None:
    assert of(tocsin, "lint") == {"score": 100, "findings": []}
    assert "Score: 100 of 100." in tocsin("lint")
    (tmp_path / "tocsin.yaml").write_text(GAPS)
    told = tocsin("lint", "--config", str(tmp_path), status=1)
    assert "error: office: Nobody is on call" in told
    assert "[unreachable]" in told
    with pytest.raises(SystemExit):
        main(["oncall", "lint", "--config", str(tmp_path), "--json"])


def test_a_folder_answers_without_a_server(
    tocsin: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_URL", "http://127.0.0.1:1")
    (tmp_path / "tocsin.yaml").write_text(GAPS)
    (duty,) = of(tocsin, "at", "2026-01-05T10:00+00:00", "--config", str(tmp_path))
    assert (duty["person"], duty["until"]) == ("mei", "2026-01-05T18:00:00+00:00")
    (then,) = of(tocsin, "at", "2026-01-05T20:00Z", "--config", str(tmp_path))
    assert (then["person"], then["next_person"]) == (None, "mei")
    (now,) = of(tocsin, "now", "--config", str(tmp_path))
    assert now["schedule"] == "office"
