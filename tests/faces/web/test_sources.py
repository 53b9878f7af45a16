"""Who sends, do they get through, and if not, why? And how a new sender gets in."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

import httpx
import pytest
from burning import Burning
from walking import Browser, Shown

from tocsin.sense.heartbeats import Ping
from tocsin.sense.heartbeats.section import HeartbeatSettings

MESSAGE = json.dumps(
    {"problems": [{"title": "Disk full", "host": "db1", "state": "bad"}, {"title": "Fine", "state": "ok"}]}
)
MAPPING = {"set-items": "body.problems", "set-name": "item.title", "set-resolved": 'item.state == "ok"'}


def send(shop: Burning, plain: str, body: str, path: str = "") -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(shop.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as client:
            sent = {"content-type": "application/json"}
            return (await client.post(f"/in/{plain}{path}", content=body, headers=sent)).status_code

    return asyncio.run(ask())


def key(shop: Burning, kind: str = "webhook", name: str = "backup") -> tuple[str, str]:
    """The secret of a new key, and its id."""
    plain = shop.app.accounts.key_create(kind, name)
    keys = shop.app.accounts.keys()
    return plain, next(each.id for each in keys if each.name == name)


def seen(shop: Burning) -> None:
    shop.app.mailbook.flush()


def test_nobody_sends_yet_and_the_page_says_how_to_begin(mei: Browser):
    text = mei.open("/sources").text
    assert "tocsin key create alertmanager" in text
    assert "heartbeats:" in text
    assert ("Let a sender in", "/sources/new") in mei.page.links


def test_a_key_that_was_never_used_says_so_and_shows_how_its_sender_is_set_up(shop: Burning, mei: Browser):
    key(shop, "alertmanager", "prometheus")
    mei.open("/sources")
    assert "○ never heard prometheus Prometheus (Alertmanager API v2)" in mei.page.text
    shown = mei.click("prometheus")
    assert "path_prefix: /in/YOUR-KEY" in shown.text
    assert "127.0.0.1:9911" in shown.text
    assert "tocsin.example.com" not in shown.text
    assert "Nothing has come by this key." in shown.text


def test_what_gets_through_and_what_is_refused_is_counted_with_the_reason(shop: Burning, mei: Browser):
    plain, id_ = key(shop)
    assert send(shop, plain, '{"name": "Late"}') == 202
    assert send(shop, plain, '{"nme": "Late"}') == 422
    seen(shop)
    text = mei.open("/sources").text
    assert "✕ refused backup" in text
    assert "an alert needs a name" in text
    assert "1 taken, 1 refused" in text
    drawn = {each["class"] for tag, each in mei.page.elements if tag == "rect"}
    assert drawn == {"rail", "ok", "crit"}
    shop.clock.tick(60)
    assert send(shop, plain, '{"name": "Late"}') == 202
    seen(shop)
    assert "✓ gets through backup" in mei.open("/sources").text
    assert "2 taken, 1 refused" in mei.open(f"/sources/{id_}").text


def test_one_that_has_gone_quiet_is_told_with_its_habits(shop: Burning, mei: Browser):
    plain, _ = key(shop)
    for _ in range(8):
        send(shop, plain, '{"name": "Beat", "status": "resolved"}')
        seen(shop)
        shop.clock.tick(300)
    assert "usually every 5 min" in mei.open("/sources").text
    shop.clock.tick(3 * 3_600)
    assert "◔ quiet backup" in mei.open("/sources").text
    assert "quiet for 3 h 5 min, usually every 5 min" in mei.page.text


def test_a_message_is_shown_with_its_answer_and_without_its_key(shop: Burning, mei: Browser):
    plain, id_ = key(shop)
    send(shop, plain, '{"nme": "<b>Late</b>"}')
    mei.open(f"/sources/{id_}")
    shown = mei.click("POST /")
    assert '{"nme": "<b>Late</b>"}' in shown.text
    assert "an alert needs a name" in shown.text
    assert "answered 422" in shown.text
    assert plain not in shown.html


def test_an_operator_sends_a_message_again(shop: Burning, mei: Browser):
    plain, id_ = key(shop)
    send(shop, plain, '{"name": "Late"}')
    seen(shop)
    shop.account("ops", "operator")
    ops = Browser(shop.asgi).sign_in("ops")
    ops.open(f"/sources/{id_}")
    ops.click("POST /")
    after = ops.press("Send it again")
    assert "It was sent again." in after.text
    assert "sent again" in after.text
    assert after.path == f"/sources/{id_}"
    assert len(shop.app.mailbook.latest(id_)) == 2


def test_who_may_only_look_neither_replays_nor_makes_keys(shop: Burning, ada: Browser):
    plain, id_ = key(shop)
    send(shop, plain, '{"name": "Late"}')
    seen(shop)
    ada.open(f"/sources/{id_}")
    shown = ada.click("POST /")
    assert "Send it again" not in shown.buttons()
    assert ada.open("/sources/new").status == 403
    assert "Let a sender in" not in ada.open("/sources").text


def test_a_message_of_another_key_is_not_shown_below_this_one(shop: Burning, mei: Browser):
    plain, id_ = key(shop)
    send(shop, plain, '{"name": "Late"}')
    _, other = key(shop, name="other")
    (received,) = shop.app.mailbook.latest(id_)
    assert mei.open(f"/sources/{other}/deliveries/{received.id}").status == 404
    assert mei.open("/sources/key_nothing").status == 404
    assert mei.open(f"/sources/{id_}/deliveries/nothing").status == 404


def test_a_key_is_made_shown_once_and_opens(shop: Burning, mei: Browser):
    mei.open("/sources")
    mei.click("Let a sender in")
    mei.click("Webhook (JSON)")
    shown = mei.press("Make the key", name="cron of db1", service="transcripts")
    plain = next(word for word in shown.text.split() if word.startswith("in_"))
    assert f"http://127.0.0.1:9911/in/{plain}" in shown.text
    assert send(shop, plain, '{"name": "Late"}') == 202
    assert plain not in mei.open("/sources").html
    keys = shop.app.accounts.keys()
    made = next(each for each in keys if each.name == "cron of db1")
    assert made.service == "transcripts"


def test_the_form_of_a_kind_is_drawn_from_its_settings_and_a_mistake_stands_at_its_field(
    shop: Burning, mei: Browser, monkeypatch: pytest.MonkeyPatch
):
    mei.open("/sources/new?kind=grafana")
    assert "signature_header" in mei.page.text
    shown = mei.press("Make the key", **{"set-alerts_per_minute": "many"})
    assert shop.app.accounts.keys() == []
    assert problem_at(shown, "set-alerts_per_minute")
    made = mei.press("Make the key", **{"set-alerts_per_minute": "5", "name": "grafana"})
    assert "grafana may send now" in made.text
    assert shop.app.accounts.keys()[0].settings["alerts_per_minute"] == 5


def test_lists_and_maps_are_written_in_the_form_as_on_the_command_line(shop: Burning, mei: Browser):
    mei.open("/sources/new?kind=github")
    made = mei.press("Make the key", **{"set-services": "acme/shop-api=shop", "name": "github"})
    assert "github may send now" in made.text
    assert shop.app.accounts.keys()[0].settings["services"] == {"acme/shop-api": "shop"}


def test_a_key_has_the_form_that_its_senders_know(shop: Burning, mei: Browser):
    mei.open("/sources/new?kind=sentry")
    made = mei.press("Make the key", name="sentry")
    assert re.search(r"\b[0-9a-f]{32}\b", made.text)


def problem_at(shown: Shown, field: str) -> bool:
    found = [each for tag, each in shown.elements if tag == "input" and each.get("name") == field]
    return [each.get("aria-invalid") for each in found] == ["true"]


def test_a_mapping_is_tried_before_it_is_saved(shop: Burning, mei: Browser):
    mei.open("/sources/new?kind=webhook")
    before = shop.everything()
    shown = mei.press("Try it", **MAPPING, payload=MESSAGE)
    assert "This would become 2 alerts:" in shown.text
    assert "▲ firing Disk full" in shown.text
    assert "✓ cleared Fine" in shown.text
    assert shop.everything() == before, "nothing was kept"
    made = mei.press("Make the key", name="disks")
    plain = next(word for word in made.text.split() if word.startswith("in_"))
    assert send(shop, plain, MESSAGE) == 202


def test_an_expression_that_fails_is_told_at_its_field_and_what_was_typed_stays(mei: Browser):
    mei.open("/sources/new?kind=webhook")
    shown = mei.press("Try it", **{**MAPPING, "set-name": "item.titel"}, payload=MESSAGE)
    assert "It would be refused:" in shown.text
    assert problem_at(shown, "set-name")
    form = next(each for each in shown.forms if "payload" in each.fields)
    assert form.fields["payload"] == MESSAGE
    assert form.fields["set-items"] == "body.problems"
    shown = mei.press("Try it", **{**MAPPING, "set-name": "item.("}, payload=MESSAGE)
    assert problem_at(shown, "set-name")
    assert not problem_at(shown, "set-items")
    shown = mei.press("Make the key", **{"set-name": "item.("})
    assert problem_at(shown, "set-name")


def test_a_revoked_key_is_refused_and_leaves_the_list(shop: Burning, mei: Browser):
    plain, id_ = key(shop)
    mei.open(f"/sources/{id_}")
    mei.press("Revoke it")
    shop.clock.tick(5)
    assert send(shop, plain, '{"name": "Late"}') == 401
    assert f"/sources/{id_}" not in mei.open("/sources").html
    assert "– revoked backup" in mei.open(f"/sources/{id_}").text


def test_a_heartbeat_shows_how_it_does_and_what_it_said(shop: Burning, mei: Browser, ada: Browser):
    hearts = shop.app.heartbeats
    beat = hearts.add("backup", HeartbeatSettings(name="Backup", period=timedelta(days=1)))
    assert "○ never heard Backup Unassigned every 1 d" in mei.open("/sources").text
    hearts.ping(beat.uuid, Ping(kind="success", at=shop.clock.now(), body="<b>3 GB</b>"))
    mei.open("/sources")
    assert "✓ on time Backup" in mei.page.text
    shown = mei.click("Backup")
    assert "<b>3 GB</b>" in shown.text
    assert f"http://127.0.0.1:9911/ping/{beat.uuid}" in shown.text
    hearts.ping(beat.uuid, Ping(kind="fail", at=shop.clock.now(), exit_status=3))
    assert "said that it failed" in mei.open(f"/heartbeats/{beat.id}").text
    assert "✕ failed exit status 3" in mei.page.text
    assert beat.uuid not in ada.open(f"/heartbeats/{beat.id}").html, "who only looks does not speak for it"


def test_a_heartbeat_is_put_to_rest_and_woken(shop: Burning, mei: Browser):
    beat = shop.app.heartbeats.add("backup", HeartbeatSettings(period=timedelta(days=1)))
    mei.open(f"/heartbeats/{beat.id}")
    assert "– not watched" in mei.press("Stop watching").text
    assert "○ never heard" in mei.press("Watch it again").text
    assert mei.open("/heartbeats/nothing").status == 404
