"""What a viewer forgives, the reader mends; lines keep the numbers of the file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.blocks import Grid, grids_in, parts_of
from tocsin.respond.runbooks.reading.repairs import Mended, mend

TEMPLATE = """\
Use this:

```markdown
# Runbook

```bash
uptime
```

## Escalation
```

## Contacts
"""


def _mended(text: str) -> Mended:
    return mend(text, range(1, text.count("\n") + 2))


def test_a_template_ends_where_its_author_ends_it():
    mended = _mended(TEMPLATE)
    root = parts_of(mended.text, mended.numbers)

    [fence] = root.fences()
    assert (fence.line, fence.info) == (3, "markdown")
    assert fence.text.rstrip().endswith("## Escalation")
    assert [part.heading for part in root.walk()] == ["", "Contacts"]
    assert [(each.rule, each.line) for each in mended.findings] == [("nested-fence", 3)]


def test_a_template_without_blocks_is_left_as_it_is():
    text = "```markdown\n# A\n```\n\n```bash\nuptime\n```\n"
    assert _mended(text).text == text
    assert not _mended(text).findings


def test_a_template_whose_inner_block_is_never_closed_is_left_to_the_parser():
    text = "```md\n# A\n```bash\nuptime\n```\n\nMore text.\n"
    assert _mended(text).text == text


def test_longer_marks_inside_make_the_outer_ones_longer_still():
    text = "````md\n`````bash\nuptime\n`````\n````\nafter\n"
    mended = _mended(text)
    [fence] = parts_of(mended.text, mended.numbers).fences()
    assert "uptime" in fence.text
    assert fence.end == 6


def test_what_stands_in_a_comment_or_in_a_block_is_left_alone():
    text = "<!--\n```markdown\n-->\n\n```bash\nuptime\n```\n\n<pre>\n```md\n```bash\n```\n```\n</pre>\n"
    assert _mended(text).text == text


def test_marks_that_a_translation_damaged_are_set_again():
    mended = _mended("Run it:\n\n｀｀｀bash\nuptime\n｀｀｀\n\nDone.\n")
    [fence] = parts_of(mended.text, mended.numbers).fences()

    assert (fence.line, fence.info, fence.text) == (3, "bash", "uptime\n")
    assert [(each.rule, each.line) for each in mended.findings] == [("damaged-fence", 3)]


def test_a_row_that_goes_on_in_the_next_line_is_one_row():
    broken = "| a | `x` | - down: the host\n- up: the edge |\n"
    text = f"| item | how | means |\n|---|---|---|\n{broken}| b | `y` | fine |\n\nAfter.\n"
    mended = _mended(text)
    root = parts_of(mended.text, mended.numbers)

    [grid] = grids_in(root.blocks)
    assert [(row.line, row.cells[0]) for row in grid.rows] == [(3, "a"), (5, "b")]
    assert grid.rows[0].cells[2] == "- down: the host\n- up: the edge"
    assert [(each.rule, each.line) for each in mended.findings] == [("broken-row", 3)]
    assert root.blocks[-1].line == 7


def test_what_follows_a_table_is_not_drawn_into_it():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\nA paragraph with | in it.\n"
    assert not _mended(text).findings


def test_a_table_in_a_block_is_text():
    text = "```\n| a | b |\n|---|---|\n| 1 | \nx |\n```\n"
    assert _mended(text).text == text


@given(
    st.lists(
        st.sampled_from(
            ["```", "```md", "```bash", "| a | b |", "|---|---|", "| 1 |", "x |", "", "# h", "~~~"]
        )
    )
)
def test_lines_are_kept_whatever_the_text(lines: list[str]):
    mended = _mended("\n".join(lines))
    shown = mended.text.split("\n")

    assert len(shown) == len(mended.numbers)
    assert list(mended.numbers) == sorted(set(mended.numbers))
    for line, number in zip(shown, mended.numbers, strict=True):
        assert line.strip("`~").startswith((lines or [""])[number - 1].strip("`~ ")[:3])
    root = parts_of(mended.text, mended.numbers)
    assert all(isinstance(block, Grid) for part in root.walk() for block in grids_in(part.blocks))
