"""What stands behind the language of a fence?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.code.attributes import split_info


@pytest.mark.parametrize(
    ("info", "language", "attributes"),
    [
        ("bash", "bash", {}),
        ("", "", {}),
        ("BASH", "bash", {}),
        ("bash {name=restart timeout=2m}", "bash", {"name": "restart", "timeout": "2m"}),
        ('bash {expect="exit == 0 && ms < 500"}', "bash", {"expect": "exit == 0 && ms < 500"}),
        (r'sh {expect="stdout.contains(\"ok\")"}', "sh", {"expect": 'stdout.contains("ok")'}),
        ("sh {idempotent, poll=5s for=90s}", "sh", {"idempotent": "true", "poll": "5s", "for": "90s"}),
        ('sh {"name": "deploy", "interactive": false}', "sh", {"name": "deploy", "interactive": "false"}),
        ("bash {.line-numbers #deploy}", "bash", {}),
        ("sh title=deploy", "sh", {"title": "deploy"}),
        ("bash {retry=3", "bash", {"retries": "3"}),
        ("{}", "", {}),
    ],
)
def test_language_and_attributes(info: str, language: str, attributes: dict[str, str]) -> None:
    assert split_info(info) == (language, attributes)
