"""Which links are there, and do they lead anywhere?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.document import Link
from tocsin.respond.runbooks.reading.facts.links import findings_of, links_of, slug_of


def _links(text: str) -> list[tuple[str, str, int]]:
    return [(each.text, each.target, each.line) for each in links_of(text, None)]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("a [b](c.md) d", [("b", "c.md", 1)]),
        ('a\n[b](c.md "title") [**d**](<e f.md>)\n', [("b", "c.md", 2), ("d", "e f.md", 2)]),
        (
            ("# [Top](a.md)\n\n- item\n  [in](b.md)\n\n> [quoted](c.md)\n"),
            [("Top", "a.md", 1), ("in", "b.md", 4), ("quoted", "c.md", 6)],
        ),
        ("| [a](a.md) |\n|-|\n| x |\n| [b](b.md) |\n", [("a", "a.md", 1), ("b", "b.md", 4)]),
        (
            ('[one][two] and [two][] and [Two]\n\n[two]: c.md "t"\n'),
            [("one", "c.md", 1), ("two", "c.md", 1), ("Two", "c.md", 1)],
        ),
        ("[a](b(c).md) [d](e\\).md)", [("a", "b(c).md", 1), ("d", "e\\).md", 1)]),
        (
            "<https://a.example/x> and <ops@a.example>",
            [("https://a.example/x", "https://a.example/x", 1), ("ops@a.example", "mailto:ops@a.example", 1)],
        ),
        (
            "看 https://a.example/x。再看(https://b.example/y_(z)).",
            [
                ("https://a.example/x", "https://a.example/x", 1),
                ("https://b.example/y_(z)", "https://b.example/y_(z)", 1),
            ],
        ),
        ("[![badge](b.svg)](https://ci.example)", [("badge", "https://ci.example", 1)]),
        ("[https://a.example](https://a.example)", [("https://a.example", "https://a.example", 1)]),
        ("[a [b] c](d.md)", [("a [b] c", "d.md", 1)]),
        ("[empty]()", [("empty", "", 1)]),
    ],
)
def test_a_link_has_its_text_its_target_and_its_line(text: str, links: list[tuple[str, str, int]]) -> None:
    assert _links(text) == links


@pytest.mark.parametrize(
    "text",
    [
        "![picture](a.png)",
        "`[a](b.md)` and ``[a](`b`.md)``",
        "```\n[a](b.md)\nhttps://a.example\n```\n",
        "    [a](b.md)\n",
        "<!-- [a](b.md) -->",
        "text <!-- [a](b.md) --> more",
        "- [ ] task (later)",
        "[no definition] and [none][either] and [^1]",
        "\\[a](b.md)",
        "[a] (b.md)",
        "curl http:// only",
    ],
)
def test_pictures_code_and_brackets_are_no_links(text: str) -> None:
    assert _links(text) == []


def test_a_file_is_looked_for_without_its_anchor() -> None:
    asked: list[str] = []

    def exists(path: str) -> bool | None:
        asked.append(path)
        return None if path.startswith("..") else path == "a b.md"

    links = links_of(
        "[a](a%20b.md#top) [b](gone.md?x=1) [c](../out.md) [d](https://x.example) [e](mailto:a@b.c)", exists
    )

    assert [each.ok for each in links] == [True, False, None, None, None]
    assert asked == ["a b.md", "gone.md", "../out.md"]
    assert [each.ok for each in links_of("[a](a.md)", None)] == [None]


def test_an_anchor_is_one_of_a_heading() -> None:
    text = """# 🚨 流程 - Incident (管理)

[a](#-流程---incident-管理) [b](#事故分類) [c](#二次-1) [d](#gone) [e](#own) [f](#P0-%E6%B5%81%E7%A8%8B) [g](#link-code)

## 事故分類
## 二次
## 二次
## P0 流程
## [Link](x.md) `code`
<a name="own"></a>
"""

    assert [each.ok for each in links_of(text, None) if each.target.startswith("#")] == [
        True,
        True,
        True,
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("P0 關鍵事故流程", "p0-關鍵事故流程"),
        ("Step 1: Do_it!", "step-1-do_it"),
        ("**Bold** `code`", "bold-code"),
        ("📋 目錄", "-目錄"),
    ],
)
def test_anchors_are_made_as_viewers_make_them(heading: str, slug: str) -> None:
    assert slug_of(heading) == slug


def test_the_author_is_told_of_dead_and_unseen_links() -> None:
    links = [
        Link(text="a", target="gone.md", line=1, ok=False),
        Link(text="b", target="#gone", line=2, ok=False),
        Link(text="c", target="../out.md", line=3, ok=None),
        Link(text="d", target="https://x.example", line=4, ok=None),
        Link(text="e", target="here.md", line=5, ok=True),
    ]

    told = [(each.rule, each.level, each.line) for each in findings_of(links, looked=True)]

    assert told == [("dead-link", "warning", 1), ("dead-link", "warning", 2), ("outside-link", "note", 3)]
    assert [each.line for each in findings_of(links, looked=False)] == [1, 2]


@given(st.text(alphabet=st.sampled_from("[]()<>!`\\ab.:/#\n\"' h"), max_size=80))
def test_any_text_has_links_with_lines_inside_it(text: str) -> None:
    for link in links_of(text, None):
        assert 1 <= link.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    "piece", ["[", "](", "[a](", "`", "[a]: ", "https://", "<a ", "- [x](y) ", "![", "(", "<!--"]
)
def test_a_text_of_nothing_but_marks_is_read_to_its_end(piece: str) -> None:
    """It would not end in the time of a test if the cost grew with the square of the text."""
    text = piece * 20_000
    assert all(link.line == 1 for link in links_of(text, None))


def test_a_path_from_the_root_of_a_site_is_dead_only_there() -> None:
    text = "See [the group](/cli/group), [the home](~/notes.md) and [the page](/there.md).\n"
    links = links_of(text, {"/there.md": True}.get)

    assert [link.ok for link in links] == [None, None, True]
    assert links_of(text, lambda _: False)[0].ok is None
    assert findings_of(links, looked=True) == []
