"""`tocsin runbook import` shows what is understood of runbooks that are already there, and changes none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tocsin.cli.main import main

TWINS = Path(__file__).parents[1] / "data" / "runbooks" / "twins"
KEYS = {
    "path", "hash", "title", "language", "front_matter", "owner", "reviewed", "review", "severity", "sections",
    "steps", "ladders", "causes", "degrade", "decisions", "checks", "checklists", "clocks", "tables", "inputs",
    "contacts", "links", "documents", "findings",
}  # fmt: skip


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["runbook", "import", *arguments])
    told = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), told.out, told.err


def test_a_folder_becomes_one_line_of_json_a_file(capsys: pytest.CaptureFixture[str]):
    before = {file: file.read_bytes() for file in TWINS.glob("*.md")}
    code, out, err = _run(capsys, str(TWINS), "--json")
    documents = [json.loads(line) for line in out.splitlines()]

    assert (code, err) == (0, "")
    assert [Path(each["path"]) for each in documents] == sorted(before)
    for each in documents:
        assert set(each) >= KEYS
        assert each["hash"] == hashlib.sha256(before[Path(each["path"])]).hexdigest()
        known = {step["id"] for step in each["steps"]}
        named = [step for ladder in each["ladders"] for rung in ladder["rungs"] for step in rung["steps"]]
        named += [step for option in (*each["degrade"], *each["causes"]) for step in option["steps"]]
        assert set(named) <= known
    assert {file: file.read_bytes() for file in TWINS.glob("*.md")} == before


def test_the_outline_has_the_lines_of_the_file(capsys: pytest.CaptureFixture[str]):
    file = TWINS / "ferry-outage.en.md"
    lines = file.read_text().splitlines()
    code, out, _ = _run(capsys, str(file))

    assert code == 0
    assert "2 inputs" in out
    for told in out.splitlines():
        number, _, text = told.strip().partition("  ")
        if number.isdigit() and text.strip().startswith("Step"):
            assert text.strip().split("  [")[0] in lines[int(number) - 1].replace("*", "")


def test_what_is_named_twice_is_read_once(capsys: pytest.CaptureFixture[str]):
    _, out, _ = _run(capsys, str(TWINS / "clinic-index.md"), str(TWINS / "clinic-index.md"), "--json")
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"), [(b"\x00\x01\x02" * 100, "binary"), (b"---\na: [\n---\n# A\n", "front-matter")]
)
def test_a_file_that_is_no_runbook_is_told_and_not_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
):
    (tmp_path / "odd.md").write_bytes(content)
    code, out, _ = _run(capsys, str(tmp_path), "--json")
    assert code == 0
    assert said in [finding["rule"] for finding in json.loads(out)["findings"]]


def test_what_a_file_holds_never_reaches_the_terminal_as_an_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "odd.md").write_text("# \x1b]0;owned\x07 A\u202eB\n")
    for more in ([], ["--json"]):
        _, out, _ = _run(capsys, str(tmp_path), *more)
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_a_place_without_runbooks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code, _, err = _run(capsys, str(tmp_path))
    assert code == 1
    assert "no Markdown file" in err
    code, _, err = _run(capsys, str(tmp_path / "gone"))
    assert code == 1
    assert "there is no" in err
