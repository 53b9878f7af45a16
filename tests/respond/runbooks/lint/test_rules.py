"""Each rule speaks of its example, and is silent when that is mended."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import tocsin.respond.runbooks as runbooks
from tocsin.respond.runbooks.lint import Finding, Rule, Surroundings, lint_folder, rules

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

EVERY = [pytest.param(rule, id=name) for name, rule in rules().items()]


def _lint(rule: Rule, text: str, folder: Path) -> list[Finding]:
    """What is said of a text that lies where the rule says, with the files that lie beside it."""
    for name, beside in (*rule.beside, (rule.file, text)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(beside.encode("utf-8", "surrogateescape"))
    told = lint_folder([folder], Surroundings(now=NOW))
    return [
        finding for each in told if each.path == (folder / rule.file).as_posix() for finding in each.findings
    ]


@pytest.mark.parametrize("rule", EVERY)
def test_a_rule_speaks_of_its_example(rule: Rule, tmp_path: Path) -> None:
    own = [each for each in _lint(rule, rule.example, tmp_path) if each.rule == rule.id]
    assert own, "the example does not break the rule"
    assert {each.level for each in own} == {rule.level}
    lines = rule.example.count("\n") + 1
    assert all(each.message and 1 <= each.line <= lines for each in own)


@pytest.mark.parametrize("rule", EVERY)
def test_a_rule_is_silent_when_its_example_is_mended(rule: Rule, tmp_path: Path) -> None:
    assert [each for each in _lint(rule, rule.fixed, tmp_path) if each.rule == rule.id] == []


@pytest.mark.parametrize("rule", EVERY)
def test_mending_one_thing_breaks_no_other(rule: Rule, tmp_path: Path) -> None:
    def others(text: str, where: str) -> set[str]:  # who owns it is no matter of a snippet
        return {each.rule for each in _lint(rule, text, tmp_path / where) if each.level != "note"} - {
            rule.id,
            "no-owner",
        }

    assert others(rule.fixed, "after") <= others(rule.example, "before")


@pytest.mark.parametrize("rule", EVERY)
def test_a_rule_says_what_it_is_about(rule: Rule) -> None:
    module = type(rule).__module__.rsplit(".", 1)[-1]
    assert rule.id == module.replace("_", "-"), "a rule is called like its file"
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.fix
    assert not rule.fix.endswith(".")
    assert rule.example != rule.fixed


def test_every_finding_of_the_reader_has_its_rule() -> None:
    """Looked up in the source: `Finding(rule="x")` and `….note("x")` anywhere in reading."""
    folder = Path(runbooks.__file__).parent
    told = {
        (name, file.name)
        for file in [folder / "reader.py", *sorted((folder / "reading").rglob("*.py"))]
        for name in _named(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert len(told) > 10
    assert [each for each in sorted(told) if each[0] not in rules()] == []


def _named(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [each.value for each in call.keywords if each.arg == "rule"] if called == "Finding" else []
        given += call.args[:1] if called in ("note", "_note", "Told") else []
        given += call.args[1:2] if called == "Hindrance" else []
        names |= {
            each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
    return names
