"""A request that takes several: two people say yes, each once, and each word of theirs is on the timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tocsin.ground.accounts import Identity
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.section import RunSettings

Make = Callable[..., Any]
KAI = Identity(kind="person", name="kai", person="kai", role="approver")
ADA = Identity(kind="person", name="ada", person="ada", role="admin")
MEI = Identity(kind="person", name="mei", person="mei", role="admin")
KAIS_TOKEN = replace(KAI, kind="token", name="kais-script", scopes=frozenset({"read", "approve"}))


@pytest.fixture
def wipe(running: Any, make_step: Make, make_document: Make, tmp_path: Any) -> Any:
    """A run of Mei's that waits for two to say yes to what destroys."""
    running.mark = tmp_path / "mark"
    running.world.settings = RunSettings(window="1s", settle="0s", poll="0.1s", quorum={"destroy": 2})
    text = f'echo "$DIR" > {running.mark}'
    document = make_document(
        [make_step("wipe", text, level="destroy", inputs=("DIR",)), make_step("look", "true")]
    )
    running.world.documents = {document.path: document}
    running.world.checks = [True]
    running.id = running.start("guided", DIR="/srv/cache")
    running.asked = running.until(running.id, "waiting").waiting_for["approval"]
    return running


def approval(hall: Any) -> Any:
    with hall.store.read() as conn:
        return hall.runs.approval(conn, hall.asked)


def test_two_people_say_yes_and_only_then_it_runs(wipe: Any) -> None:
    request = approval(wipe)
    assert (request.quorum, request.inputs, request.place) == (2, {"DIR": "/srv/cache"}, "")
    with pytest.raises(Denied, match="their own request"):
        wipe.runs.approve(wipe.asked, MEI, "mine")
    wipe.runs.approve(wipe.asked, KAI, "the cache is rebuilt from the database")
    assert approval(wipe).state == "asked"
    assert not wipe.mark.exists()
    for again in (KAI, KAIS_TOKEN):
        with pytest.raises(Conflict, match="voted"):
            wipe.runs.approve(wipe.asked, again, "once more")
    wipe.runs.approve(wipe.asked, ADA, "read it, too")
    wipe.until(wipe.id, "waiting", "succeeded", "failed")
    assert approval(wipe).state in ("given", "used")
    assert wipe.mark.read_text() == "/srv/cache\n"
    with wipe.store.read() as conn:
        said = [(each.voter, each.yes, each.reason) for each in wipe.runs.votes(conn, wipe.asked)]
    assert said == [
        ("person:kai", True, "the cache is rebuilt from the database"),
        ("person:ada", True, "read it, too"),
    ]
    story = [(each.kind, each.actor) for each in wipe.story() if each.kind.startswith("run.approval")]
    assert story == [
        ("run.approval.asked", f"run:{wipe.id}"),
        ("run.approval.vote", "person:kai"),
        ("run.approval.given", "person:ada"),
    ]


def test_one_no_is_enough(wipe: Any) -> None:
    wipe.runs.approve(wipe.asked, KAI, "fine by me")
    wipe.runs.deny(wipe.asked, ADA, "there is a copy that we need first")
    assert approval(wipe).state == "denied"
    wipe.until(wipe.id, "waiting", "succeeded", "failed")
    assert not wipe.mark.exists()
    assert wipe.row(wipe.id, "wipe").state == "skipped"
