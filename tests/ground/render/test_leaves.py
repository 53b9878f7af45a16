"""A text in pieces is the text, and each piece knows its lines."""

from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from tocsin.ground.render import Piece, pieces, render

TEXT = """\
# Slow queries

See [the steps](#the-steps-to-take), [the other one](other.md) and [the gone one](gone.md).

## The steps, to take

> [!CAUTION]
> Never at night.

- one
- two

  ```sql
  SELECT 1;
  ```

| a | b |
|---|---|
| 1 | 2 |

    indented code
"""
_INLINE = st.sampled_from(
    [
        "# a",
        "#### b",
        "- x",
        "  y",
        "> q",
        "```sh",
        "ls",
        "```",
        "| a |",
        "|---|",
        "| 1 |",
        "",
        "***",
        "<!--",
        "-->",
    ]
)


def leaves(text: str) -> list[Piece]:
    return [piece for piece in pieces(text) if piece.line]


def test_each_leaf_knows_where_it_stands_in_the_file():
    assert [(piece.kind, piece.line, piece.last) for piece in leaves(TEXT)] == [
        ("heading", 1, 1),
        ("text", 3, 3),
        ("heading", 5, 5),
        ("text", 7, 8),
        ("text", 10, 10),
        ("text", 11, 11),
        ("code", 13, 15),
        ("table", 17, 19),
        ("code", 21, 21),
    ]


def test_lines_that_were_joined_keep_the_numbers_of_the_file():
    [piece, after] = [
        each for each in pieces("| a |\n|---|\n| b |\n\nafter", numbers=[4, 5, 6, 9, 10]) if each.line
    ]
    assert (piece.line, piece.last) == (4, 8)
    assert (after.line, after.last) == (10, 10)


def test_a_block_of_code_comes_as_text_too():
    [_, _, _, _, _, _, fence, _, indented] = leaves(TEXT)
    assert (fence.language, fence.code) == ("sql", "SELECT 1;\n")
    assert indented.code == "indented code\n"


def test_headings_descend_one_rank_at_a_time():
    assert [piece.level for piece in leaves("### a\n\n# b\n\n#### c\n\n##### d\n\n## e")] == [2, 2, 3, 4, 3]


def test_a_link_to_a_heading_leads_to_its_line_and_others_where_the_page_says():
    def address(href: str) -> str | None:
        return {"other.md": "/runbooks/other.md", "gone.md": None}.get(href, "")

    html = pieces(TEXT, address=address)[1].html
    assert re.findall('<a (?:href|class)="[^"]*"', html) == [
        '<a href="#L5"',
        '<a href="/runbooks/other.md"',
        '<a class="dead"',
    ]


def test_a_callout_is_a_quote_of_its_own_kind():
    html = "".join(piece.html for piece in pieces(TEXT))
    assert '<blockquote class="caution">' in html
    assert "<strong>Caution</strong>" in html
    assert "[!CAUTION]" not in html


def test_an_id_stands_once():
    html = "".join(piece.html for piece in pieces("- a\n\n  b\n\n- | x |\n  |---|\n  | 1 |\n\n> # c\n"))
    ids = re.findall(' id="([^"]*)"', html)
    assert len(ids) == len(set(ids)) > 3


@given(st.lists(_INLINE | st.text(max_size=20), max_size=30).map("\n".join))
def test_all_pieces_joined_are_the_whole(text: str):
    joined = "".join(piece.html for piece in pieces(text))
    bare = re.sub(r' id="L\d+"| class="(?:caution|note|tip|warning|important)"', "", joined)
    ranks = re.compile(r"(</?h)[2-6]")
    assert "".join(ranks.sub(r"\1", bare).split()) == "".join(ranks.sub(r"\1", str(render(text))).split())


def test_a_comment_is_not_shown_and_an_open_one_is():
    assert render("a <!-- b --> c\n\n<!--\nd\n\ne -->\n\nf") == "<p>a  c</p>\n<p>f</p>\n"
    assert "never ends" in render("<!-- never ends\n\nf")
    assert "said" in render("<!-- a --> said")


def test_a_break_is_the_only_tag_that_is_one():
    assert render("| a |\n|---|\n| b<br/>c<BR>d |").count("<br>") == 2
    assert "&lt;brr&gt;" in render("a<brr>b")


def test_a_hostile_text_ends_in_time():
    begin = time.monotonic()
    for text in ("<!--\n" * 20_000, "<!-- " * 40_000, "<br" * 50_000, "[x](#x)\n\n# x\n" * 5_000):
        assert pieces(text)
    assert time.monotonic() - begin < 20
