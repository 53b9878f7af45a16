"""A runbook that could not work is known before it is needed: tools, hosts, secrets and links are looked after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.outbound import Answer, OutboundFailed, OutboundRefused
from tocsin.ground.store import Store
from tocsin.respond.runbooks import library as shelves
from tocsin.respond.runbooks import preconditions_store as rows
from tocsin.respond.runbooks.document import Document, Link, Step
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.preconditions import (
    LINKS_A_ROUND,
    Preconditions,
    hosts_of,
    links_of,
    secrets_of,
    tools_of,
)
from tocsin.respond.runbooks.section import LibrarySection


def _step(text: str, kind: str = "bash", **more: Any) -> Step:
    return Step(
        id=f"s{abs(hash(text))}",
        title="Step",
        kind=kind,  # pyright: ignore[reportArgumentType] - a kind of the tests below
        text=text,
        line=1,
        role="diagnosis",
        **more,
    )


def _page(*steps: Step, path: str = "a.md", links: Sequence[str] = (), **more: Any) -> Document:
    told = tuple(Link(text="x", target=target, line=1) for target in links)
    return Document(path=path, hash=path, title=path, diagnosis=steps, links=told, **more)


# What is needed


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("docker ps | grep shop && systemctl status shop", ["docker", "grep", "systemctl"]),
        ('for each in a b; do kubectl get "$each"; done', ["kubectl"]),
        ("if [ -f x ]; then echo yes; fi", []),
        ("look() { uptime; }\nlook", ["uptime"]),
        ("X=1 redis-cli info; $PROGRAM now; ./own.sh", ["redis-cli"]),
        ("...\nuptime", ["uptime"]),  # what is left out has no name
        ("if then fi (", []),  # not shell: nothing can be told of it
    ],
)
def test_the_tools_are_the_first_words_of_the_commands(text: str, tools: list[str]):
    assert tools_of(_page(_step(text))) == tools


def test_what_runs_elsewhere_or_is_only_read_needs_no_tool_here():
    page = _page(
        _step("mysqldump shop", on="db"),
        _step("rsync -a . there:", kind="reference"),
        _step("Call the team", kind="manual"),
        _step("terraform apply", blocked="not for Tocsin"),
        _step("SELECT 1", kind="sql"),
    )
    assert tools_of(page) == []


def test_the_hosts_are_those_of_addresses_whose_values_are_known():
    service = CatalogueSection.model_validate(
        {
            "services": {
                "shop": {
                    "endpoints": {"api": {"url": "https://api.shop.net/v1"}},
                    "environment": {"CACHE": "cache.shop.net", "TOKEN": "env:NO_SUCH_TOKEN"},
                }
            }
        }
    ).service("shop")
    page = _page(
        _step("GET ${API_URL}/health", kind="http", inputs=("API_URL",)),
        _step('curl -s "https://Status.shop.net:8443/x" http://$CACHE/keys https://${UNKNOWN}/'),
        _step("curl http://127.0.0.1:9/ http://localhost/ https://www.example.com/ http://intranet/"),
        _step("curl https://there.shop.net/", on="edge"),
    )

    assert hosts_of(page, service) == ["api.shop.net", "status.shop.net", "cache.shop.net"]


def test_the_secrets_are_those_of_the_environment_that_steps_ask_for():
    service = CatalogueSection.model_validate(
        {"services": {"shop": {"environment": {"TOKEN": "env:A", "OTHER": "env:B", "PLAIN": "c"}}}}
    ).service("shop")

    assert secrets_of(_page(_step("curl", inputs=("TOKEN", "PLAIN"))), service) == ["TOKEN"]


def test_the_links_are_pages_and_files_each_once():
    targets = [
        "https://wiki.shop.net/a#one",
        "https://wiki.shop.net/a#two",
        "../other.md",
        "#here",
        "mailto:mei@shop.net",
        "tel:123",
        "https://wiki.shop.net/" + "x" * 2_000,
    ]
    assert links_of(_page(links=targets)) == ["https://wiki.shop.net/a", "../other.md"]


# The look


class World:
    """What would answer."""

    def __init__(self) -> None:
        self.tools = {"uptime"}
        self.hosts = {"here.shop.net"}
        self.pages: dict[str, int | Exception] = {}
        self.no_head: set[str] = set()
        self.asked: list[str] = []

    def which(self, name: str) -> str | None:
        return f"/usr/bin/{name}" if name in self.tools else None

    def resolve(self, host: str, port: int) -> Sequence[str]:
        if host not in self.hosts:
            raise OSError("Name or service not known")
        return ["203.0.113.7"]

    def request(self, method: str, url: str, **_: Any) -> Answer:
        self.asked.append(f"{method} {url}")
        found = self.pages.get(url, 200)
        if isinstance(found, Exception):
            raise found
        status = 405 if method == "HEAD" and url in self.no_head else found
        return Answer(status=status, headers={}, body=b"", ms=1.0)


class House:
    def __init__(
        self, folder: Path, store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder, self.store, self.clock = folder, store, clock
        self.world = World()
        self.pages: dict[str, Document] = {}
        self.catalogue = CatalogueSection()
        (folder / "runbooks").mkdir()
        monkeypatch.setattr(shelves, "read", lambda path, _: self.pages[path])
        self.library = Library(CatalogueSection, folder, clock)
        self.process = self.begin()

    def begin(self) -> Preconditions:
        return Preconditions(
            self.store,
            self.clock,
            self.library,
            services=lambda: self.catalogue,
            settings=LibrarySection,
            outbound=self.world,
            resolve=self.world.resolve,
            which=self.world.which,
        )

    def put(self, *pages: Document) -> None:
        self.pages = {page.path: page for page in pages}
        for file in (self.folder / "runbooks").iterdir():
            file.unlink()
        for number, path in enumerate(self.pages):
            (self.folder / "runbooks" / path).write_text("x" * (number + 1))
        self.clock.tick(1)

    def look(self) -> dict[tuple[str, str], str | None]:
        """After a round: by kind and subject, what is missing; None for what is well."""
        self.process.look()
        with self.store.read() as conn:
            found = [check for path in self.pages for check in rows.of_path(conn, path)]
        return {(check.kind, check.subject): None if check.ok else check.said for check in found}


@pytest.fixture
def house(tmp_path: Path, store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, store, clock, monkeypatch)


def test_what_is_there_and_what_is_not_is_kept_with_the_reason(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HERE_TOKEN", "s3cret-value")
    house.catalogue = CatalogueSection.model_validate(
        {"services": {"shop": {"environment": {"HERE": "env:HERE_TOKEN", "GONE": "env:NO_SUCH_TOKEN"}}}}
    )
    (house.folder / "runbooks").mkdir(exist_ok=True)
    house.world.pages["https://wiki.shop.net/gone"] = 404
    house.put(
        _page(
            _step(
                "uptime; pgbadger x; curl https://here.shop.net/ https://lost.shop.net/",
                inputs=("HERE", "GONE"),
            ),
            service="shop",
            links=["https://wiki.shop.net/there", "https://wiki.shop.net/gone", "b.md", "c.md"],
        ),
        _page(path="b.md"),
    )

    assert house.look() == {
        ("tool", "uptime"): None,
        ("tool", "pgbadger"): "not found in PATH",
        ("tool", "curl"): "not found in PATH",
        ("host", "here.shop.net"): None,
        ("host", "lost.shop.net"): "Name or service not known",
        ("secret", "HERE"): None,
        ("secret", "GONE"): "the environment variable NO_SUCH_TOKEN is not set",
        ("link", "https://wiki.shop.net/there"): None,
        ("link", "https://wiki.shop.net/gone"): "answers 404",
        ("link", "b.md"): None,
        ("link", "c.md"): "there is no such file",
    }


def test_what_is_mended_or_not_needed_any_more_is_forgotten(house: House):
    house.put(_page(_step("uptime; pgbadger x")))
    assert house.look()["tool", "pgbadger"]

    house.world.tools.add("pgbadger")
    assert house.look()["tool", "pgbadger"] is None

    house.put(_page(_step("uptime"), path="b.md"))
    assert house.look() == {("tool", "uptime"): None}
    with house.store.read() as conn:
        assert rows.of_path(conn, "a.md") == []


@pytest.mark.parametrize("status", [200, 301, 401, 403, 429])
def test_a_page_that_answers_is_there_also_if_not_for_us(house: House, status: int):
    house.world.pages["https://wiki.shop.net/a"] = status
    house.put(_page(links=["https://wiki.shop.net/a"]))

    assert house.look() == {("link", "https://wiki.shop.net/a"): None}


def test_who_does_not_know_head_is_asked_by_get(house: House):
    house.world.no_head.add("https://wiki.shop.net/a")
    house.put(_page(links=["https://wiki.shop.net/a"]))

    assert house.look() == {("link", "https://wiki.shop.net/a"): None}
    assert house.world.asked == ["HEAD https://wiki.shop.net/a", "GET https://wiki.shop.net/a"]


def test_who_does_not_answer_is_told_and_what_may_not_be_asked_is_left_alone(house: House):
    house.world.pages["https://down.shop.net/"] = OutboundFailed("No connection")
    house.world.pages["https://wiki.internal/"] = OutboundRefused("a private address")
    house.put(_page(links=["https://down.shop.net/", "https://wiki.internal/"]))

    assert house.look() == {("link", "https://down.shop.net/"): "No connection"}


def test_each_round_asks_only_so_many_links_those_first_that_waited_longest(house: House):
    links = [f"https://wiki.shop.net/{number:03}" for number in range(LINKS_A_ROUND + 15)]
    house.put(_page(links=links), _page(path="b.md", links=links))

    assert len(house.look()) == LINKS_A_ROUND
    first = {each.partition(" ")[2] for each in house.world.asked}
    assert len(house.world.asked) == len(first) == LINKS_A_ROUND  # each once, though two runbooks have it

    house.clock.tick(60)
    house.world.asked.clear()
    assert len(house.look()) == len(links)
    second = {each.partition(" ")[2] for each in house.world.asked}
    assert set(links) - first < second


def test_it_is_looked_each_half_hour_also_across_a_restart(house: House):
    house.put(_page(links=["https://wiki.shop.net/a"]))

    def looked(seconds: float) -> int:
        house.clock.tick(seconds)
        house.world.asked.clear()
        house.process.tick()
        return len(house.world.asked)

    assert looked(0) == 1
    assert looked(29 * 60) == 0
    house.process = house.begin()
    assert looked(30) == 0
    assert looked(31) == 1
    assert looked(1) == 0
    assert looked(30 * 60) == 1


def test_what_is_new_is_looked_at_within_a_minute_and_only_that(house: House):
    house.put(_page(links=["https://wiki.shop.net/a"]))
    house.process.tick()
    house.world.asked.clear()

    house.put(_page(links=["https://wiki.shop.net/a"]), _page(path="b.md", links=["https://wiki.shop.net/b"]))
    house.process.tick()
    assert house.world.asked == []
    for _ in range(2):
        house.clock.tick(61)
        house.process.tick()
    assert house.world.asked == ["HEAD https://wiki.shop.net/b"]


def test_a_round_that_is_stopped_writes_nothing_more(house: House):
    house.put(_page(_step("uptime")))
    house.process.stop()

    assert house.look() == {}
