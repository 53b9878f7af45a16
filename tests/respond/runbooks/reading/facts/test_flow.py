"""What follows what, and what does a line call what it says?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.blocks import Paragraph, Part, parts_of
from tocsin.respond.runbooks.reading.facts.flow import (
    flow,
    items_in,
    lines_in,
    named,
    placed,
    split_note,
    text_below,
)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("**AWS Support**：1-800-555", "AWS Support", "1-800-555"),
        ("- Tech Lead: @lead (decides)", "Tech Lead", "@lead (decides)"),
        ("**Owner:** the platform team", "Owner", "the platform team"),
        ("**DBA** - @dba", "DBA", "@dba"),
        ("Mon-Fri 09:00-18:00: @day", "Mon-Fri 09:00-18:00", "@day"),
        ("負責人：平台組", "負責人", "平台組"),
        ("Lead:@lead", "Lead", "@lead"),
    ],
)
def test_a_line_names_what_it_says(line: str, name: str, value: str) -> None:
    found = named(line)

    assert found is not None
    assert (found.name, found.value) == (name, value)


@pytest.mark.parametrize("line", ["https://example.com", "at 09:00 sharp", "nothing", ": x", "", "a:b"])
def test_another_line_names_nothing(line: str) -> None:
    assert named(line) is None


def test_everything_comes_in_the_order_of_the_document() -> None:
    root = parts_of("a\n\n# One\n\nb\n\n## Two\n\nc\n\n# Contacts\n\n## Vendors\n\nd\n")

    told = [
        each.heading if isinstance(each, Part) else each.text
        for each in flow(root)
        if isinstance(each, Part | Paragraph)
    ]
    assert told == ["", "a", "One", "b", "Two", "c", "Contacts", "Vendors", "d"]
    *_, last = placed(root)
    assert (last.heading, last.role) == ("Vendors", "contacts")  # an unknown heading keeps the role above it


def test_lines_have_their_numbers_and_their_items() -> None:
    root = parts_of("- [x] first\n  more\n  - inner\n\n> quoted\n")

    assert [(line.line, line.text) for line in lines_in(root.blocks)] == [
        (1, "first"),
        (2, "more"),
        (3, "inner"),
        (5, "quoted"),
    ]
    outer, inner = items_in(root.blocks)
    assert text_below(outer) == "more inner"
    assert text_below(inner) == ""


def test_a_note_in_brackets_stands_at_the_end() -> None:
    assert split_note("@dba (databases)") == ("@dba", "databases")
    assert split_note("@dba") == ("@dba", "")
