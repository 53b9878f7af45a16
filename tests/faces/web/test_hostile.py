"""What comes from an alert is hostile, on every page, in every field."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser

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
    for path in ("/", f"/incidents/{incident}", f"/incidents/{incident}/report", "/alerts"):
        shown = mei.open(path)
        assert shown.status == 200, path
        html = shown.html
        assert html.count("<script") == 1
        assert "<img" not in html
        assert "<svg onload" not in html
        assert 'href="javascript:' not in html
        assert " onmouseover='" not in html
        assert "49" not in shown.text.replace("/49", ""), "nothing was computed"


def test_a_reason_with_braces_is_told_as_it_was_written(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.app.incidents.mitigate(incident, "set {workers} to 8", "person:mei")
    assert "set {workers} to 8" in mei.open(f"/incidents/{incident}").text
