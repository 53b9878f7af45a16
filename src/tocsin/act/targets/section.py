"""Are the targets of services right? They stand below each service, by kind; each kind has its settings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import ValidationError

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.catalogue import Service, did_you_mean
from tocsin.ground.catalogue.entry import Target
from tocsin.ground.kernel.settings import Problem, Section
from tocsin.ground.kernel.validation import translate
from tocsin.ground.kernel.yaml import Tree

GROUP = "tocsin.targets"
_FOLDERS = ("tocsin.act.targets", "tocsin.act.targets.places")


@cache
def target_kinds() -> Mapping[str, type[TargetSettings]]:
    """The settings of each kind of target: of the files of this folder, and of installed packages."""
    found = {kind: settings for folder in _FOLDERS for kind, settings in _of(folder)}
    for entry in entry_points(group=GROUP):
        found[entry.name] = entry.load()
    return dict(sorted(found.items()))


def _of(folder: str) -> Iterator[tuple[str, type[TargetSettings]]]:
    for info in pkgutil.iter_modules(importlib.import_module(folder).__path__):
        module = importlib.import_module(f"{folder}.{info.name}")
        for _, each in inspect.getmembers(module, inspect.isclass):
            if issubclass(each, TargetSettings) and each.__module__ == module.__name__:
                yield from ((str(kind), each) for kind in _kinds(each))


def _kinds(settings: type[TargetSettings]) -> tuple[str, ...]:
    field = settings.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def given(target: Target) -> dict[str, Any]:
    """What a step gets of a target: its kind and its settings, paths from the folder of the configuration."""
    told: dict[str, Any] = {"kind": target.kind, **(target.model_extra or {})}
    settings = target_kinds().get(target.kind)
    if settings is not None and target.folder is not None:
        told |= {name: _placed(told[name], target.folder) for name in settings.paths if name in told}
    return told


def _placed(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_placed(each, folder) for each in cast("list[Any]", value)]
    return str(folder.absolute() / value) if isinstance(value, str) and value else value


class TargetsSection(Section):
    """Owns no key of its own: the targets stand in the services of the catalogue."""

    def cross_check(self) -> Iterable[Problem]:
        services: Mapping[str, Service] = getattr(self, "services", {})  # of the catalogue, in the whole
        for service, settings in services.items():
            for name, target in settings.targets.items():
                yield from _problems(target, ("services", service, "targets", name))


def _problems(target: Target, path: tuple[str | int, ...]) -> Iterator[Problem]:
    kinds = target_kinds()
    if target.kind not in kinds:
        yield Problem(
            path=(*path, "kind"),
            message=f"there is no target of kind {target.kind}",
            fix=did_you_mean(target.kind, kinds, "kinds"),
        )
        return
    told = given(target)
    try:
        kinds[target.kind].model_validate(told)
    except ValidationError as error:
        schema = kinds[target.kind].model_json_schema()
        for each in translate(error, Tree(data=told), schema):
            yield Problem(path=(*path, *each.path), message=each.message, fix=each.fix)
