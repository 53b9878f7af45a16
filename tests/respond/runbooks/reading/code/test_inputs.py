"""What kind of value is an input?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.code.inputs import guess_type, is_secret


@pytest.mark.parametrize(
    ("name", "kind"),
    [("RENDER_IP", "ip"), ("API_URL", "url"), ("DB_HOST", "host"), ("VALID_TOKEN", "token"), ("PORT", "number"),
     ("LOG_FILE", "path"), ("REGION", "text"), ("SHIPPING", "text")],
)  # fmt: skip
def test_the_name_tells_the_type(name: str, kind: str) -> None:
    assert guess_type(name) == kind


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("VALID_TOKEN", True),
        ("DB_PASSWORD", True),
        ("DATABASE_URL", True),
        ("API_URL", False),
        ("COMPASS", False),
    ],
)
def test_the_name_tells_a_secret(name: str, secret: bool) -> None:
    assert is_secret(name) is secret
