"""A run waits for a yes: decided behind the link of the page, by whoever was paged, as far as their role goes."""

from __future__ import annotations

from burning import Burning
from walking import Browser

from tocsin.act import notify
from tocsin.respond.runbooks import store as runs


def link(shop: Burning, incident: str, person: str = "jun") -> str:
    with shop.app.store.read() as conn:
        delivery = next(each for each in notify.of_incident(conn, incident) if each.person == person)
    return shop.app.links.acknowledge(delivery.id).removeprefix("http://127.0.0.1:9911")


def role(shop: Burning, name: str, wanted: str) -> None:
    known = {each.name for each in shop.app.accounts.everyone()}
    if name not in known:
        shop.app.accounts.create(name, wanted, "correct horse battery staple", person=name)
    else:
        shop.app.accounts.change_role(name, wanted)


def state(shop: Burning, request: str) -> str:
    with shop.app.store.read() as conn:
        return shop.app.runs.approval(conn, request).state


def test_an_operator_reads_the_text_and_its_values_and_says_yes(shop: Burning, browser: Browser):
    incident = shop.outage()
    role(shop, "jun", "operator")
    run = shop.run(incident)
    request = shop.ask(run, "dependencies", by="person:mei")
    shop.app.store.write(
        lambda conn: conn.execute(
            runs.approval.update().values(inputs={"DIR": "/srv/<b>cache</b>"}, place="web", quorum=2)
        )
    )
    browser.open(link(shop, incident))
    text = browser.page.text
    with shop.app.store.read() as conn:
        assert shop.app.runs.approval(conn, request).text.split("\n")[0] in text
    assert "/srv/<b>cache</b>" in text
    assert "web" in text
    assert state(shop, request) == "asked", "opening a link changes nothing"
    browser.press("核准", reason="看過了")
    assert state(shop, request) == "asked", "it takes two"
    assert "核准" not in browser.page.buttons(), "and one person is one vote"
    with shop.app.store.read() as conn:
        votes = [(each.voter, each.reason) for each in shop.app.runs.votes(conn, request)]
    assert votes == [("person:jun", "看過了")]


def test_the_last_yes_lets_it_run_and_a_no_does_not(shop: Burning, browser: Browser):
    incident = shop.outage()
    role(shop, "jun", "operator")
    run = shop.run(incident)
    request = shop.ask(run, "dependencies", by="person:mei")
    path = link(shop, incident)
    browser.open(path)
    browser.press("拒絕", reason="先等備援")
    assert state(shop, request) == "denied"
    assert "核准" not in browser.open(path).buttons()
    again = {"wish": "approve", "approval": request, "reason": ""}
    assert browser.send("POST", path, again).status == 409, "what is decided stays decided"


def test_what_destroys_is_not_decided_by_a_link(shop: Burning, browser: Browser):
    incident = shop.outage()
    role(shop, "jun", "admin")
    request = shop.ask(shop.run(incident), "rebuild", by="person:mei")
    with shop.app.store.read() as conn:
        assert shop.app.runs.approval(conn, request).level == "destroy"
    path = link(shop, incident)
    assert "核准" not in browser.open(path).buttons()
    answer = browser.send("POST", path, {"wish": "approve", "approval": request, "reason": "now"})
    assert answer.status == 403
    assert state(shop, request) == "asked"


def test_who_was_paged_without_the_role_reads_and_decides_nothing(shop: Burning, browser: Browser):
    incident = shop.outage()
    role(shop, "jun", "responder")
    request = shop.ask(shop.run(incident), "dependencies", by="person:mei")
    path = link(shop, incident)
    assert "核准" not in browser.open(path).buttons()
    for wish in ("approve", "deny"):
        assert browser.send("POST", path, {"wish": wish, "approval": request, "reason": ""}).status == 403
    other = {"wish": "approve", "approval": "apr_of_another", "reason": ""}
    assert browser.send("POST", path, other).status == 404
    assert state(shop, request) == "asked"
