"""What is configured, and what is wrong with it? The sections of all rooms, composed into one and read from
a folder.

`load` never raises for what a person wrote: every mistake comes back with file, line, column, what is wrong
and the cure, so that a broken reload keeps the configuration in force and says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import structlog
from pydantic import BaseModel, ValidationError

from tocsin.act.checks.section import ChecksSection
from tocsin.act.notify.section import ChannelSection
from tocsin.act.targets.section import TargetsSection
from tocsin.faces.chat.section import ChatSection
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.ground.kernel.includes import read_folder
from tocsin.ground.kernel.secret import Secret
from tocsin.ground.kernel.settings import AsWritten, Problem, Section
from tocsin.ground.kernel.validation import translate
from tocsin.ground.kernel.yaml import Tree
from tocsin.ground.store import database_of
from tocsin.learn.exercises.section import ExerciseSection
from tocsin.learn.watch import WatchSection
from tocsin.respond.diagnosis.section import DiagnosisSection
from tocsin.respond.incidents.roles.section import RoleSection
from tocsin.respond.incidents.updates.section import StakeholderSection
from tocsin.respond.incidents.war_room.section import WarRoomSection
from tocsin.respond.oncall.drill_section import DrillSection
from tocsin.respond.oncall.section import OncallSection
from tocsin.respond.rollout.section import RepairSection
from tocsin.respond.runbooks.section import LibrarySection, RunSection
from tocsin.sense.alerts.folding_section import FoldingSection
from tocsin.sense.alerts.section import AlertsSection
from tocsin.sense.heartbeats import HeartbeatSection
from tocsin.sense.intake.email_section import EmailSection
from tocsin.sense.intake.section import IntakeSection
from tocsin.sense.monitor.section import MonitorSection
from tocsin.sense.severity.section import PolicySection

FILE = "tocsin.yaml"
_Path = tuple[str | int, ...]
_log = structlog.get_logger(__name__)


class Configuration(
    WatchSection,
    ExerciseSection,
    RepairSection,
    LibrarySection,
    RunSection,
    DiagnosisSection,
    RoleSection,
    StakeholderSection,
    WarRoomSection,
    DrillSection,
    OncallSection,
    MonitorSection,
    PolicySection,
    AlertsSection,
    FoldingSection,
    HeartbeatSection,
    EmailSection,
    IntakeSection,
    ChatSection,
    ChannelSection,
    ChecksSection,
    TargetsSection,
    CatalogueSection,
):
    """Everything that tocsin.yaml may say: one base for each room's section."""

    def cross_check(self) -> Iterable[Problem]:
        for section in Configuration.__bases__:
            if issubclass(section, Section):
                yield from section.cross_check(self)
        for path, secret in _secrets(self, ()):
            if why := secret.missing():  # only a warning: a check may run where the secrets are not
                yield Problem(path=path, message=why, level="warning")
        if not (isinstance(self.database, Secret) and self.database.missing()):
            try:
                database_of(Path(), self.database_url)
            except Invalid as error:
                yield Problem(
                    path=("database",), message=error.message.removeprefix("database: "), fix=error.fix
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a folder holds: a configuration unless there are errors; warnings may come with it."""

    folder: Path
    configuration: Configuration | None
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")

    def required(self) -> Configuration:
        """The configuration. Raises Invalid that tells every error."""
        if self.configuration is None:
            raise Invalid(
                "the configuration has mistakes:\n" + "\n".join(str(problem) for problem in self.errors),
                fix="correct them, then run: tocsin config check",
            )
        return self.configuration


def find_folder(option: Path | None = None) -> Path:
    """The folder that is meant: `--config`, else the present one, else `$TOCSIN_CONFIG`. Raises Invalid if none is."""
    if option is not None:
        folder = option.parent if option.name == FILE else option
        if not (folder / FILE).is_file():
            raise Invalid(f"there is no {FILE} in {folder}", fix=f"make one: tocsin init {folder}")
        return folder
    if Path(FILE).is_file():
        return Path()
    named = os.environ.get("TOCSIN_CONFIG", "")
    if named:
        return find_folder(Path(named))
    raise Invalid(
        f"there is no {FILE} here", fix="make one with: tocsin init DIR; or name its folder with --config"
    )


def load(folder: Path) -> Loaded:
    """Reads and checks the configuration of a folder. Never raises for what stands in it."""
    tree = read_folder(folder, FILE)
    if tree.problems:
        return Loaded(folder=folder, configuration=None, problems=tree.problems)
    return check(tree, folder)


def check(tree: Tree, folder: Path) -> Loaded:
    """Checks what was read."""
    data: Any = {} if tree.data is None else tree.data
    problems: list[Problem] = []
    configuration: Configuration | None = None
    try:
        configuration = Configuration.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        problems += translate(error, replace(tree, data=data), schema())
    except TocsinError as error:
        problems.append(Problem(path=(), message=error.message, fix=error.fix))
    if configuration is not None:
        problems += _cross_check(configuration)
    placed = sorted(
        (_placed(each, tree) for each in problems), key=lambda each: (each.file, each.line, each.column)
    )
    broken = any(each.level == "error" for each in placed)
    return Loaded(folder=folder, configuration=None if broken else configuration, problems=tuple(placed))


def _cross_check(configuration: Configuration) -> list[Problem]:
    try:
        return list(configuration.cross_check())
    except Exception as error:  # a mistake of ours must not take down who reloads
        _log.exception("the configuration could not be cross-checked")
        return [
            Problem(
                path=(), message=f"could not be checked: {type(error).__name__}", fix="please report this"
            )
        ]


def _secrets(value: Any, path: _Path) -> Iterator[tuple[_Path, Secret]]:
    """Every secret in the configuration, with its place."""
    below: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, BaseModel):
        names = {name: field.alias or name for name, field in type(value).model_fields.items()}
        below = [(names.get(name, name), each) for name, each in value]
    elif isinstance(value, dict):
        below = cast("dict[str, Any]", value).items()
    elif isinstance(value, tuple | list):
        below = enumerate(cast("list[Any]", value))
    for part, each in below:
        yield from _secrets(each, (*path, part))


def _placed(problem: Problem, tree: Tree) -> Problem:
    place = None if problem.file else tree.place(problem.path)
    return replace(problem, file=place.file, line=place.line, column=place.column) if place else problem


def differences(before: Configuration, after: Configuration) -> Iterator[tuple[_Path, Any, Any]]:
    """What is not the same, by its place: the values as JSON, None for what is not there. Secrets stay references."""
    yield from _differences(
        (), before.model_dump(mode="json", by_alias=True), after.model_dump(mode="json", by_alias=True)
    )


def _differences(path: _Path, before: Any, after: Any) -> Iterator[tuple[_Path, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        was, now = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in sorted({*was, *now}):
            yield from _differences((*path, name), was.get(name), now.get(name))
    elif before != after:
        yield path, before, after


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of tocsin.yaml, for editors and for the reference."""
    described = Configuration.model_json_schema(schema_generator=AsWritten)
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    described["title"] = "Tocsin configuration"
    described["properties"]["include"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Further files of the configuration, below this folder; * is allowed.",
    }
    return described
