"""A block that lists checks is several steps; a script is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.code.pieces import pieces_of

CHECKS = """\
# 1. The shop answers
curl -f https://shop.example/health

# 2. The basket answers
# Expected: 200 OK
curl -f https://shop.example/basket
"""


def test_commented_commands_are_pieces_with_their_places():
    pieces = pieces_of(CHECKS.rstrip(), numbered_only=True)

    assert [(piece.title, piece.offset) for piece in pieces] == [
        ("The shop answers", 1),
        ("The basket answers", 4),
    ]
    assert pieces[0].text == "curl -f https://shop.example/health"
    assert pieces[1].text.splitlines()[0] == "# Expected: 200 OK"


def test_comments_that_do_not_count_are_taken_apart_only_where_every_command_is_a_check():
    text = "# the shop\ncurl -f https://a.example\n\n# the basket\ncurl -f https://b.example"

    assert not pieces_of(text, numbered_only=True)
    assert [piece.title for piece in pieces_of(text, numbered_only=False)] == ["the shop", "the basket"]


def test_plain_commands_are_a_check_each():
    text = "redis-cli ping\npg_isready -h db"
    assert [piece.title for piece in pieces_of(text, numbered_only=False)] == [
        "redis-cli ping",
        "pg_isready -h db",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# 1. where\ncd /srv/shop\n\n# 2. what\nls",
        "# 1. set\nHOST=a\n\n# 2. use\ncurl $HOST",
        "# 1. define\ncheck() { curl a; }\n\n# 2. call\ncheck",
        "# 1. export\nexport A=b\n\n# 2. run\nenv",
        "# 1. a loop is open\nfor i in 1 2; do\n\n# 2. inside\necho $i\ndone",
        "uptime\n\n# 2. after\nls",
        "# 1. alone\nuptime",
        "# only words\n\n# and more words",
        "if true; then\nuptime\nfi",
    ],
)
def test_what_hangs_together_stays_together(text: str):
    assert pieces_of(text, numbered_only=False) == []


@given(
    st.lists(st.sampled_from(["# 1. a", "# b", "", "uptime", "ls | wc", "cd x", "A=1", "echo $A", "fi", "'"]))
)
def test_every_piece_stands_where_it_says(lines: list[str]):
    text = "\n".join(lines)
    for piece in pieces_of(text, numbered_only=False):
        first = piece.text.split("\n")[0]
        assert lines[piece.offset].strip() == first.strip()
