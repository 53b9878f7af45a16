"""A command for the shell: what it sees, and that a value stays a value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.act.actions.action import CannotRun

Perform = Callable[..., Any]
HOSTILE = [
    "'; touch MARK; '",
    '"; touch MARK; "',
    "$(touch MARK)",
    "`touch MARK`",
    "\ntouch MARK\n",
    "| touch MARK",
    "&& touch MARK",
    "> MARK",
    "-rf /",
    "--help",
    "*",
    "~",
    "${PATH}",
    "\x1b[2J",
    "%s%n",
    "{{7*7}}",
    "Ω 漢字 \u202e",
    "\\",
    "!!",
    "() { :; }; touch MARK",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_only_a_value(perform: Perform, tmp_path: Path, value: str):
    text = 'printf %s "$VALUE"; printf %s "$VALUE" > copy'
    _, seen = perform("shell", text, values={"VALUE": value.replace("MARK", str(tmp_path / "MARK"))})
    assert seen["stdout"] == value.replace("MARK", str(tmp_path / "MARK"))
    assert not (tmp_path / "MARK").exists()


def test_a_nul_byte_is_refused_before_anything_runs(perform: Perform):
    with pytest.raises(CannotRun, match="NUL"):
        perform("shell", "echo $VALUE", values={"VALUE": "a\0b"})


def test_a_value_cannot_steer_the_shell(perform: Perform, tmp_path: Path):
    (tmp_path / "evil").write_text("touch MARK\n")
    steering = {"BASH_ENV": str(tmp_path / "evil"), "LD_PRELOAD": "x", "PATH": "/nowhere", "IFS": "c"}
    result, seen = perform("shell", 'echo abc; echo "$BASH_ENV$LD_PRELOAD"', values=steering)
    assert (result.exit, seen["stdout"]) == (0, "abc\n\n")


def test_what_a_condition_may_speak_of(perform: Perform):
    result, seen = perform("shell", """echo '{"count": 7}'; echo 2 problems >&2; exit 3""")
    assert result.well is False
    assert (seen["exit"], seen["stderr"], seen["json"], seen["value"]) == (
        3,
        "2 problems\n",
        {"count": 7},
        7.0,
    )


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        ("HTTP/1.1 503 Service Unavailable", 503),
        ("HTTP/2 301\n\nHTTP/2 200", 200),
        ("{}\n204", 204),
        ("12", None),
        ("nothing", None),
    ],
)
def test_a_status_that_curl_prints_is_found(perform: Perform, printed: str, status: int | None):
    _, seen = perform("shell", 'printf "$TEXT"', values={"TEXT": printed})
    assert seen.get("status") == status


def test_what_streams_ends_at_its_timeout_and_is_well(perform: Perform):
    result, seen = perform("shell", "echo one; sleep 60", timeout_s=0.5, streams=True)
    assert (result.well, seen["stdout"]) == (True, "one\n")


def test_what_does_not_end_in_time_has_failed(perform: Perform):
    result, _ = perform("shell", "sleep 60", timeout_s=0.3)
    assert (result.well, result.cut, result.exit) == (False, True, 124)


def test_sh_is_taken_where_it_is_asked_for(perform: Perform):
    _, seen = perform("shell", 'echo "$BASH_VERSION"', language="sh")
    assert seen["stdout"] == "\n"
