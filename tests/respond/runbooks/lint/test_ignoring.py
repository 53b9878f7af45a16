"""An author may tell the linter not to say something, and has to say why."""

from __future__ import annotations

from tocsin.respond.runbooks.lint import Finding, lint
from tocsin.respond.runbooks.reader import read


def _lint(text: str) -> list[Finding]:
    data = text.encode()
    return lint(read("shop.md", data), data)


def _rules(text: str) -> list[tuple[str, int]]:
    return [(each.rule, each.line) for each in _lint(text)]


VI = """---
owner: backend
---
# Shop

## Diagnosis

Look at its settings:

```bash
vi /etc/shop.conf
```

And at those of the queue:

```bash
vi /etc/queue.conf
```
"""


def test_without_an_ignore_both_are_told():
    assert _rules(VI) == [("interactive", 11), ("interactive", 17)]


def test_a_comment_in_a_block_is_for_this_block():
    text = VI.replace(
        "vi /etc/shop", "# tocsin: ignore[interactive] on the console of the machine\nvi /etc/shop"
    )
    assert _rules(text) == [("interactive", 18)]


def test_a_comment_in_the_text_is_for_the_next_block():
    mark = "<!-- tocsin: ignore[interactive] on the console of the machine -->"
    text = VI.replace("```bash\nvi /etc/queue", f"{mark}\n\n```bash\nvi /etc/queue")
    assert _rules(text) == [("interactive", 11)]


def test_a_comment_before_a_heading_is_for_all_that_stands_below_it():
    mark = "<!-- tocsin: ignore[interactive] typed by hand -->"
    assert _rules(VI.replace("## Diagnosis", f"{mark}\n\n## Diagnosis")) == []

    more = VI + "\n## Prevention\n\nIts settings again:\n\n```bash\nvi /etc/shop.conf\n```\n"
    assert _rules(more.replace("## Diagnosis", f"{mark}\n\n## Diagnosis")) == [("interactive", 27)]


def test_a_comment_before_the_first_heading_is_for_the_whole_file():
    mark = "<!-- tocsin: ignore[interactive, no-owner] typed by hand -->"
    assert _rules(VI.replace("# Shop\n", f"{mark}\n\n# Shop\n", 1).replace("owner: backend", "team: x")) == []


def test_an_ignore_without_a_reason_works_and_is_told():
    text = VI.replace("vi /etc/shop", "# tocsin: ignore[interactive]\nvi /etc/shop")
    assert _rules(text) == [("ignore-without-reason", 11), ("interactive", 18)]


def test_an_ignore_that_names_no_rule_ignores_nothing():
    text = VI.replace("vi /etc/shop", "# tocsin: ignore just so\nvi /etc/shop")
    assert _rules(text) == [("ignore-without-reason", 11), ("interactive", 12), ("interactive", 18)]


def test_an_ignore_that_matches_nothing_is_a_note():
    [first, *_] = _lint(VI.replace("vi /etc/shop", "# tocsin: ignore[prompt] copied\nvi /etc/shop"))
    assert (first.rule, first.level, first.line) == ("ignore-unused", "note", 11)
    assert first.message == "prompt says nothing here"


def test_an_ignore_of_a_rule_that_does_not_exist_says_so():
    [first, *_] = _lint(VI.replace("vi /etc/shop", "# tocsin: ignore[interactiv] typo\nvi /etc/shop"))
    assert (first.rule, first.message) == ("ignore-unused", "there is no rule interactiv")


def test_a_comment_of_sql_is_a_comment_too():
    query = "## Diagnosis\n\nWhat was sold:\n\n```sql\n{}SELECT * FROM sold WHERE day = '2024-03-01';\n```\n"
    owned = "---\nowner: backend\n---\n"
    assert _rules(owned + query.format("")) == [("fixed-date", 9)]
    assert _rules(owned + query.format("-- tocsin: ignore[fixed-date] the day of the great outage\n")) == []


def test_what_is_quoted_in_a_template_is_no_wish():
    text = "---\nowner: backend\n---\n# How to\n\n````markdown\n# tocsin: ignore[prompt] because\n````\n"
    assert _rules(text) == []


def test_thousands_of_ignores_are_read_in_a_moment():
    text = "# Shop\n\n" + "<!-- tocsin: ignore[prompt] because -->\n\nText.\n\n" * 5_000
    assert {rule for rule, _ in _rules(text)} == {"ignore-unused"}
