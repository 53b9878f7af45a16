"""Whatever a file holds, it is read: nothing is raised, nothing is lost, and every line number is true."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nasty import Nasty, broken, documents, stands_up

from tocsin.respond.runbooks import reader
from tocsin.respond.runbooks.document import CheckItem, Document
from tocsin.respond.runbooks.reader import read

SOURCES = Path(reader.__file__).parent
hurried = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def boxes(document: Document) -> Iterator[CheckItem]:
    waiting = [item for each in document.checklists for item in each.items]
    while waiting:
        item = waiting.pop()
        yield item
        waiting.extend(item.items)


@hurried
@given(st.binary(max_size=600))
def test_any_bytes_are_a_document(data: bytes) -> None:
    stands_up(read("any.md", data), data)


@hurried
@given(st.text(max_size=600))
def test_any_text_is_a_document(text: str) -> None:
    stands_up(read("any.md", text.encode()), text.encode())


@hurried
@given(broken())
def test_any_mixture_of_marks_is_a_document(text: str) -> None:
    stands_up(read("any.md", text.encode()), text.encode())


@hurried
@given(broken(), st.sampled_from(["utf-16", "utf-16-be", "big5", "gb18030", "latin-1", "utf-7"]))
def test_any_encoding_is_a_document(text: str, encoding: str) -> None:
    data = text.encode(encoding, "replace")

    stands_up(read("any.md", data), data)


@hurried
@given(documents())
def test_every_fence_is_taken_for_something_and_for_a_reason(nasty: Nasty) -> None:
    document = read("any.md", nasty.text.encode())

    stands_up(document, nasty.text.encode())
    found = Counter(fence.line for each in document.within() for fence in each.fences)
    assert found == Counter(nasty.at.get("fence", {}).values())


@hurried
@given(documents())
def test_every_step_begins_where_its_author_wrote_it(nasty: Nasty) -> None:
    document = read("any.md", nasty.text.encode())

    fences = nasty.at.get("fence", {})
    for step in (step for each in document.within() for step in each.steps()):
        for word in re.findall(r"zq\d+z", step.text if step.kind != "manual" else ""):
            if word in fences:
                assert fences[word] <= step.line <= nasty.line(word)


@hurried
@given(documents())
def test_headings_boxes_links_and_tables_keep_their_lines(nasty: Nasty) -> None:
    document = read("any.md", nasty.text.encode())

    told = [(section.heading, section.line) for each in document.within() for section in each.sections]
    told += [(item.text, item.line) for each in document.within() for item in boxes(each)]
    told += [(link.text, link.line) for each in document.within() for link in each.links]
    told += [(" ".join(table.columns), table.line) for each in document.within() for table in each.tables]
    for text, line in told:
        for word in re.findall(r"zq\d+z", text):
            assert line == nasty.line(word)


@hurried
@given(documents())
def test_every_heading_is_a_section_of_one_document(nasty: Nasty) -> None:
    document = read("any.md", nasty.text.encode())

    found = Counter(section.line for each in document.within() for section in each.sections)
    begins = {each.line for each in document.within()}
    for line in nasty.at.get("heading", {}).values():
        assert found[line] == 1 or (found[line] == 0 and line in begins)


@hurried
@given(documents())
def test_reading_twice_says_the_same(nasty: Nasty) -> None:
    assert read("any.md", nasty.text.encode()) == read("any.md", nasty.text.encode())


LONG = {
    "five megabytes of runbook": b"## Diagnosis\n\n```bash\nuptime\n```\n\n"
    + b"A line of a story.\n" * 260_000,
    "thousands of steps": b"## Diagnosis\n\n```bash\nuptime\n```\n\n- [ ] **5 min**: look\n\n" * 3_000,
    "five megabytes of text": b"a word " * 750_000,
    "a binary": bytes(range(256)) * 4_000,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400,
}


@pytest.mark.parametrize("name", LONG)
def test_a_large_or_binary_file_is_read_or_says_why_not(name: str) -> None:
    data = LONG[name]
    document = read("large.md", data)

    stands_up(document, data)
    rules = {finding.rule for finding in document.findings}
    assert ("binary" in rules) == (b"\0" in data)


def test_more_than_is_read_is_told() -> None:
    data = b"a word " * 900_000

    assert "too-large" in {finding.rule for finding in read("large.md", data).findings}


RUNS = (
    " ", "\t", "|", "`", "*", "_", "[", "]", "(", "<", "#", "-", ">", "=", "~", ":", "：", "\\", "/", ".",
    "@", "+", "0", "a", "中", "├", "│ ", "─", "→", "↓", "- ", "1. ", "> ", "| ", "[ ] ", "- [ ] ", "**a** ",
    "`a` ", "[a](b) ", "![a](b", "<!-- ", "<a ", "${", "$(", "<A> ", "P0 ", "5 分鐘 ", "0m-", "@a ", "a: ",
    "步驟 1 ", "a,", "&a", "http://a ", "\\|", ".. ", "'", '"', "((", "{", "{{< ", "\n", "\r", "\n\n> ",
    "\n- ", "\n# ", "\n| a", "\n```", "\n~~~\n", "\n```markdown\n```bash\n", "\n|a|b|\n|-|-|\n|c\n",
    "\n  - ", "\n├─ a", "\n0m - a", "\n- [ ] a", "\n方案 1: a\n", "\n## Scenario 1: a\n",
    "\n## Diagnosis\n", "\n### 原因 1: a\n", "\n$ a\nb\n", "\nExpect: `a`\n", "\n# 1. a\nb\n", "\n[a]: b",
)  # fmt: skip
PLACES = (
    "{0}", "{0}x", "x{0}|", "# {0}x", "## Resolution\n\n- {0}\n", "| a | b |\n|---|---|\n| {0} | x |\n",
    "## Diagnosis\n```bash\n{0}\n```", "```\n├─ a\n{0}\n```", "## Checklist\n- [ ] {0}x",
    "```sql\n{0}\n```", "```console\n$ {0}\n```", "**{0}**: x", "---\n{0}\n---\n",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_text_is_read_in_time(place: str) -> None:
    """A pattern that tries every way to split a text would not end here."""
    for run in RUNS:
        text = place.format(run * (10_000 // len(run)))
        stands_up(read("hostile.md", text.encode()), text.encode())


@pytest.mark.parametrize(
    "path", [SOURCES / "reader.py", *sorted((SOURCES / "reading").rglob("*.py"))], ids=lambda path: path.stem
)
def test_the_reader_swallows_no_error_that_it_does_not_name(path: Path) -> None:
    caught = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ExceptHandler)]
    for handler in caught:
        names = ast.unparse(handler.type) if handler.type else ""
        assert names, f"line {handler.lineno}: a bare except"
        assert not re.search(r"\b(Base)?Exception\b", names), f"line {handler.lineno}: {names}"
