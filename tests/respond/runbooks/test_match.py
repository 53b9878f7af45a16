"""Which runbook fits this alert, in which order, and why?"""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.ground.catalogue import Service
from tocsin.ground.timeline import told as in_language
from tocsin.respond.runbooks.document import Cause, Document, Section
from tocsin.respond.runbooks.match import Match, Told, matches
from tocsin.respond.runbooks.reader import read

SHOP = Service(title="Shop")


def _page(path: str, front: str = "", title: str = "Page") -> Document:
    head = f"---\n{front}\n---\n" if front else ""
    return read(path, f"{head}# {title}\n\n## Fix\n\n```sh\nuptime\n```\n".encode())


def _told(name: str = "", **annotations: str) -> Told:
    return Told(name=name, labels={}, annotations=annotations)


def _paths(found: list[Match]) -> list[str]:
    return [each.document.path for each in found]


def test_a_trigger_sees_what_monitors_have_measured_unless_the_alert_says_otherwise() -> None:
    library = [_page("few-users.md", 'triggers: ["m.users < 100.0"]', title="Few users")]

    def found(told: Told, **measured: float) -> list[str]:
        return _paths(matches(library, "shop", SHOP, told, measured=measured))

    assert found(_told("Slow"), users=12) == ["few-users.md"]
    assert found(_told("Slow"), users=812) == []
    assert found(_told("Slow"), error_rate=0.5) == [], "not measured is not true"
    assert found(_told("Slow", users="812"), users=12) == []


def test_the_surest_runbook_comes_first() -> None:
    library = [
        _page("named.md", "owner: x", title="High error rate"),
        _page("of-service.md", "service: shop", title="Of the service"),
        _page("triggered.md", 'triggers: [\'alert.labels["queue"] == "orders"\']', title="Triggered"),
        _page("pointed.md", "owner: x", title="Pointed at"),
        _page("shop/first.md", "owner: x", title="By glob"),
        _page("other.md", "service: bank", title="Another service"),
    ]
    service = Service(title="Shop", runbooks=("shop/*.md",))
    pointing = Told(
        name="HighErrorRate",
        labels={"queue": "orders"},
        annotations={"runbook_url": "https://wiki.example.com/runbooks/pointed#fix"},
    )

    found = matches(library, "shop", service, pointing)
    same_name = matches(library, "shop", service, _told("High error rate"))

    assert _paths(found) == ["pointed.md", "shop/first.md", "named.md", "triggered.md", "of-service.md"]
    assert [each.why for each in found] == [
        "the alert's runbook_url names it",
        "the service's runbooks: shop/*.md",
        "it is named like the alert HighErrorRate",
        'its trigger is true: alert.labels["queue"] == "orders"',
        "it is written for shop",
    ]
    assert _paths(same_name) == ["shop/first.md", "named.md", "of-service.md"]


def test_a_trigger_that_is_not_true_keeps_its_runbook_away() -> None:
    library = [_page("slow.md", "service: shop\ntriggers: [m.latency_ms > 500]")]

    def found(**labels: str) -> list[str]:
        return _paths(matches(library, "shop", SHOP, Told(name="", labels=labels, annotations={})))

    assert found(latency_ms="100") == []
    assert found(latency_ms="900") == ["slow.md"]
    assert found() == []  # not measured is never true


def test_between_equals_the_one_for_this_severity_comes_first() -> None:
    library = [_page("a.md", "service: shop\nseverity: P1"), _page("b.md", "service: shop\nseverity: P0")]

    assert _paths(matches(library, "shop", SHOP, _told(), "P0")) == ["b.md", "a.md"]


def _part(path: str, title: str, **more: Any) -> Document:
    return Document(path=path, hash=path, title=title, **more)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://wiki.example.com/ops/queues.md#queue-is-stuck", ["ops/queues.md#queue-is-stuck"]),
        ("https://wiki.example.com/ops/queues#Queue_is_stuck", ["ops/queues.md#queue-is-stuck"]),
        ("https://git.example.com/team/ops/-/blob/main/runbooks/disk.md?ref=1", ["ops/runbooks/disk.md"]),
        ("https://wiki.example.com/shops/runbooks/other.md", []),
    ],
)
def test_an_address_names_a_file_a_page_or_one_of_several_in_a_file(url: str, expected: list[str]) -> None:
    library = [
        _part("ops/queues.md#queue-is-full", "Queue is full"),
        _part("ops/queues.md#queue-is-stuck", "Queue is stuck"),
        _part("ops/runbooks/disk.md", "Disk"),
    ]

    found = matches(library, "shop", SHOP, _told("X", runbook_url=url))

    assert [each.document.path for each in found if "names it" in each.why] == expected


def test_an_address_without_the_part_offers_every_runbook_of_the_file() -> None:
    library = [_part("queues.md#full", "Full"), _part("queues.md#stuck", "Stuck")]

    found = matches(library, "shop", SHOP, _told("X", runbook_url="https://example.com/queues.md"))

    assert _paths(found) == ["queues.md#full", "queues.md#stuck"]
    assert {each.why for each in found} == {"the alert's runbook_url names the file that it stands in"}


def test_one_of_several_in_a_file_answers_to_its_own_name() -> None:
    library = [_part("queues.md#queue-is-full", "1. Queue"), _part("queues.md#stuck", "Stuck")]

    for name in ("QueueIsFull", "Queue is full", "queue_is_full"):
        assert _paths(matches(library, "shop", SHOP, _told(name))) == ["queues.md#queue-is-full"]
    assert matches(library, "shop", SHOP, _told("Queues")) == []


def test_the_globs_of_a_service_mean_files_and_parts_of_them() -> None:
    library = [_part("q.md#full", "Full"), _part("q.md#stuck", "Stuck"), _part("r.md", "R")]
    whole, one = Service(runbooks=("q.md",)), Service(runbooks=("q.md#s*",))

    assert _paths(matches(library, "shop", whole, _told("X"))) == ["q.md#full", "q.md#stuck"]
    assert _paths(matches(library, "shop", one, _told("X"))) == ["q.md#stuck"]


def _speaking(path: str, text: str, **more: Any) -> Document:
    section = Section(role="symptoms", heading="Symptoms", line=3, text=text)
    return Document(path=path, hash=path, title="A page", sections=(section,), **more)


def test_words_that_alert_and_runbook_share_make_an_offer_and_start_nothing() -> None:
    library = [
        _speaking("memory.md", "Redis refuses writes, its memory is used up by evicted keys"),
        _speaking("disk.md", "The disk of the database is full"),
    ]

    [match] = matches(library, "shop", SHOP, _told("RedisMemory", summary="Redis memory used to 98 %"))

    assert match.document.path == "memory.md"
    assert match.why == "it speaks of what the alert says: redis, memory, used"
    assert not match.sure


def test_a_word_or_two_of_many_are_not_enough() -> None:
    library = [_speaking("memory.md", "Redis refuses writes, its memory is used up")]
    told = _told("CheckoutLatency", summary="Checkout requests wait for memory of payment gateway pool")

    assert matches(library, "shop", SHOP, told) == []


def test_words_are_shared_in_chinese_too() -> None:
    library = [_speaking("a.md", "資料庫連線池耗盡，請求逾時"), _speaking("b.md", "磁碟空間不足")]

    [match] = matches(library, "shop", SHOP, _told("資料庫連線池耗盡"))

    assert match.document.path == "a.md"


def test_a_code_of_a_cause_that_the_alert_shows_is_reason_enough() -> None:
    cause = Cause(name="Upstream", line=9, match=("UPSTREAM_API_ERROR", "api"))
    library = [_part("a.md", "Calls fail", causes=(cause,)), _part("b.md", "Others")]
    told = _told("JobsFailing", description="job 7: UPSTREAM_API_ERROR after 3 tries")

    [match] = matches(library, "shop", SHOP, told)

    assert match.why == "it names a cause that the alert shows: UPSTREAM_API_ERROR"
    assert matches(library, "shop", SHOP, _told("JobsFailing", description="the api is slow")) == []


def test_of_the_runbooks_of_a_service_the_one_that_speaks_of_it_comes_first() -> None:
    library = [
        _part("a.md", "Deploy", service="shop"),
        _speaking("b.md", "Redis memory is used up", service="shop"),
        _speaking("c.md", "Redis memory is used up", service="bank"),
    ]

    found = matches(library, "shop", SHOP, _told("RedisMemory"))

    assert [(each.document.path, each.sure) for each in found] == [("b.md", True), ("a.md", True)]


def test_the_reason_is_told_in_the_language_of_the_reader() -> None:
    [match] = matches([_part("a.md", "Deploy", service="shop")], "shop", SHOP, _told("X"))

    assert in_language(match.why, "zh_Hant") != match.why
