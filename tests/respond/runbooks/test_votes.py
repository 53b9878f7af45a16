"""A request that takes several: two people say yes, each once, and each word of theirs is on the timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tocsin.ground.accounts import Identity
from tocsin.ground.catalogue import Service, Target
from tocsin.ground.kernel.errors import Conflict, Denied
from tocsin.respond.runbooks.plan import plan_of
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.seal import seals
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


def redis(host: str, password: str = "env:CACHE_PASSWORD") -> Service:
    target = Target.model_validate({"kind": "redis", "url": f"redis://{host}/0", "password": password})
    return Service(title="Shop", automatic="none", targets={"cache": target})


def test_what_was_approved_for_one_place_is_not_approved_for_another_of_the_same_name(
    running: Any, make_step: Make, make_document: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_PASSWORD", "as it was at first")
    running.world.service = redis("cache-staging")
    step = make_step("flush", "FLUSHALL", kind="redis", level="destroy", on="cache")
    document = make_document([step])
    running.world.documents = {document.path: document}
    running.id = running.start("guided")
    running.asked = first = running.until(running.id, "waiting").waiting_for["approval"]
    running.world.service = redis("cache-production")
    running.runs.approve(first, KAI, "staging may be emptied")
    again = running.until(running.id, "waiting").waiting_for["approval"]
    assert again != first
    assert not [row for row in running.rows(running.id) if row.key == "flush" and row.started_at]
    running.asked = again
    assert approval(running).place == "cache"
    assert approval(running).state == "asked"


def test_a_secret_that_was_rotated_leaves_a_place_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_PASSWORD", "as it was at first")
    before = seals(redis("cache"), b"key")
    monkeypatch.setenv("CACHE_PASSWORD", "as it is today")
    assert seals(redis("cache"), b"key") == before
    assert seals(redis("cache", "env:OTHER_PASSWORD"), b"key") != before
    assert seals(redis("other"), b"key") != before
    assert seals(redis("cache"), b"another house") != before, "nobody can try out what stands in it"


def test_a_runbook_may_ask_for_more_people_than_the_configuration_does(
    running: Any, make_step: Make, make_document: Make, tmp_path: Any
) -> None:
    running.world.settings = RunSettings(window="1s", settle="0s", poll="0.1s", quorum={"change": 3})
    both = make_step("both", "true", level="change", approvals=2)
    document = make_document([both])
    running.world.documents = {document.path: document}
    running.asked = running.until(running.start("guided"), "waiting").waiting_for["approval"]
    assert approval(running).quorum == 3, "what the configuration asks for is never undercut"
    running.world.settings = RunSettings(window="1s", settle="0s", poll="0.1s")
    running.asked = running.until(running.start("guided"), "waiting").waiting_for["approval"]
    assert approval(running).quorum == 2, "and where it asks for one, the author's word counts"


def test_a_runbook_says_it_once_for_all_its_steps_or_at_one_of_them() -> None:
    written = b"""---
service: shop
approvals: 2
---
# The shop is down

## Diagnosis

```bash
uptime
```

## Resolution

### Option 1: Restart

```bash
docker compose restart api
```

### Option 2: Restart everything

```bash {approvals=3}
docker compose restart
```

### Option 3: Stop

```bash
docker compose stop
```

Approvals: all of them
"""
    document = read("shop.md", written)
    assert [each.approvals for each in plan_of(document).steps()] == [1, 2, 3, 2]
    assert [(each.rule, each.line) for each in document.findings if each.rule == "approvals"] == [
        ("approvals", 33)
    ]
    alone = written.replace(b"approvals: 2\n", b"").replace(b"{approvals=3}", b"")
    assert [each.approvals for each in plan_of(read("shop.md", alone)).steps()] == [1, 1, 1, 2], (
        "words that are no number want more than one"
    )
