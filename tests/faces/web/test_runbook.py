"""One runbook: its text, and beside each block what was read in it."""

from __future__ import annotations

import re

import pytest
from burning import Burning
from past_runs import Past
from sqlalchemy import Connection
from walking import Browser, Shown

from tocsin.respond.runbooks import store as runs

PATH = "/runbooks/reco/service-down.md"
SEVERAL = """\
# Trouble with transcripts

## Scenario 1: the queue is full

**Severity**: P1

### Symptoms

- more than 100 messages wait, see [the other](#scenario-2-nothing-comes-out)

### Diagnosis

```bash
redis-cli llen transcripts
```

### Resolution

```bash
docker compose restart worker
```

## Scenario 2: nothing comes out

### Symptoms

- the last transcript is old

### Diagnosis

```bash
docker compose logs --tail=50 worker
```

### Resolution

```bash
docker compose restart api
```
"""
TEMPLATE = """\
# How we write

## A runbook looks like this

```markdown
# <Title>

## Resolution

- [ ] do it
```
"""


def write(shop: Burning, path: str, text: str) -> None:
    (shop.folder / "runbooks" / path).write_text(text, encoding="utf-8")
    shop.clock.tick(2)


def of(shown: Shown, tag: str, **wanted: str) -> list[dict[str, str]]:
    """The elements of a page with these attributes."""
    return [
        attributes
        for name, attributes in shown.elements
        if name == tag and wanted.items() <= attributes.items()
    ]


def finish(shop: Burning, run: str) -> None:
    """The run has done what it should."""

    def job(conn: Connection) -> None:
        runs.change(conn, run, state="succeeded", ended_at=shop.clock.now())

    shop.app.store.write(job)


def test_a_runbook_says_for_each_step_what_it_would_do(mei: Browser):
    shown = mei.open(PATH)
    assert (
        "What will happen 6 steps ● 3 only look · ◆ 2 change something · ▲ 1 destroys something" in shown.text
    )
    assert "docker compose restart api ◆ changes something command · ○ not proven yet" in shown.text
    assert "▲ destroys something" in shown.text
    assert "needs the approval of: approver" in shown.text
    assert "then waits 30 s" in shown.text
    assert "proven by status == 200 && ms < 500" in shown.text
    assert "kept by backend" in shown.text
    assert shown.html.count("<h1") == 1


def test_a_step_has_a_button_that_leads_to_a_start_for_those_who_may(mei: Browser, ada: Browser):
    shown = mei.open(PATH)
    assert of(shown, "a", href=f"{PATH}?act=start#act-start")
    assert "Start" not in [label for label, _ in ada.open(PATH).links]


def test_the_outline_leads_to_the_sections_and_marks_what_is_dangerous(mei: Browser):
    shown = mei.open(PATH)
    links = {label: href for label, href in shown.links if href.startswith("#L")}
    assert {"Symptoms", "Option 3: Full rebuild"} <= links.keys()
    assert links["Option 3: Full rebuild"].removeprefix("#") in shown.ids
    assert "Option 3: Full rebuild ▲ destroys something" in shown.text


def test_every_link_within_the_page_leads_somewhere(mei: Browser):
    shown = mei.open(PATH)
    for _, href in shown.links:
        if href.startswith("#"):
            assert href.removeprefix("#") in shown.ids, href


def test_a_finding_stands_beside_its_block_and_once_above(shop: Burning, mei: Browser):
    write(shop, "found.md", "# Found\n\n## Resolution\n\n### Option 1: guess\n\n```\necho a guess\n")
    shown = mei.open("/runbooks/found.md")
    findings = shop.app.library.get("found.md").findings
    assert findings
    assert all(each.message in shown.text for each in findings)
    assert of(shown, "div", role="note")


def test_a_step_that_ran_says_when_and_by_whom(shop: Burning, mei: Browser):
    shop.run(shop.outage())
    shop.pass_time(120)
    shown = mei.open(PATH)
    assert "✓ last proven 1 min ago by Mei-Ling Chen" in shown.text


def test_what_changed_since_it_last_worked_is_shown_line_by_line(shop: Burning, mei: Browser):
    run = shop.run(shop.outage())
    finish(shop, run)
    assert "Changed since it last worked" not in mei.open(PATH).text
    file = shop.folder / "runbooks" / "reco" / "service-down.md"
    file.write_text(file.read_text().replace("docker compose ps", "docker compose ps --all"))
    shop.clock.tick(2)
    shown = mei.open(PATH)
    assert "＋ 1 new, － 1 gone" in shown.text
    assert "－gone docker compose ps ＋new docker compose ps --all" in shown.text
    assert "◆ changed since it worked" in mei.open("/runbooks").text


def test_a_file_with_several_runbooks_lists_them_and_each_has_a_page(shop: Burning, mei: Browser):
    write(shop, "transcripts.md", SEVERAL)
    whole = mei.open("/runbooks/transcripts.md")
    assert "Runbooks in this file 2" in whole.text
    [first, _] = shop.app.library.get("transcripts.md").documents
    page = mei.click(first.title)
    assert page.path.startswith("/runbooks/transcripts.md/")
    assert "llen transcripts" in page.text
    assert "tail=50" not in page.text, "that stands in the other one"
    assert of(page, "input", name="path", value=first.path) or "none is open" in page.text
    same = mei.open(f"/runbooks/{first.path.replace('#', '%23')}")
    assert same.title == page.title


def test_a_runbook_in_a_file_is_not_changed_by_an_edit_of_its_neighbour(shop: Burning, mei: Browser):
    past = Past(shop.app.store)
    write(shop, "transcripts.md", SEVERAL)
    [first, second] = shop.app.library.get("transcripts.md").documents
    for each in (first, second):
        past.run(each, shop.clock.now(), text=SEVERAL)
    write(shop, "transcripts.md", SEVERAL.replace("restart api", "restart web"))
    rows = mei.open("/runbooks").text
    assert rows.count("changed since it worked") == 1
    assert "Changed since it last worked" not in mei.open(f"/runbooks/{first.path.replace('#', '%23')}").text
    assert "Changed since it last worked" in mei.open(f"/runbooks/{second.path.replace('#', '%23')}").text


def test_a_link_into_another_file_leads_to_the_part_or_the_heading_it_names(shop: Burning, mei: Browser):
    write(shop, "transcripts.md", SEVERAL)
    [_, second] = shop.app.library.get("transcripts.md").documents
    name = second.path.partition("#")[2]
    write(
        shop,
        "links.md",
        f"# Links\n\n[part](transcripts.md#{name}) [heading](reco/service-down.md#symptoms)"
        " [whole](reco/service-down.md) [site](/docs/of-somebody.md)\n",
    )
    links = dict(mei.open("/runbooks/links.md").links)
    assert links["part"] == f"/runbooks/transcripts.md/{name}"
    assert links["heading"].startswith(f"{PATH}?line=")
    assert links["heading"].endswith("#here")
    assert links["whole"] == PATH
    assert not links["site"], "that is no page of ours"


def test_an_item_and_the_block_in_it_do_not_share_a_name(shop: Burning, mei: Browser):
    write(shop, "item.md", "# Item\n\n## Resolution\n\n- ```sh\n  uptime\n  ```\n- then look\n")
    html = mei.open("/runbooks/item.md").html
    named = re.findall(r'id="(L\d+)"', html)
    assert sorted(named) == sorted(set(named))


def test_the_steps_of_a_runbook_in_a_file_are_started_as_that_runbook(shop: Burning, mei: Browser):
    write(shop, "transcripts.md", SEVERAL)
    whole = mei.open("/runbooks/transcripts.md")
    [first, _] = shop.app.library.get("transcripts.md").documents
    name = first.path.partition("#")[2]
    assert [href for label, href in whole.links if label == "Start" and f"/transcripts.md/{name}" in href]


def test_a_template_is_shown_as_one_and_nothing_in_it_runs(shop: Burning, mei: Browser):
    write(shop, "how.md", TEMPLATE)
    shown = mei.open("/runbooks/how.md")
    assert "template" in shown.text
    assert "Start" not in [label for label, _ in shown.links]
    assert shown.html.count("<h1") == 1


def test_links_between_runbooks_lead_to_their_pages(shop: Burning, mei: Browser):
    write(shop, "a.md", "# A\n\nSee [down](reco/service-down.md#health) and [the graph](graph.png).\n")
    shown = mei.open("/runbooks/a.md")
    assert dict(shown.links)["down"].startswith("/runbooks/reco/service-down.md?line=")
    assert mei.click("down").status == 200
    write(shop, "reco/b.md", "# B\n\nSee [a](../a.md) and [out](../../../tocsin.yaml).\n")
    assert ("a", "/runbooks/a.md") in mei.open("/runbooks/reco/b.md").links


def test_a_review_that_is_overdue_is_asked_for_on_the_page(shop: Burning, mei: Browser):
    write(shop, "old.md", "---\nreviewed: 2024-01-01\n---\n# Old\n\nRead me.\n")
    assert "◔ Review overdue" in mei.open("/runbooks/old.md").text
    after = mei.press("It is true as it stands", note="still so")
    assert after.path == "/runbooks/old.md"
    assert "The review is noted." in after.text
    assert "◔ Review overdue" not in after.text


def test_without_an_open_incident_there_is_nothing_to_run_it_for(mei: Browser):
    assert "A run belongs to an incident, and none is open." in mei.open(PATH).text


@pytest.mark.parametrize(
    "path",
    [
        *("nothing.md", "../tocsin.yaml", "..%2f..%2fetc%2fpasswd", "%00", "reco"),
        *("reco/service-down.md/nothing", "reco/service-down.md%23nothing", "nothing.md/part", "a.md%00/b"),
    ],
)
def test_what_is_not_in_the_library_is_not_there(mei: Browser, path: str):
    assert mei.open(f"/runbooks/{path}").status == 404


@pytest.mark.parametrize("line", ["0", "-1", "99999999999", "x", "３", "1e5"])
def test_an_odd_line_is_no_line(mei: Browser, line: str):
    assert mei.open(f"{PATH}?line={line}").status == 200


def test_hostile_markdown_stays_text(shop: Burning, mei: Browser):
    write(
        shop,
        "evil.md",
        "# <script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n"
        '```bash\n"><script>alert(1)</script> </pre> $(id) <X"onclick=y>\n```\n\n'
        '| <svg onload=alert(1)> |\n|---|\n| `"><b>` |\n\n<div id="cut-1"></div>\n',
    )
    html = mei.open("/runbooks/evil.md").html
    assert html.count("<script") == 1, "ours"
    assert "<img" not in html
    assert "<svg onload" not in html
    assert 'href="javascript:' not in html
    assert not [each for each in mei.page.ids if each.startswith("cut")]


def test_an_ordinary_runbook_is_a_light_page(mei: Browser):
    assert len(mei.open(PATH).html) < 30_000


def test_a_block_of_several_steps_is_shown_step_by_step_with_its_comments(shop: Burning, mei: Browser):
    write(
        shop,
        "checks.md",
        "# Checks\n\n## Verification\n\n```bash\n# 1. it answers\ncurl -f http://127.0.0.1/health\n# expected: 200\n\n"
        "# 2. it finds\ncurl -f http://127.0.0.1/find\n```\n",
    )
    assert len(shop.app.library.get("checks.md").verification) == 2
    shown = mei.open("/runbooks/checks.md").text
    assert "# expected: 200 it answers ● only looks" in shown
    assert "# 2. it finds curl -f http://127.0.0.1/find it finds ● only looks" in shown


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] tick me\n" * 20_000,
        "# one\n\n## two\n\n" * 5_000,
        "## Resolution\n\n" + "```bash\ndocker restart x\n```\n\n" * 3_000,
        "```markdown\n# t\n\n- [ ] a\n```\n\n" * 2_000,
        "[a](b.md) [c](#x) [d](http://[) [e](//x)\n\n" * 3_000,
        "> " * 5_000 + "x",
        "| a |\n|---|\n" + "| b\n" * 5_000,
    ],
    ids=["boxes", "headings", "steps", "templates", "links", "quotes", "rows"],
)
def test_a_file_of_any_length_is_a_page_that_can_be_loaded(shop: Burning, mei: Browser, text: str):
    write(shop, "long.md", f"# Long\n\n{text}")
    shown = mei.send("GET", "/runbooks/long.md")
    assert shown.status == 200
    assert len(shown.html) < 600_000
    assert "it is too long for a page" in shown.text or len(text) < 100_000
