"""What comes from an alert is hostile, on every page, in every field."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from burning import Burning
from walking import Browser, Shown

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}}${7*7}{%print(1)%}",
    "{0.__class__}{actor}{title}",
    "javascript:alert(1)",
    "</title></main></html><svg onload=alert(1)>",
    "\u202etxt.exe\u2066",
    "&lt;b&gt;",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_alert_is_shown_as_text_everywhere(shop: Burning, mei: Browser, payload: str):
    shop.say(payload, {"service": "recommendation", "availability": "0.1", "x": payload}, payload)
    incident = shop.incident("recommendation")
    shop.app.incidents.note(incident, payload, "person:mei")
    with shop.app.store.read() as conn:
        alert = shop.app.incidents.alerts(conn, incident)[0].id
    for path in (
        "/",
        f"/incidents/{incident}",
        f"/incidents/{incident}?act=severity",
        f"/incidents/{incident}/report",
        "/alerts",
        "/alerts?by=rule",
        f"/alerts?q={quote(json.dumps(payload))}",
        f"/alerts/{alert}",
        f"/alerts/mark?pick-{alert}=on",
        f"/silences/new?alert={alert}",
    ):
        shown = mei.open(path)
        assert shown.status == 200, path
        assert_nothing_of_it_is_markup(shown)
        assert "49" not in shown.text.replace("/49", ""), "nothing was computed"


def assert_nothing_of_it_is_markup(shown: Shown) -> None:
    """As a parser sees the page: our one script, no handler, no address that runs, no element that we never write."""
    tags = [tag for tag, _ in shown.elements]
    assert tags.count("script") == 1
    assert set(tags).isdisjoint({"img", "iframe", "object", "embed", "base", "style", "math"})
    for tag, attributes in shown.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert "style" not in attributes, "an inline style is not ours"
        for name in {"href", "src", "action", "formaction", "xlink:href"} & attributes.keys():
            assert attributes[name].startswith(("/", "?", "#")), (tag, attributes)
            assert not attributes[name].startswith("//"), (tag, attributes)
    assert shown.html.rstrip().endswith("</html>")
    assert tags.count("main") == tags.count("title") == 1


def test_a_reason_with_braces_is_told_as_it_was_written(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.app.incidents.mitigate(incident, "set {workers} to 8", "person:mei")
    assert "set {workers} to 8" in mei.open(f"/incidents/{incident}").text
