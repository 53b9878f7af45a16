"""`tocsin runbook lint` and `tocsin runbook rules`: what is wrong with these runbooks, and how is it mended?"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config

if TYPE_CHECKING:
    from tocsin.configuration import Loaded
    from tocsin.respond.runbooks.document import Finding
    from tocsin.respond.runbooks.lint import Rule, Surroundings


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_LEVELS = [Level.ERROR, Level.WARNING, Level.NOTE]
_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTE: "cyan"}
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
"""Levels as GitHub names them: docs.github.com, workflow commands for GitHub Actions."""


def add(runbook: typer.Typer) -> None:
    runbook.command("lint")(lint)
    runbook.command("rules")(show_rules)


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            exists=True,
            readable=True,
            show_default=False,
            help="Files and folders. Without any: the library of the configuration.",
        ),
    ] = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format", help="How to say it.")] = Format.TEXT,
    rules: Annotated[
        str, typer.Option("--rules", metavar="A,B", help="Only these rules.", show_default=False)
    ] = "",
    level: Annotated[Level, typer.Option("--level", help="Tell nothing below this level.")] = Level.NOTE,
    fail_on: Annotated[
        Level, typer.Option("--fail-on", help="End with status 1 from this level on.")
    ] = Level.ERROR,
) -> None:
    """Say what is wrong with runbooks, each time with the cure.

    Ends with 0, with 1 when there is an error (or what --fail-on says), with 2 when it was called wrongly.
    """
    from tocsin.respond.runbooks.lint import lint_folder

    chosen = _chosen(rules)
    loaded = _loaded(config, needed=not paths)
    told = lint_folder(paths or _library(loaded), _surroundings(loaded), only=chosen)
    shown = [(each.path, [one for one in each.findings if _reaches(one, level)]) for each in told]
    match form:
        case Format.TEXT:
            _say_text(shown)
        case Format.JSON:
            _say_json(shown)
        case Format.GITHUB:
            _say_github(shown)
    if any(_reaches(one, fail_on) for each in told for one in each.findings):
        raise typer.Exit(1)


def show_rules(
    rule: Annotated[
        str, typer.Argument(metavar="[ID]", help="The rule to explain.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the rules of the linter, or explain one with an example and its cure."""
    from tocsin.cli.output import say, say_json, say_table
    from tocsin.respond.runbooks.lint import shown

    every = _rules()
    chosen = [every[each] for each in _chosen(rule)] or list(every.values())
    if as_json:
        say_json({"items": [_rule_as_data(each) for each in chosen], "next": None})
    elif not rule:
        say_table(("Rule", "Level", "What is wrong"), [(each.id, each.level, each.title) for each in chosen])
        say()
        say("explain one: tocsin runbook rules ID")
    for each in chosen if rule and not as_json else ():
        say(f"{each.id}  {each.level}", style="bold")
        say(f"{each.title}. {each.why}")
        say(f"Mend it: {each.fix}.")
        for title, text in (("Broken", each.example), ("Mended", each.fixed)):
            say()
            say(f"{title}, {each.file}", style="bold")
            for line in shown(text).split("\n"):
                say(f"    {line}".rstrip())


def _rules() -> dict[str, Rule]:
    from tocsin.respond.runbooks.lint import rules

    return rules()


def _chosen(told: str) -> list[str]:
    """The rules of a list `a,b`. What is no rule is a misuse."""
    wanted = [each.strip() for each in told.split(",") if each.strip()]
    unknown = [each for each in wanted if each not in _rules()]
    if unknown:
        raise typer.BadParameter(f"there is no rule {', '.join(unknown)}: `tocsin runbook rules` names them")
    return wanted


def _loaded(config: Path | None, *, needed: bool) -> Loaded | None:
    """The configuration; None where there is none and none was named."""
    from tocsin.configuration import find_folder, load
    from tocsin.ground.kernel.errors import Invalid

    try:
        return load(find_folder(config))
    except Invalid as error:
        if config is None and not needed:
            return None
        raise typer.BadParameter(f"{error.message}; name the files or folders to look at") from None


def _library(loaded: Loaded | None) -> list[Path]:
    """The folders of the library. What was fetched from a repository is looked at where it is written."""
    from tocsin.respond.runbooks.section import LibrarySettings

    if loaded is None:
        return []
    settings = loaded.configuration.library if loaded.configuration else LibrarySettings()
    return [folder for each in settings.folders if (folder := loaded.folder / each).is_dir()]


def _surroundings(loaded: Loaded | None) -> Surroundings:
    """What the clock and the configuration know. A configuration that does not load is of no matter here."""
    from tocsin.ground.kernel.clock import SystemClock
    from tocsin.respond.runbooks.lint import Surroundings

    configuration = loaded.configuration if loaded else None
    return Surroundings(now=SystemClock().now(), services=configuration.services if configuration else {})


def _reaches(finding: Finding, level: Level) -> bool:
    return _LEVELS.index(Level(finding.level)) <= _LEVELS.index(level)


Told = Sequence[tuple[str, Sequence["Finding"]]]


def _say_text(told: Told) -> None:
    from tocsin.cli.output import say

    for path, findings in told:
        if not findings:
            continue
        say(path, style="bold")
        for each in findings:
            say(
                f"{each.line:>6}  {each.level:<7}  {each.message}  [{each.rule}]",
                style=_STYLES[Level(each.level)],
            )
            if each.fix:
                say(f"{'':17}→ {each.fix}")
        say()
    say(_summary(told))


def _summary(told: Told) -> str:
    counts = _counts(told)
    said = [f"{number} {name}{'' if number == 1 else 's'}" for name, number in counts.items() if number]
    files = f"{len(told)} file{'' if len(told) == 1 else 's'}"
    return f"{files}, {', '.join(said)}" if said else f"{files}, nothing to say"


def _counts(told: Told) -> dict[str, int]:
    every = [finding.level for _, findings in told for finding in findings]
    return {level.value: every.count(level.value) for level in _LEVELS}


def _say_json(told: Told) -> None:
    from dataclasses import asdict

    from tocsin.cli.output import say_json

    findings = [{"path": path, **asdict(each)} for path, findings in told for each in findings]
    say_json({"files": len(told), "findings": findings, "counts": _counts(told)})


def _say_github(told: Told) -> None:
    """One workflow command a finding: GitHub shows it at its line of the change."""
    from tocsin.cli.output import say

    for path, findings in told:
        for each in findings:
            where = f"file={_property(path)},line={each.line},title={_property(each.rule)}"
            message = f"{each.message}\n{each.fix}" if each.fix else each.message
            say(f"::{_COMMANDS[Level(each.level)]} {where}::{_data(message)}")
    say(_summary(told))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _rule_as_data(rule: Rule) -> dict[str, Any]:
    from tocsin.respond.runbooks.lint import shown

    return {
        "id": rule.id,
        "level": rule.level,
        "title": rule.title,
        "why": rule.why,
        "fix": rule.fix,
        "file": rule.file,
        "example": shown(rule.example),
        "fixed": shown(rule.fixed),
    }
