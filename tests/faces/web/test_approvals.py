"""What waits for a yes, on one page: for whom, with all that they have to know, and how it was decided before."""

from __future__ import annotations

from datetime import timedelta

from burning import PASSWORD, Burning
from walking import Browser

from tocsin.respond.runbooks import store as runs


def waiting(shop: Burning, by: str = "person:jun") -> tuple[str, str]:
    """An incident, and a request for what destroys, with a place and a value."""
    incident = shop.outage()
    request = shop.ask(shop.run(incident), "rebuild", by=by)
    shop.app.store.write(
        lambda conn: conn.execute(
            runs.approval.update().values(inputs={"DIR": "/srv/<b>cache</b>"}, place="stack", quorum=2)
        )
    )
    return incident, request


def test_who_may_decide_it_finds_it_first_and_is_told_on_each_page(shop: Burning, mei: Browser, ada: Browser):
    incident, _ = waiting(shop)
    assert "1 to approve" in mei.open("/alerts").text
    shown = mei.open("/approvals").text
    for part in (
        "docker compose down --volumes docker compose up -d",
        "/srv/<b>cache</b>",
        "stack",
        "destroys something",
        "Jun Wu",
        "somebody else has to approve it",
        "0 of 2 people",
        "Can be answered for",
        incident,
    ):
        assert part in shown
    assert "Approve" in [label for label, _ in mei.page.links]
    assert "1 to approve" not in ada.open("/alerts").text, "a viewer is not counted in"
    assert "needs the role approver" in ada.open("/approvals").text
    assert "Approve" not in [label for label, _ in ada.page.links]


def test_one_s_own_request_waits_for_others(shop: Burning, mei: Browser):
    waiting(shop, by="person:mei")
    assert "1 to approve" not in mei.open("/alerts").text
    shown = mei.open("/approvals").text
    assert shown.index("Waits for others") < shown.index("nobody approves their own request")


def test_a_vote_from_the_list_leads_back_to_it_and_stands_there(shop: Burning, mei: Browser):
    _, request = waiting(shop)
    mei.open(f"/approvals?act=approve-{request}")
    done = mei.press("Approve", reason="the volumes are empty", password=PASSWORD)
    assert done.status == 200
    assert "Your yes is noted." in mei.page.text
    assert "1 of 2 people" in mei.page.text
    assert "the volumes are empty" in mei.page.text
    assert "You have said yes. Somebody else has to look at it, too." in mei.page.text
    assert "1 to approve" not in mei.page.text
    mei.open(f"/approvals?act=deny-{request}")
    shop.app.store.write(lambda conn: conn.execute(runs.approval.update().values(state="denied", by="person:jun",
        decided_at=shop.clock.now())))  # fmt: skip
    shown = mei.open("/approvals").text
    assert "Nothing waits for a yes." in shown
    assert shown.index("refused") < shown.index("the volumes are empty")


def test_what_ran_out_or_ended_with_its_run_was_decided_by_nobody(shop: Burning, mei: Browser):
    _, request = waiting(shop)
    shop.app.store.write(
        lambda conn: runs.decide(conn, request, "expired", by="tocsin", at=shop.clock.now(), reason="")
    )
    assert "nobody decided in time" in mei.open("/approvals").text
    shop.app.store.write(lambda conn: conn.execute(runs.approval.update().values(by=None)))
    assert "not needed any more" in mei.open("/approvals").text
    long_ago = shop.clock.now() - timedelta(days=8)
    shop.app.store.write(lambda conn: conn.execute(runs.approval.update().values(decided_at=long_ago)))
    assert "Nothing was decided in the last seven days." in mei.open("/approvals").text


def test_a_request_whose_time_is_over_has_no_buttons_before_anything_else_says_so(
    shop: Burning, mei: Browser
):
    waiting(shop)
    shop.pass_time(31 * 60)
    assert "Nothing waits for a yes." in mei.open("/approvals").text
