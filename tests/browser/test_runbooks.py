"""The pages about runbooks in a real browser: notes beside the text and below it, a phone, and no script at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from burning import PASSWORD, Burning
from eyes import Reader, look_at
from playwright.sync_api import Browser, expect

from tocsin.faces.web.security import LANGUAGE_COOKIE, SESSION_COOKIE
from tocsin.respond.runbooks import review_store

pytestmark = pytest.mark.browser
RICH = """\
---
title: Queue of transcripts is stuck
service: transcripts
severity: P1
owner: mei
reviewed: 2024-01-01
---
# Queue of transcripts is stuck

> [!CAUTION]
> Never empty the queue while a migration runs.

## Symptoms

- more than 100 messages wait, see [service down](../reco/service-down.md), [the old one](gone.md) and
  [what to do](#resolution)

| 檢查項目 | 指令 | 預期結果 | 分析 |
|---|---|---|---|
| queue | `redis-cli -h <REDIS_HOST> llen transcripts` | below 100 | 超過 100 時先看 worker |
| worker | `docker compose ps worker` | `Up` | `Exit` 表示要重啟 |

## Diagnosis

```
┌─ is the worker up?
│  ├─ YES → look at the queue
│  └─ NO  → restart it, and if that does not help rebuild the whole thing from its image
```

1. Look at the worker

   ```bash
   docker compose logs --tail=50 worker
   ```

2. Ask it

   ```bash
   # nothing yet
   ```

## Resolution

### Option 1: restart the worker

```bash
docker compose restart worker
```

Wait: 30 s

### Option 2: empty the queue

```bash
redis-cli -h <REDIS_HOST> flushall
```

## Verification

- [ ] the queue is below 100

```http
GET http://worker.example/health
```

Expect: `status == 200`

## The report

```markdown
# Report of <incident>

#### What happened

- [ ] who
```
"""
PAGES: dict[str, str] = {
    "a rich runbook": "/runbooks/queue/stuck.md",
    "a hit in it": "/runbooks/queue/stuck.md?line=54#here",
    "its template": "/runbooks/queue/stuck.md/{template}",
    "starting it": "/runbooks/queue/stuck.md?act=start#act-start",
    "the library": "/runbooks",
    "by severity": "/runbooks?by=severity",
    "filtered": "/runbooks?severity=P1&state=due",
    "found": "/runbooks?q=worker+%E9%87%8D%E5%95%9F",
    "nothing found": "/runbooks?q=nothing",
    "reviews": "/runbooks/reviews",
    "saying it": "/runbooks/reviews?path=queue/stuck.md",
}


@pytest.fixture(scope="module")
def shelf(house: Burning) -> Burning:
    """A library with a rich runbook, one that changed since it worked, and an index."""
    runbooks = house.folder / "runbooks"
    (runbooks / "queue").mkdir()
    (runbooks / "queue" / "stuck.md").write_text(RICH, encoding="utf-8")
    (runbooks / "index.md").write_text(
        "# Runbooks\n\n## Queue\n\n| Runbook | Severity | When |\n|---|---|---|\n"
        "| [Stuck](queue/stuck.md) | P1 | > 100 |\n| [Full](queue/full.md) | P0 | disk full |\n"
        "| [Gone](queue/gone.md) | P2 | never |\n",
        encoding="utf-8",
    )
    house.run(house.outage(2))
    return house


@pytest.fixture
def open_for(chromium: Browser, served: str, shelf: Burning) -> Iterator[Callable[..., Reader]]:
    """A window of somebody, with or without scripts."""
    opened: list[Reader] = []

    def make(name: str = "mei", language: str = "en", **more: object) -> Reader:
        session = shelf.app.accounts.sign_in(name, PASSWORD)
        cookies = {SESSION_COOKIE: session, LANGUAGE_COOKIE: language}
        opened.append(Reader(chromium, served, cookies=cookies, **more))  # pyright: ignore[reportArgumentType] - passed on
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("language", ["en", "zh_Hant"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier(open_for: Callable[..., Reader], shelf: Burning, name: str, language: str):
    reader = open_for(language=language)
    documents = shelf.app.library.get("queue/stuck.md").documents
    look_at(reader, PAGES[name].format(template=documents[0].path.partition("#")[2]))


def test_a_finding_stands_beside_its_block_and_on_a_phone_below_it(open_for: Callable[..., Reader]):
    page = open_for().open("/runbooks/queue/stuck.md")
    block = page.locator(".noted", has=page.locator("figure")).first
    note, code = block.locator(".notes"), block.locator("figure")
    page.set_viewport_size({"width": 1280, "height": 900})
    beside, text = note.bounding_box(), code.bounding_box()
    assert beside
    assert text
    assert beside["x"] > text["x"] + text["width"]
    assert abs(beside["y"] - text["y"]) < 30
    page.set_viewport_size({"width": 390, "height": 844})
    below, text = note.bounding_box(), code.bounding_box()
    assert below
    assert text
    assert below["y"] >= text["y"] + text["height"]


def test_the_outline_stays_in_sight_and_is_folded_on_a_phone(open_for: Callable[..., Reader]):
    page = open_for().open("/runbooks/queue/stuck.md")
    page.set_viewport_size({"width": 1280, "height": 700})
    page.locator("nav.beside").get_by_role("link", name="Verification").click()
    expect(page.locator("nav.beside").get_by_role("link", name="Symptoms")).to_be_in_viewport()
    expect(page.locator(".prose").get_by_role("heading", name="Verification")).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("nav.beside")).to_be_hidden()
    outline = page.locator("#outline")
    expect(outline.get_by_role("link", name="Symptoms")).to_be_hidden()
    outline.locator("summary").click()
    expect(outline.get_by_role("link", name="Symptoms")).to_be_visible()


def test_a_hit_leads_to_its_line(open_for: Callable[..., Reader]):
    page = open_for(width=390, height=844).open("/runbooks?q=flushall")
    page.get_by_role("link", name="Queue of transcripts is stuck").click()
    expect(page.locator("#here")).to_be_in_viewport()
    expect(page.locator("#here")).to_contain_text("flushall")


def test_run_beside_a_step_asks_for_the_incident_and_starts(open_for: Callable[..., Reader]):
    page = open_for().open("/runbooks/queue/stuck.md")
    page.locator(".step", has_text="docker compose restart").get_by_role("link", name="Start").first.click()
    expect(page.locator("#act-start")).to_be_visible()
    page.locator("#act-start").get_by_role("button", name="Start").click()
    page.wait_for_url("**/incidents/*")
    expect(page.locator(".run h2").first).to_contain_text("Queue of transcripts is stuck")


def test_without_a_script_a_step_is_started_and_a_review_is_made(
    open_for: Callable[..., Reader], shelf: Burning
):
    reader = open_for(scripts=False, width=390, height=844)
    page = reader.open("/runbooks/queue/stuck.md")
    page.locator(".step", has_text="flushall").get_by_role("link", name="Start").first.click()
    expect(page.locator("#act-start")).to_be_visible()
    page = reader.open("/runbooks/reviews")
    row = page.locator(".due-row", has_text="queue/stuck.md")
    row.locator("summary").click()
    row.get_by_label("What did you find?").fill("the host has another name now")
    row.get_by_role("button", name="It is true as it stands").click()
    expect(page.locator("#notice")).to_contain_text("The review is noted.")
    with shelf.app.store.read() as conn:
        made = review_store.of_path(conn, "queue/stuck.md")
    assert [each.note for each in made] == ["the host has another name now"]


def test_who_may_only_look_sees_neither_run_nor_review(open_for: Callable[..., Reader]):
    reader = open_for("ada")
    page = reader.open("/runbooks/queue/stuck.md")
    expect(page.locator(".step").get_by_role("link", name="Start")).to_have_count(0)
    expect(page.get_by_text("I have read it")).to_have_count(0)
