"""What the documentation shows works as it is shown: configurations load, runbooks are read, commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from tocsin.cli.main import application
from tocsin.configuration import load
from tocsin.respond.runbooks.reader import read
from tocsin.sense.severity import run_cases

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("README*.md"),
        *(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "reference"),
    ]
)


def _blocks(language: str, fence: str = "```") -> list[tuple[str, str]]:
    """Every fenced block of a language, with the place it stands at."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(rf"^{fence}{language}\n(.*?)^{fence}$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 2
            found.append((f"{page.relative_to(ROOT)}:{line}", match[1]))
    return found


def _with_ids(blocks: list[tuple[str, str]]) -> list[object]:
    return [pytest.param(text, id=place) for place, text in blocks]


@pytest.mark.parametrize(
    "text", _with_ids([each for each in _blocks("yaml") if each[1].startswith("# tocsin.yaml\n")])
)
def test_a_configuration_that_is_shown_loads(text, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://tocsin@127.0.0.1/tocsin")
    for name in set(re.findall(r"\benv:([A-Z][A-Z0-9_]*)", text)) - {"DATABASE_URL"}:
        monkeypatch.setenv(name, "a-secret-of-the-page")
    (tmp_path / "tocsin.yaml").write_text(text, encoding="utf-8")
    assert [str(problem) for problem in load(tmp_path).problems] == []


@pytest.mark.parametrize("text", _with_ids(_blocks("markdown", "````")))
def test_a_runbook_that_is_shown_is_read_without_a_complaint(text):
    document = read("shown.md", text.encode())
    assert document.findings == ()
    assert document.steps or document.ladders
    if text.startswith(("# ", "---\n")):  # a whole one; others show a part
        assert document.ladders
        assert document.verification


@pytest.mark.parametrize("folder", sorted((ROOT / "examples").iterdir()), ids=lambda each: each.name)
def test_an_example_is_whole_and_a_case_stands_beside_each_of_its_rules(folder):
    loaded = load(folder)
    assert [str(problem) for problem in loaded.problems] == []
    found = loaded.required()
    for name, policy in found.policies.items():
        if name == "default":
            continue
        results = run_cases(policy, found.services)
        assert [result.case.name for result in results if not result.ok] == []
        ruled = {(result.decision.level, result.decision.rule) for result in results}
        for level, spec in policy.levels.items():
            assert {(level, rule) for rule in spec.when} <= ruled


def _commands() -> list[tuple[str, str]]:
    """Every line of a shell block that calls `tocsin`, without prompt, comment and redirection."""
    return [
        (f"{place}:{number}", line)
        for place, block in _blocks("sh")
        for number, line in enumerate(block.splitlines())
        if re.match(r"(\S*/)?tocsin ", line)
    ]


@pytest.mark.parametrize("line", _with_ids(_commands()))
def test_a_command_that_is_shown_exists_with_its_options(line):
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index("--")] if "--" in words else words  # what follows is of another program
    command = typer.main.get_command(application())
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not isinstance(command, TyperGroup), f"no such command: {line}"
    known = {name for parameter in command.params for name in parameter.opts}
    options = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]  # stdin
    assert [option for option in options if option not in known] == []
