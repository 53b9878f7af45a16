"""A message is cleaned, never lost, whatever an alert wrote into it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.act.notify.message import Message, one_line


def message(**changes: object) -> Message:
    values = {"kind": "page", "subject": "[P0] Shop is down", "lines": ("Service: Shop", "Since 10:30")}
    return Message(**(values | changes))


def test_it_survives_the_store():
    sent = message(incident="INC-2026-0001", severity="P0", person="mei", language="zh_Hant")
    assert Message.from_json(sent.as_json()) == sent


def test_the_link_stands_on_a_line_of_its_own():
    text = message(link="https://tocsin.example.com/a/x", link_label="Acknowledge").text
    assert text == (
        "[P0] Shop is down\n\nService: Shop\nSince 10:30\n\nAcknowledge:\nhttps://tocsin.example.com/a/x\n"
    )


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nBcc: x@example.com", "a Bcc: x@example.com"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("evil\u202etxt.exe", "evil txt.exe"),
        ("\ud800 lone", "lone"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("  多 餘  ", "多 餘"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_a_subject_is_one_clean_line(raw: str, clean: str):
    assert one_line(raw) == clean


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_whatever_comes_in_a_line_comes_out(text: str):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 200
    line.encode("utf-8")
