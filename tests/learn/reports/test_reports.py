"""What was it, when, where, who, why, how? Mei reads the draft after the shop is back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tocsin.ground import timeline
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.secret import Secret
from tocsin.ground.render import render
from tocsin.learn.reports import draft
from tocsin.respond.runbooks import events

assert events  # the report tells of runs, whose kinds are declared there

ENGLISH = ["What happened", "When", "Where", "Who", "Why", "How it was brought back", "Timeline"]
CHINESE = ["發生了什麼", "何時", "何處", "何人", "原因", "如何恢復", "時間軸"]


def outage(desk) -> str:
    """From the alert over a runbook whose second attempt helps to the end of the soak."""
    room = desk.room
    room.fire("Errors", job="shop-api", availability="0.1")
    id_ = room.only().id
    desk.deliver(id_)
    room.clock.tick(95)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.note(id_, "the cache is full", "person:mei")
    desk.tell(id_, "run.started", "run:run_1", title="Shop is down", mode="automatic")
    room.clock.tick(60)
    desk.tell(id_, "run.rung.finished", "run:run_1", title="Restart the API", ok=False, why="did not hold")
    desk.tell(id_, "run.rung.finished", "run:run_1", title="Empty the cache", ok=True, why="all hold")
    room.clear("Errors", job="shop-api", availability="0.1")
    room.pass_time(185)
    return id_


def cited(line: str) -> list[int]:
    found = re.search(r" \[([#\d, ]+)\]$", line)
    return [int(each.strip(" #")) for each in found.group(1).split(",")] if found else []


def test_each_answer_cites_the_events_it_rests_on(desk):
    id_ = outage(desk)
    number = lambda kind: f"[#{desk.number(id_, kind)}]"  # noqa: E731 - read in every line below
    said = desk.answers(id_)
    assert list(said) == ENGLISH
    opened = number("incident.opened")
    assert said["What happened"] == [
        f"- Errors in the shop {opened}",
        f"- Severity P0: m.availability \\< 0.5 matched with m.availability 0.1 {number('severity.decided')}",
    ]
    assert said["When"] == [
        f"- Began 2026-11-21 10:30:00 {opened}",
        f"- Detected 2026-11-21 10:30:00 {opened}",
        f"- Acknowledged 2026-11-21 10:31:35 {number('incident.acknowledged')}",
        f"- Service back 2026-11-21 10:32:35 {number('incident.mitigated')}",
        f"- Resolved 2026-11-21 10:35:35 {number('incident.resolved')}",
    ]
    assert said["Where"] == [
        f"- Service: Shop {opened}",
        f"- Errors: availability=0.1, job=shop-api {number('alert.attached')}",
    ]
    assert said["Who"] == [
        f"- Paged: Mei-Ling Chen {number('page.sent')}",
        f"- Acknowledged by Mei-Ling Chen, 1 min 35 s after it was detected {number('incident.acknowledged')}",
        f"- Mei-Ling Chen is now incident commander {number('role.assigned')}",
    ]
    helped = desk.number(id_, "run.rung.finished")
    assert said["Why"] == [
        "- The cause is not known. To be filled in by Mei-Ling Chen.",
        f"- Mei-Ling Chen noted: the cache is full {number('note.added')}",
        f"- It did not help: Restart the API [#{helped - 1}]",
        f"- Well again after: Empty the cache [#{helped}]",
    ]
    assert said["How it was brought back"] == [
        f"- Runbook started (automatic): Shop is down {number('run.started')}",
        f"- Attempt finished: Restart the API, did not hold [#{helped - 1}]",
        f"- Attempt finished: Empty the cache, all hold [#{helped}]",
        f"- Service is back, being watched: all its alerts have cleared {number('incident.mitigated')}",
        f"- Resolved: stayed well for 3 rounds {number('incident.resolved')}",
    ]


def test_what_is_cited_stands_in_the_timeline_below(desk):
    id_ = outage(desk)
    said = desk.answers(id_)
    rows = {int(row.split("|")[1].strip(" #")) for row in said.pop("Timeline")[2:]}
    numbers = {number for lines in said.values() for line in lines for number in cited(line)}
    assert numbers
    assert numbers <= rows


def test_the_four_times_stand_at_the_top(desk):
    lines = desk.report(outage(desk)).markdown.splitlines()
    assert lines[0] == "# INC-2026-0001 · Errors in the shop"
    assert "| P0 | Shop | 0 s | 1 min 35 s | 2 min 35 s | 5 min 35 s |" in lines


def test_what_nobody_did_is_said_plainly_and_nothing_is_made_up(desk):
    id_ = desk.room.incidents.declare("Something smells", "shop", "P3", "", "token:ci").id
    with desk.room.store.read() as conn:
        now = desk.reports.latest(conn, id_)
    assert (now.id, now.version) == ("", 0)
    said = desk.answers(id_)
    assert said["When"][2:] == [
        "- Nobody acknowledged it.",
        "- The service is not back yet.",
        "- It is not resolved yet.",
    ]
    assert said["Who"] == ["- Nobody was paged.", "- Nobody acknowledged it."]
    assert said["Why"] == ["- The cause is not known. To be filled in by the incident commander."]
    assert said["How it was brought back"] == ["- Not known. To be filled in by the incident commander."]


def test_the_commander_is_asked_to_fill_the_gaps_else_whoever_had_it(desk):
    id_ = desk.room.incidents.declare("Something smells", "shop", "P0", "", "person:jun").id
    desk.room.incidents.acknowledge(id_, "person:mei")
    desk.room.incidents.assign(id_, "commander", "jun", "person:mei")
    assert desk.answers(id_)["Why"][0].endswith("To be filled in by Jun Wu.")


def test_it_is_drafted_once_when_the_incident_is_resolved_and_the_story_says_so(desk):
    id_ = outage(desk)
    first = desk.report(id_)
    assert (first.version, first.incident, first.language) == (1, id_, "en")
    assert desk.report(id_) == first
    assert desk.room.story(id_).count("report.drafted") == 1


def test_opened_again_and_resolved_again_is_another_version_and_the_first_stays(desk):
    id_ = outage(desk)
    first = desk.report(id_)
    desk.room.incidents.reopen(id_, "it is back", "person:jun")
    assert desk.report(id_) == first, "until it ends again, the newest is the first"
    desk.room.clock.tick(60)
    desk.room.incidents.acknowledge(id_, "person:jun")
    desk.room.incidents.resolve(id_, "the disk was replaced", "person:jun")
    second = desk.report(id_)
    assert second.version == 2
    assert f"- Opened again 2026-11-21 10:35:40 [#{desk.number(id_, 'incident.reopened')}]" in second.markdown
    assert "Resolved: the disk was replaced" in second.markdown
    with desk.room.store.read() as conn:
        kept = conn.exec_driver_sql("SELECT version, markdown FROM report ORDER BY version").all()
    assert [tuple(each) for each in kept] == [(1, first.markdown), (2, second.markdown)]


def test_two_processes_that_see_the_same_end_write_one_draft(desk):
    id_ = outage(desk)
    desk.report(id_)
    desk.room.store.write(lambda conn: conn.exec_driver_sql("DELETE FROM follower"))  # as if never seen
    assert desk.report(id_).version == 1
    assert desk.room.story(id_).count("report.drafted") == 1


def test_the_draft_speaks_chinese_where_the_place_does(desk):
    desk.configure(language="zh_Hant", time_zone="Asia/Taipei")
    id_ = outage(desk)
    report = desk.report(id_)
    assert report.language == "zh_Hant"
    said = desk.answers(id_)
    assert list(said) == CHINESE
    assert said["何時"][2].startswith("- 2026-11-21 18:31:35 確認 ")
    assert said["何人"][2].startswith("- Mei-Ling Chen 擔任指揮官 ")
    assert said["原因"][0] == "- 原因尚不清楚，請 Mei-Ling Chen 補上。"
    assert said["如何恢復"][3].startswith("- 服務恢復，進入觀察期：所有告警皆已解除 ")
    assert "| P0 | Shop | 0 秒 | 1 分 35 秒 | 2 分 35 秒 | 5 分 35 秒 |" in report.markdown
    theirs = "Errors in the shop|the cache is full|did not hold|Shop is down|Restart the API|Empty the cache"
    ours = re.sub(theirs, "", report.markdown)
    assert not re.search(r"\b(the|is|was|due|by|after)\b", ours), "no sentence of ours stays English"


def test_times_are_those_of_the_place(desk):
    desk.configure(time_zone="Asia/Taipei")
    report = desk.report(outage(desk)).markdown
    assert "times are those of Asia/Taipei" in report
    assert "Began 2026-11-21 18:30:00" in report
    assert "due 2026-11-21 18:35:00" in report, "and of the clocks too"
    assert " 10:3" not in report


HOSTILE = [
    "**bold** _it_ `code` ~~gone~~",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[press](javascript:alert(1)) ![x](https://evil.example/beacon)",
    "a | b | c",
    "- one",
    "+ one",
    "1. one",
    "12) one",
    "# heading",
    "> quoted",
    "---",
    "===",
    "- [x] ticked",
    "&lt;b&gt; &#60; &amp;",
    "https://evil.example <https://evil.example>",
    "back\\slash \\* and {braces} {title} {n}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_came_from_outside_is_shown_and_not_obeyed(desk, hostile: str):
    id_ = desk.room.incidents.declare(
        hostile, "shop", "P3", f"{hostile}\n\n## Why\n\n- because", "person:jun"
    ).id
    desk.tell(id_, "run.rung.finished", title=hostile, ok=True, why=hostile)
    desk.room.incidents.resolve(id_, hostile, "person:jun")
    markdown = desk.report(id_).markdown
    calm = desk.room.incidents.declare("calm", "shop", "P3", "calm", "person:jun").id
    desk.tell(calm, "run.rung.finished", title="calm", ok=True, why="calm")
    desk.room.incidents.resolve(calm, "calm", "person:jun")
    tags = lambda text: re.findall(r"<[^>]+>", str(render(text)))  # noqa: E731 - said of both
    assert tags(markdown) == tags(desk.report(calm).markdown), (
        "as many cells, items and headings as any other"
    )
    shown = re.sub(r"<[^>]+>", "", str(render(markdown))).replace("&lt;", "<").replace("&gt;", ">")
    assert shown.replace("&quot;", '"').replace("&amp;", "&").count(hostile) >= 4


def test_what_a_terminal_obeys_or_turns_around_is_shown_as_a_sign(desk):
    id_ = desk.room.incidents.declare("red \x1b[31m and \u202eback", "shop", "P3", "", "person:jun").id
    markdown = desk.report(id_).markdown
    assert not re.search("[\x1b\u202e]", markdown)
    assert "red �\\[31m and �back" in markdown


@pytest.mark.parametrize("secret", ["hunter2hunter2", "pa*ss_wo|rd#1", "p&mp;<x>-y"])
def test_a_secret_is_in_no_report(desk, tmp_path: Path, secret: str):
    (tmp_path / "secret").write_text(secret)
    Secret.from_reference("file:secret", folder=tmp_path)
    id_ = desk.room.incidents.declare(
        f"login with {secret} fails", "shop", "P3", f"I used {secret}.", "person:jun"
    ).id
    desk.room.incidents.resolve(id_, secret, "person:jun")
    markdown = desk.report(id_).markdown
    plain = markdown.replace("\\", "")
    assert secret not in plain
    assert " ".join(secret.split()) not in plain
    assert "login with \\*\\*\\* fails" in markdown


def test_a_storm_names_the_first_alerts_and_counts_the_rest(desk):
    for number in range(25):
        desk.room.fire(f"Down{number:02d}", job=f"shop-{number}", availability="0")
    said = desk.answers(desk.room.only().id)
    assert len(said["Where"]) == 1 + 20 + 1
    assert said["Where"][-1] == "- 5 more alerts, on the timeline below"


def test_a_story_without_end_is_read_to_its_end_and_cut_in_the_table(desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(draft, "_MOST_ROWS", 50)
    id_ = desk.room.incidents.declare("Flapping", "shop", "P3", "", "person:jun").id
    now = desk.room.clock.now()

    def storm(conn) -> None:
        for number in range(1_200):
            timeline.append(conn, id_, "alert.fired", "tocsin", now, alert="a", name=f"n{number}")

    desk.room.store.write(storm)
    desk.room.incidents.resolve(id_, "enough", "person:jun")
    said = desk.answers(id_)
    assert said["When"][-1].startswith("- Resolved "), "the end is known although the table does not show it"
    assert cited(said["When"][-1]) == [desk.number(id_, "incident.resolved")]
    assert len([line for line in said["Timeline"] if line.startswith("| #")]) == 51
    assert said["Timeline"][-1].endswith("later events are on the page of the incident.")


def test_an_incident_that_is_not_there_has_no_report(desk):
    with desk.room.store.read() as conn, pytest.raises(NotFound):
        desk.reports.latest(conn, "INC-2026-9999")
