"""What stands in a cell, an item, a line?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.facts.cells import code_spans, command_in, is_reach, level_of, words


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("**P0**", ("P0", "")),
        ("P0 - 嚴重 (Critical)", ("P0", "嚴重 (Critical)")),
        ("P1 (High)", ("P1", "High")),
        ("SEV-1: everything is down", ("SEV1", "everything is down")),
        ("Sev 2", ("SEV2", "")),
        ("Severity 3 — minor", ("SEV3", "minor")),
        ("Priority 1", ("P1", "")),
        ("🔴 P0", ("P0", "")),
        ("一級", ("一級", "")),
        ("P95 latency", None),
        ("P1.5", None),
        ("3", None),
        ("S3 bucket", ("S3", "bucket")),  # a table or list of nothing but levels tells them apart
        ("Production", None),
        ("二級別", None),
    ],
)
def test_a_severity_stands_at_the_beginning(text: str, level: tuple[str, str] | None) -> None:
    assert level_of(text) == level


@pytest.mark.parametrize(
    "text",
    [
        "@dba",
        "#incidents, #war-room",
        "1-800-XXX-XXXX",
        "+49 30 1234 5678",
        "0912-345-678",
        "ops@example.com",
        "https://example.com/rota",
        "see PagerDuty",
        "分機 123",
        "call ext. 4711",
    ],
)
def test_it_tells_how_someone_is_reached(text: str) -> None:
    assert is_reach(text)


@pytest.mark.parametrize(
    "text", ["P0/P1 問題", "2024-01-15", "issue # 5", "user@", "80-90 %", "first line", ""]
)
def test_it_tells_nothing_of_the_kind(text: str) -> None:
    assert not is_reach(text)


@pytest.mark.parametrize(
    ("cell", "command"),
    [
        ("`kubectl get pods -n web`", ("bash", "kubectl get pods -n web")),
        ("Run `df -h` on the primary", ("bash", "df -h")),
        ("`./scripts/check.sh`", ("bash", "./scripts/check.sh")),
        ("`wrangler tail`", ("bash", "wrangler tail")),
        ("`docker ps` then `docker logs api`", ("bash", "docker ps\ndocker logs api")),
        ("`docker ps` or `podman ps`", ("bash", "docker ps")),
        ("`docker ps` 或 `podman ps`", ("bash", "docker ps")),
        ("`SELECT count(*) FROM jobs;`", ("sql", "SELECT count(*) FROM jobs")),
        ("`GET https://api.internal/health`", ("http", "GET https://api.internal/health")),
        ("Look at `/var/log/app.log`", None),
        ("`/referral/stats`", None),
        ("`DATABASE_ERROR`", None),
        ('`up{job="api"} == 0`', None),
        ("the word `cat` alone in a sentence", None),
        ("Open the dashboard", None),
        ("", None),
    ],
)
def test_a_command_stands_in_a_code_span(cell: str, command: tuple[str, str] | None) -> None:
    assert command_in(cell) == command


def test_a_cell_is_read_with_its_line_breaks() -> None:
    assert words("- **both fail**: here<br>- one: there<br/>") == "- both fail: here\n- one: there"


@given(st.text(alphabet=st.sampled_from("`ab $|\\"), max_size=40))
def test_code_spans_are_found_in_any_text(text: str) -> None:
    for span in code_spans(text):
        assert span
        assert span in text
