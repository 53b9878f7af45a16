"""`tocsin runbook lint` says what is wrong with runbooks, in a terminal, for programs, and on a change at GitHub."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tocsin.cli.main import main
from tocsin.ground.kernel.yaml import read as read_yaml
from tocsin.respond.runbooks.lint import rules

ROOT = Path(__file__).resolve().parents[2]

PAGE = """---
service: shop
owner: backend
severity: P1
---
# Shop is down

## Diagnosis

```bash
vi /etc/shop.conf
```
"""
SECRET = PAGE.replace("vi /etc/shop.conf", "PGPASSWORD=Winter-2031 psql -c 'select 1'")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "shop.md").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["runbook", *arguments])
    return int(ended.value.code or 0)


def test_the_text_is_grouped_by_file_with_the_cure_and_a_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runbooks" / "well.md").write_text(PAGE.replace("vi /etc/shop.conf", "uptime"))
    assert _run("lint", "runbooks") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "runbooks/shop.md"
    assert re.fullmatch(r" +11  warning  vi /etc/shop\.conf opens an editor  \[interactive\]", lines[1])
    assert lines[2].strip().startswith("→ change the file with sed")
    assert lines[-1] == "2 files, 1 warning"


def test_nothing_to_say_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runbooks" / "shop.md").write_text("# Shop\n")
    assert _run("lint", "runbooks") == 0
    assert capsys.readouterr().out == "1 file, nothing to say\n"


def test_it_ends_with_1_from_the_level_that_is_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("lint", "runbooks") == 0
    assert _run("lint", "runbooks", "--fail-on", "warning") == 1
    assert _run("lint", "runbooks", "--fail-on", "warning", "--rules", "no-owner") == 0

    (folder / "runbooks" / "shop.md").write_text(SECRET)
    assert _run("lint", "runbooks") == 1
    assert "Winter-2031" not in capsys.readouterr().out


def test_what_is_not_shown_still_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("lint", "runbooks", "--level", "error", "--fail-on", "warning") == 1
    assert capsys.readouterr().out == "1 file, nothing to say\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "nowhere"],
        ["lint", "runbooks", "--rules", "no-such-rule"],
        ["lint", "runbooks", "--format", "xml"],
        ["lint"],
        ["lint", "runbooks", "--config", "nowhere"],
        ["rules", "no-such-rule"],
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], folder: Path) -> None:
    assert _run(*arguments) == 2


def test_without_a_path_it_looks_at_the_library_of_the_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tocsin.yaml").write_text("language: en\n")
    assert _run("lint", "--fail-on", "warning") == 1
    assert "runbooks/shop.md" in capsys.readouterr().out

    assert _run("lint", "--config", str(folder), "--fail-on", "warning") == 1
    assert f"{folder}/runbooks/shop.md" in capsys.readouterr().out


def test_a_configuration_that_does_not_load_keeps_nobody_from_linting(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tocsin.yaml").write_text("servces: {}\n")
    assert _run("lint", "--fail-on", "warning") == 1
    assert "interactive" in capsys.readouterr().out


def test_json_has_every_finding_with_its_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("lint", "runbooks", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    [finding] = told["findings"]

    assert (told["files"], told["counts"]) == (1, {"error": 0, "warning": 1, "note": 0})
    assert set(finding) == {"path", "rule", "level", "line", "message", "fix"}
    assert (finding["path"], finding["rule"], finding["line"]) == ("runbooks/shop.md", "interactive", 11)


def test_a_workflow_command_is_escaped_as_github_wants_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "100%, a:b.md"
    (folder / "runbooks" / name).write_text(PAGE.replace("/etc/shop.conf", "/etc/100%.conf"))
    assert _run("lint", f"runbooks/{name}", "--format", "github") == 0

    first, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(
        "::warning file=runbooks/100%25%2C a%3Ab.md,line=11,title=interactive::vi /etc/100%25.conf"
    )
    assert "%0Achange the file" in first


def test_notes_and_errors_have_the_names_of_github(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runbooks" / "shop.md").write_text(
        SECRET.replace("PGPASS", "curl http://a.test\n```\n```sh\nPGPASS")
    )
    assert _run("lint", "runbooks", "--format", "github", "--fail-on", "error") == 1
    commands = {line.split(" ")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("::")}
    assert {"::error", "::notice"} <= commands


def test_a_hostile_name_cannot_speak_to_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runbooks" / "shop.md").write_text(PAGE.replace("/etc/shop.conf", "/etc/\x1b[31mshop"))
    _run("lint", "runbooks")
    assert "\x1b" not in capsys.readouterr().out


def test_the_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("rules") == 0
    listed = capsys.readouterr().out
    assert all(re.search(rf"^{name} ", listed, re.MULTILINE) for name in rules())

    assert _run("rules", "interactive") == 0
    told = capsys.readouterr().out
    assert rules()["interactive"].why in told
    assert "docker exec -it shop-db" in told

    assert _run("rules", "interactive", "--json") == 0
    [item] = json.loads(capsys.readouterr().out)["items"]
    assert item["fixed"].startswith("## Diagnosis")


@pytest.mark.parametrize("rule", ["too-large", "encoding", "binary"])
def test_strange_examples_are_shown_all_the_same(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("rules", rule) == 0
    assert len(capsys.readouterr().out) < 10_000


def test_the_hook_for_pre_commit_calls_the_command_with_runbooks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [hook] = read_yaml((ROOT / ".pre-commit-hooks.yaml").read_bytes()).data
    program, *arguments = hook["entry"].split()

    assert (hook["id"], program) == ("tocsin-runbook-lint", "tocsin")
    assert re.search(hook["files"], "docs/runbooks/shop.md")
    assert not re.search(hook["files"], "docs/shop.md")
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--fail-on", "warning", "runbooks/shop.md"])
    assert ended.value.code == 1
    assert "interactive" in capsys.readouterr().out
