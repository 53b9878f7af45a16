"""`tocsin runbook …` shows what a runbook says and would do, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.cli.main import main

PAGE = """---
service: shop
---
# Shop is down

## Diagnosis

```sh
uptime
```

## Resolution

### Option 1: Rebuild

```sh
docker compose down -v
```
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yaml").write_text("language: en\n")
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "shop.md").write_text(PAGE)
    return tmp_path


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_list_names_every_runbook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("runbook", "list", "--config", str(folder)) == 0
    assert "shop.md" in capsys.readouterr().out

    assert _run("runbook", "list", "--config", str(folder), "--json") == 0
    [item] = json.loads(capsys.readouterr().out)["items"]
    assert (item["path"], item["title"], item["steps"]) == ("shop.md", "Shop is down", 2)


def test_show_is_an_outline_with_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("runbook", "show", "shop.md", "--config", str(folder)) == 0

    shown = capsys.readouterr().out
    assert "    8  " in shown.replace("  ○", "  ")
    assert "docker compose down -v" in shown
    assert "nothing says how to tell that the service is well again" in shown


def test_plan_says_what_would_run_with_which_level(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(folder / "runbooks" / "shop.md")

    assert _run("runbook", "plan", file) == 0
    told = capsys.readouterr().out
    assert told.index("uptime") < told.index("docker compose down -v")
    assert "needs the approval of: approver" in told

    assert _run("runbook", "plan", file, "--json") == 0
    phases = json.loads(capsys.readouterr().out)["phases"]
    assert [phase["steps"][0]["level"] for phase in phases] == ["read", "destroy"]


def test_new_writes_a_page_that_reads_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "runbooks" / "fresh.md"

    assert _run("runbook", "new", str(file), "--title", "Queue is full", "--service", "queue") == 0
    assert _run("runbook", "show", str(file), "--json") == 0
    page = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert (page["title"], page["service"], page["findings"]) == ("Queue is full", "queue", [])
    assert len(page["ladders"][0]["rungs"]) == 2

    before = file.read_text()
    assert _run("runbook", "new", str(file)) == 1
    assert file.read_text() == before


def test_a_file_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("runbook", "show", "nowhere.md", "--config", str(folder)) == 1
    assert "there is no runbook nowhere.md" in capsys.readouterr().err
