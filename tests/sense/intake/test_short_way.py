"""What comes the short way is taken as on the long one, to the last byte of the answer; the unusual is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tocsin.ground.kernel.errors import Unavailable
from tocsin.sense.intake import Answer, Source, every_source
from tocsin.sense.intake.flight import SMALL
from tocsin.sense.intake.source import Example

PLAIN = {"content-type": "application/json"}
FIRE = b'[{"labels": {"alertname": "DiskFull"}}]'
PATH = "/in/in_alertmanager/api/v2/alerts"


def take(
    intake: Any,
    path: str,
    body: bytes,
    headers: Mapping[str, str] = PLAIN,
    then: Callable[[], None] | None = None,
) -> Answer | None:
    """The answer by the short way; None when it is not for it. `then` is called once it is handed over."""

    async def ask() -> Answer | None:
        answers: list[Answer] = []
        done = asyncio.Event()

        def respond(answer: Answer) -> None:
            answers.append(answer)
            done.set()

        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        if not intake.receiver.short.take(path.encode(), pairs, body, respond):
            assert not answers
            return None
        if then:
            then()
        async with asyncio.timeout(20):
            await done.wait()
        (answer,) = answers
        return answer

    return asyncio.run(ask())


def left_alone(intake: Any, path: str, body: bytes, headers: Mapping[str, str] = PLAIN) -> bool:
    """Whether the short way did not take it, and left no trace of it."""
    key = intake.keys[path.split("/")[2]]
    before = len(intake.mailbook.latest(key.id)), intake.quota._bucket(key, 0.0).left
    assert take(intake, path, body, headers) is None
    return before == (len(intake.mailbook.latest(key.id)), intake.quota._bucket(key, 0.0).left)


def examples() -> Iterator[Any]:
    for kind, source in every_source().items():
        for example in source.examples:
            if example.method == "POST" and not example.query:
                yield pytest.param(kind, source, example, id=f"{kind}: {example.title}")


@pytest.mark.parametrize(("kind", "source", "example"), list(examples()))
def test_both_ways_say_the_same(intake: Any, kind: str, source: Source, example: Example):
    headers = {
        "content-type": source.content_types[0],
        **{name.lower(): text for name, text in example.headers},
    }
    path = f"/in/in_{kind}{example.path}"
    first = intake.send("POST", path, example.body, headers)
    assert first.status < 300
    short = take(intake, path, example.body, headers)
    long = intake.send("POST", path, example.body, headers)
    if example.changes or not example.alerts:
        assert short is None
        return
    assert short is not None
    assert (short.status, short.body) == (long.status, long.body)
    assert {name: long.headers[name] for name, _ in short.headers} == dict(short.headers)
    intake.ledger.flush()
    # An end is said once, what fires is repeated; a round of the watch says two things of one alert.
    assert {each.count for each in intake.alerts()} <= {1, 3, 6}
    newest, before = intake.mailbook.latest(intake.keys[f"in_{kind}"].id)[:2]
    assert (newest.outcome, newest.alerts, newest.body) == (before.outcome, before.alerts, before.body)


def test_the_answer_comes_when_it_is_stored(intake: Any):
    intake.send("POST", PATH, FIRE, PLAIN)
    answer = take(intake, PATH, FIRE.replace(b"DiskFull", b"Other"))
    assert answer is not None
    assert answer.status == 200
    assert {each.name for each in intake.alerts()} == {"DiskFull", "Other"}


def test_a_key_of_a_service_speaks_of_that_service_alone(intake: Any):
    body = b'{"title": "Slow", "labels": {"service": "mail"}}'
    intake.send("POST", "/in/in_shop", body, PLAIN)
    assert take(intake, "/in/in_shop", body.replace(b"Slow", b"Down")) is not None
    assert {each.labels["service"] for each in intake.alerts()} == {"shop"}


def test_what_is_not_stored_is_told_in_the_words_of_the_source(intake: Any, monkeypatch: pytest.MonkeyPatch):
    intake.send("POST", PATH, FIRE, PLAIN)

    def refuse(_: Any) -> Any:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(intake.store, "intake", refuse)
    answer = take(intake, PATH, FIRE.replace(b"DiskFull", b"Other"))
    assert answer is not None
    assert answer.status == 503
    assert dict(answer.headers)["retry-after"]
    assert intake.mailbook.latest("key_alertmanager")[0].status == 503


def test_a_key_that_nobody_looked_up_is_looked_up_on_the_long_way(intake: Any):
    assert left_alone(intake, PATH, FIRE)
    intake.send("POST", PATH, FIRE, PLAIN)
    assert take(intake, PATH, FIRE) is not None
    intake.clock.tick(2)
    assert left_alone(intake, PATH, FIRE)


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        pytest.param(PATH, b"[", PLAIN, id="no JSON"),
        pytest.param(PATH, b"\xff", PLAIN, id="no text"),
        pytest.param(PATH, b"[]", PLAIN, id="nothing said"),
        pytest.param(PATH, FIRE, {"content-type": "text/plain"}, id="another type"),
        pytest.param(PATH, FIRE, {}, id="no type"),
        pytest.param(PATH, FIRE, PLAIN | {"content-encoding": "gzip"}, id="compressed"),
        pytest.param(PATH + "?x=1", FIRE, PLAIN, id="a query"),
        pytest.param(PATH.replace("alerts", "%61lerts"), FIRE, PLAIN, id="an encoded path"),
        pytest.param(PATH + "/more", FIRE, PLAIN, id="a path that nobody knows"),
        pytest.param(PATH, b" " * SMALL + FIRE, PLAIN, id="large"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_long_way(
    intake: Any, path: str, body: bytes, headers: Mapping[str, str]
):
    intake.send("POST", PATH, FIRE, PLAIN)
    assert left_alone(intake, path, body, headers)


def test_who_has_used_up_its_quota_hears_so_on_the_long_way(intake: Any):
    intake.send("POST", PATH, FIRE, PLAIN)
    intake.quota.charge(intake.keys["in_alertmanager"], 1_000_000)
    assert left_alone(intake, PATH, FIRE)
