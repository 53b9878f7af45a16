"""Mei brings the shop back with what she sees and presses: a real server, a real fault, a real browser.

From the set-up link to the report: once with the page's script, by which everything appears without a reload, once
without any script at all, where she reloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from burning import PASSWORD
from eyes import Reader
from letterbox import Mailbox, link_of
from playwright.sync_api import Browser, Page, expect
from served import Served
from shop import Shop
from waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SOON = 25_000
RUNBOOK = """---
title: Shop down
service: shop
owner: backend
start: automatic
---
# Shop down

## Resolution

### Attempt 1: look away

```bash {timeout=10s}
echo "looking away"
```

Wait: 1s

### Attempt 2: throw the broken file away

```bash {timeout=10s}
echo "mending" && rm "$BROKEN"
```

Wait: 1s

## Verification

```http {expect="status == 200 && json.count > 5"}
GET ${SHOP_URL}/users/1
```
"""
CONFIGURATION = """
public_url: http://127.0.0.1:{port}
people: {{mei: {{name: Mei-Ling Chen, email: mei@example.com}}}}
channels: {{mail: {{kind: email, host: 127.0.0.1, port: {mail}, from: tocsin@example.com}}}}
escalations: {{backend: {{steps: [{{page: ["person:mei"]}}]}}}}
policies:
  core: {{levels: {{P0: {{otherwise: true, clocks: {{assess: 5m, restore: 30m}}, channels: [mail]}}}}}}
services:
  shop:
    title: Shop
    policy: core
    escalation: backend
    runbooks: ["shop.md"]
    automatic: change
    soak: 2s
    soak_every: 1s
    environment: {{SHOP_URL: "{url}", BROKEN: "{broken}"}}
    checks: [{{name: health, kind: http, url: "{url}/health", expect: "status == 200"}}]
    monitor: {{every: 1s, rounds: 2}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    opened = Shop(tmp_path_factory.mktemp("shop"))
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def mail() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shop: Shop, mail: Mailbox) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("config")
    (folder / "runbooks").mkdir()
    started = Served(folder)
    (folder / "tocsin.yaml").write_text(
        CONFIGURATION.format(port=started.port, mail=mail.port, url=shop.url, broken=shop.broken)
    )
    (folder / "runbooks" / "shop.md").write_text(RUNBOOK)
    yield started.start()
    started.stop()


@pytest.fixture(scope="module")
def url(chromium: Browser, server: Served) -> str:
    """The address of the server, after somebody has made the first account by the link that it printed."""
    printed = re.search(r"/setup/\S+", server.log())
    assert printed, server.log()
    stranger = Reader(chromium, server.url)
    page = stranger.open(printed[0])
    page.get_by_label("Name", exact=True).fill("mei")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.locator("#notice")).to_contain_text("Your account is made.")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_contain_text("Sign in")
    assert stranger.complaints == []
    stranger.close()
    return server.url


def sign_in(mei: Reader) -> Page:
    page = mei.open("/")
    page.get_by_label("Name").fill("mei")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_contain_text("Operational")
    return page


def approve(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Approve: ")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text('echo "mending" && rm "$BROKEN"')
    dialog.get_by_label("Reason").fill("the file is in the way")
    dialog.get_by_label("Your password, once more").fill(PASSWORD)
    dialog.get_by_role("button", name="Approve").click()


def test_with_the_script_everything_appears_without_a_reload(chromium: Browser, url: str, shop: Shop):
    mei = Reader(chromium, url)
    page = sign_in(mei)

    mark(page)
    shop.broken.touch()
    expect(page.locator("h1")).to_contain_text("Critical", timeout=SOON)
    unmoved(page)
    page.locator("#active a").click()
    expect(page.locator("#head")).to_contain_text("Nobody has it yet")
    page.wait_for_load_state()  # the keys belong to the script

    mark(page)
    page.keyboard.press("a")
    expect(page.locator("#notice")).to_contain_text("You have it.")
    expect(page.locator("#head")).to_contain_text("Mei-Ling Chen has it")
    page.get_by_label("Note").fill("the file is there again")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("#story")).to_contain_text("Mei-Ling Chen noted: the file is there again")

    expect(page.locator("#acts")).to_contain_text("Approve: ", timeout=SOON)
    expect(page.locator("#runs")).to_contain_text("looking away")
    assert shop.broken.exists()
    approve(page)
    expect(page.locator("#head")).to_contain_text("Being watched", timeout=SOON)
    expect(page.locator("#head")).to_contain_text("Resolved", timeout=SOON)
    expect(page.locator("#story")).to_contain_text("Approved by Mei-Ling Chen")
    unmoved(page)
    assert not shop.broken.exists()

    page.locator("#more summary").click()
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.locator("article")).to_contain_text("How it was brought back")
    assert mei.complaints == []
    mei.close()


def test_without_any_script_it_goes_the_same_way(chromium: Browser, url: str, shop: Shop, mail: Mailbox):
    mei = Reader(chromium, url, scripts=False)
    page = sign_in(mei)
    mail.mails.clear()

    shop.broken.touch()
    until(lambda: mail.mails, 20, "the page by mail")
    page.goto(link_of(mail.mails[0]))
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("status")).to_contain_text("You have it.")
    page.get_by_role("link", name="Open the incident").click()
    expect(page.locator("#head")).to_contain_text("Being worked on")

    shows(page, "#acts", "Approve: ")
    approve(page)
    shows(page, "#head", "Resolved")
    assert not shop.broken.exists()
    page.get_by_role("link", name="Close with the report").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.locator("#head")).to_contain_text("Closed")
    assert mei.complaints == []
    mei.close()


def mark(page: Page) -> None:
    page.evaluate("() => { document.documentElement.dataset.seen = 'before' }")


def unmoved(page: Page) -> None:
    """The page is the one that was marked: nothing has loaded it anew."""
    assert page.evaluate("() => document.documentElement.dataset.seen") == "before"


def shows(page: Page, where: str, text: str) -> None:
    """Reloads until it does."""

    def looked() -> bool:
        page.reload()
        return text in page.locator(where).inner_text()

    try:
        until(looked, SOON / 1000, f"{text!r} in {where}")
    except AssertionError as problem:
        problem.add_note(page.locator("main").inner_text())
        raise
