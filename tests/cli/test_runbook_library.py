"""`tocsin runbook search`, `review` and `new` work on the folder and its database; no server is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.cli.main import main
from tocsin.respond.runbooks.lint import lint
from tocsin.respond.runbooks.reader import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yaml").write_text(
        "people:\n  mei: {name: Mei, email: mei@example.com}\nlibrary:\n  folders: [runbooks, handbook]\n"
    )
    for path, text in (
        ("runbooks/redis.md", "# Redis is full\n\n## Diagnosis\n\n```sh\nredis-cli info memory\n```\n"),
        (
            "handbook/db.md",
            "---\nowner: mei\nreviewed: 2020-02-29\n---\n# 資料庫中斷\n\n連線池耗盡，請求逾時。\n",
        ),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


class Terminal:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def says(self, *arguments: str, code: int = 0) -> str:
        assert _run("runbook", *arguments, "--config", str(self.folder)) == code
        captured = self._capsys.readouterr()
        return captured.err if code else captured.out

    def gives(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))


@pytest.fixture
def terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(folder, capsys)


def test_search_gives_the_line_that_speaks_of_it(terminal: Terminal):
    assert "Redis is full  redis.md:6\n    Diagnosis: redis-cli info memory" in terminal.says(
        "search", "info", "memory"
    )
    [hit] = terminal.gives("search", "逾時")["items"]
    assert (hit["path"], hit["line"], hit["snippet"]) == ("handbook/db.md", 7, "連線池耗盡，請求逾時。")
    assert "nothing speaks of that" in terminal.says("search", "kafka")


def test_review_shows_the_queue_and_who_owns_it(terminal: Terminal):
    [due] = terminal.gives("review")["items"]
    assert (due["path"], due["owner"], due["overdue"]) == ("handbook/db.md", "mei", True)
    assert due["why"] == "last reviewed on 2020-02-29"

    every = terminal.gives("review", "--all")["items"]
    assert [each["path"] for each in every] == ["handbook/db.md", "redis.md"]
    assert "2020-03-30 overdue" in terminal.says("review")


def test_review_of_a_file_is_written_down(terminal: Terminal, folder: Path):
    made = terminal.gives("review", "handbook/db.md", "--by", "mei", "--note", "still true")
    assert (made["path"], made["by"], made["note"]) == ("handbook/db.md", "person:mei", "still true")
    assert terminal.gives("review")["items"] == []

    named = terminal.gives("review", str(folder / "runbooks" / "redis.md"), "--by", "somebody")
    assert (named["path"], named["by"]) == ("redis.md", "somebody")
    assert "there is no runbook gone.md" in terminal.says("review", "gone.md", code=1)


def test_a_change_of_the_system_makes_every_review_due(terminal: Terminal):
    terminal.says("review", "redis.md")
    assert "every runbook is due again" in terminal.says("review", "--system-change", "a new database")

    whys = {each["path"]: each["why"] for each in terminal.gives("review", "--all")["items"]}
    assert whys["handbook/db.md"] == "last reviewed on 2020-02-29"  # is more urgent
    assert "leave FILE out" in terminal.says("review", "redis.md", "--system-change", "x", code=1)


@pytest.mark.parametrize(
    ("language", "headings"),
    [
        (
            "en",
            "Symptoms Impact Detection Diagnosis Resolution Verification Prevention Escalation Related",
        ),
        ("zh-Hant", "症狀 影響 偵測 診斷 解決方案 驗證 預防措施 升級路徑 相關"),
    ],
)
def test_a_new_runbook_has_nine_sections_and_no_mistake(
    tmp_path: Path, language: str, headings: str, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "new" / "page.md"
    told = ("--title", "API: down", "--service", "shop", "--owner", "team: a")

    assert _run("runbook", "new", str(file), "--language", language, *told) == 0

    data = file.read_bytes()
    page = read("page.md", data)
    assert (page.title, page.service, page.owner, page.language) == ("API: down", "shop", "team: a", language)
    assert [each.heading for each in page.sections if each.level == 2] == headings.split()
    assert [step.kind for step in page.diagnosis] == ["http", "bash"]
    assert [len(ladder.rungs) for ladder in page.ladders] == [2]
    [option] = page.degrade
    assert all((option.condition, option.time, option.risk, option.effect))
    assert [step.expect for step in page.verification] == ["status == 200 && ms < 500"]
    assert page.soak_s == 900
    assert [finding for finding in lint(page, data) if finding.level == "error"] == []


def test_there_is_no_template_in_other_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert _run("runbook", "new", str(tmp_path / "a.md"), "--language", "tlh") == 1
    assert "one of en, zh-Hant" in capsys.readouterr().err
    assert not (tmp_path / "a.md").exists()
