"""Is anything on fire, who has it, how long is left?"""

from __future__ import annotations

from burning import Burning
from sqlalchemy import event
from walking import Browser


def test_when_all_is_quiet_the_page_teaches_how_to_send_an_alert(mei: Browser):
    assert "✓ Operational" in mei.page.text
    assert "tocsin alert send" in mei.page.text


def test_what_burns_stands_first_with_who_has_it_and_what_is_left(shop: Burning, mei: Browser):
    shop.queue()
    incident = shop.outage()
    shop.clock.tick(60)
    shown = mei.open("/")
    assert "▲ Critical" in shown.text
    assert "2 open, the worst is P0" in shown.text
    assert shown.text.index(incident) < shown.text.index("QueueBacklog")
    assert "Nobody has it yet" in shown.text
    assert "4:00 Assess" in shown.text


def test_a_missed_deadline_says_so_in_words(shop: Burning, mei: Browser):
    shop.outage()
    shop.pass_time(301)
    assert "✕ missed Assess" in mei.open("/").text


def test_who_is_on_call_and_a_gap_are_shown(mei: Browser):
    assert "Jun Wu Backend · until Mon 23 Nov, 09:00" in mei.page.text
    assert "Nobody ▲ gap Night" in mei.page.text


def test_an_incident_is_declared_by_hand(shop: Burning, mei: Browser):
    mei.press(
        "Open it and page",
        title="Login is slow",
        service="transcripts",
        severity="P1",
        text="seen by support",
    )
    assert mei.page.status == 200
    assert "Login is slow" in mei.page.title
    assert "◆ P1 major" in mei.page.text
    assert "The incident is open" in mei.page.text
    assert "The incident is open" not in mei.open(mei.page.path).text, "said once"


def test_a_declaration_without_a_title_says_what_is_missing(mei: Browser):
    shown = mei.press("Open it and page", title=" ")
    assert shown.status == 422
    assert "an incident needs a title" in shown.text


def test_what_is_over_stays_with_how_long_it_lasted(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.clock.tick(600)
    shop.app.incidents.resolve(incident, "fixed", "person:mei")
    shown = mei.open("/")
    assert "No incident is open" in shown.text
    assert "lasted 10 min" in shown.text


def test_admins_see_that_a_changed_configuration_was_refused_and_why(
    shop: Burning, mei: Browser, ada: Browser
):
    file = shop.folder / "tocsin.yaml"
    right = file.read_text()
    file.write_text(right.replace("tier: core", "teir: core"))
    shop.app.reload()
    shown = mei.open("/").text
    assert "The changed configuration was refused; the one before it is in use." in shown
    assert "tocsin.yaml:" in shown
    assert "teir" in shown
    assert "was refused" not in ada.open("/").text, "a viewer cannot mend it"
    ready = mei.open("/readyz").html
    assert "the changed configuration was refused" in ready
    assert "teir" not in ready, "everybody may read this one"
    file.write_text(right)
    shop.app.reload()
    assert "was refused" not in mei.open("/").text
    assert "refused" not in mei.open("/readyz").html


def test_a_storm_costs_the_page_no_more_questions_than_one_incident(shop: Burning, mei: Browser):
    def asked() -> int:
        statements: list[str] = []

        def count(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(shop.app.store.engine, "before_cursor_execute", count)
        mei.open("/")
        event.remove(shop.app.store.engine, "before_cursor_execute", count)
        return len(statements)

    shop.app.incidents.declare("Checkout is broken", "", "P1", "", "person:jun")
    one = asked()
    assert one
    for number in range(8):
        shop.app.incidents.declare(f"Checkout is broken {number}", "", "P1", "", "person:jun")
    assert asked() == one


def test_what_began_on_another_day_is_shown_with_its_date(shop: Burning, mei: Browser):
    shop.outage()
    assert "18:30:00 · just now" in mei.open("/").text
    shop.clock.tick(86_400)
    assert "Sat 21 Nov, 18:30 · 1 d ago" in mei.open("/").text
