"""How patient are runs, and where do runbooks stand? The keys `runs:` and `library:` of the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from tocsin.ground.kernel.duration import Duration, format_duration
from tocsin.ground.kernel.secret import Secret
from tocsin.ground.kernel.settings import Problem, Section, Settings

FOLDERS = ("runbooks", "docs/runbooks")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", re.ASCII)
_SCHEMES = ("https", "http", "ssh", "git", "file")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class RunSettings(Settings):
    window: Duration = Field(
        default=timedelta(seconds=120),
        description="After a verification that passed, so long the alert has to clear.",
    )
    settle: Duration = Field(
        default=timedelta(seconds=30),
        description="So long a service may settle after a repair whose author named no wait.",
    )
    poll: Duration = Field(default=timedelta(seconds=5), description="Between two rounds while it settles.")
    at_once: int = Field(
        default=4,
        ge=1,
        le=32,
        description="So many steps that only read run at the same time; 1: one by one.",
    )
    approval_expires: Duration = Field(
        default=timedelta(minutes=30), description="So long a request for approval can be answered."
    )
    quorum: dict[Literal["change", "destroy"], Annotated[int, Field(ge=1, le=9)]] = Field(
        default_factory=dict,
        description="How many people have to approve what changes or destroys, {destroy: 2}. Without it: one.",
    )
    worker_patience: Duration = Field(
        default=timedelta(minutes=1), description="So long a step waits for a worker with its label."
    )

    def quorum_of(self, level: str) -> int:
        """How many people have to say yes to a step of this level."""
        return next((count for each, count in self.quorum.items() if each == level), 1)


class RunSection(Section):
    """How runs of runbooks behave."""

    runs: RunSettings = Field(default=RunSettings(), description="How patient runs are.")


def _address(value: str) -> str:
    """A URL, `user@host:path`, or a path: whatever git fetches from, and nothing it would take for an option."""
    if not value or value.startswith("-") or not value.isprintable() or "::" in value:
        raise ValueError(f"{value!r} is no repository; write a URL, user@host:path, or a folder")
    if "://" in value:
        parts = urlsplit(value)
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"repositories are fetched by {', '.join(_SCHEMES)}, not by {parts.scheme}")
        if parts.password or (parts.username and parts.scheme.startswith("http")):
            raise ValueError("credentials do not stand in an address; give token: env:NAME or file:PATH")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name; letters, digits, dot, - and _ make one")
    return value


def _branch(value: str) -> str:
    if not _BRANCH.fullmatch(value) or ".." in value or value.endswith((".lock", "/", ".")):
        raise ValueError(f"{value!r} is not the name of a branch")
    return value


def _below(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\0" in value:
        raise ValueError(f"{value!r} is not a folder of the repository; write it like docs/runbooks")
    return path.as_posix()


def _time_of_day(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise ValueError(f"{value!r} is not a time of day; write it like 09:00")
    return value


def _at_least(value: timedelta, least: timedelta) -> timedelta:
    if value < least:
        raise ValueError(f"at least {format_duration(least)}; more often helps nobody")
    return value


class RepositorySettings(Settings):
    """A git repository whose runbooks are part of the library. It is fetched, never written to."""

    url: Annotated[str, AfterValidator(_address)] = Field(
        description="https://…, ssh://…, git@host:path, or a folder of this machine."
    )
    name: Annotated[str, AfterValidator(_name)] | None = Field(
        default=None,
        description="Its paths begin with it: NAME/runbooks/a.md. Without it, the last part of the address.",
    )
    branch: Annotated[str, AfterValidator(_branch)] | None = Field(
        default=None, description="Without it, the one that the repository itself calls its main one."
    )
    folders: tuple[Annotated[str, AfterValidator(_below)], ...] = Field(
        default=FOLDERS, description='Where its runbooks stand; "." takes every Markdown file.'
    )
    every: Duration = Field(default=timedelta(minutes=5), description="Time between two fetches.")
    token: Secret | None = Field(
        default=None, description="For https: a token that may read, sent as the password."
    )
    user: str = Field(default="git", description="The user name that goes with the token.")

    @field_validator("every")
    @classmethod
    def _patient(cls, value: timedelta) -> timedelta:
        return _at_least(value, timedelta(seconds=5))

    @property
    def called(self) -> str:
        """Its name in paths."""
        if self.name:
            return self.name
        last = re.split(r"[/:]", self.url.rstrip("/"))[-1].removesuffix(".git")
        return re.sub(r"[^A-Za-z0-9._-]", "-", last).strip("-.") or "repository"


class LibrarySettings(Settings):
    """Where runbooks stand, and how they are kept true."""

    folders: tuple[str, ...] = Field(
        default=FOLDERS,
        description="Folders beside tocsin.yaml, or anywhere on this machine; every Markdown file below is a runbook.",
    )
    repositories: tuple[RepositorySettings, ...] = Field(
        default=(), description="Git repositories that hold runbooks as well."
    )
    check_every: Duration = Field(
        default=timedelta(minutes=30),
        description="How often it is looked whether hosts resolve, tools are installed, secrets and links are there.",
    )
    remind_at: Annotated[str, AfterValidator(_time_of_day)] = Field(
        default="09:00",
        description="When owners are told which reviews are overdue, once a day, in the installation's time zone.",
    )

    @field_validator("check_every")
    @classmethod
    def _patient(cls, value: timedelta) -> timedelta:
        return _at_least(value, timedelta(minutes=1))


class LibrarySection(Section):
    """Where runbooks stand."""

    library: LibrarySettings = Field(default=LibrarySettings(), description="Which runbooks there are.")

    def cross_check(self) -> Iterable[Problem]:
        taken: dict[str, tuple[str | int, ...]] = {}
        for index, folder in enumerate(self.library.folders):
            yield from _twice(taken, prefix_of(folder), ("library", "folders", index))
        for index, repository in enumerate(self.library.repositories):
            yield from _twice(taken, repository.called, ("library", "repositories", index))


def prefix_of(folder: str) -> str:
    """With what the paths of a folder's runbooks begin: nothing for `runbooks`, else how it is configured.

    Of a folder outside the configuration's, it is the last part of its path.
    """
    path = PurePosixPath(folder)
    if path == PurePosixPath(FOLDERS[0]):
        return ""
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _twice(
    taken: dict[str, tuple[str | int, ...]], name: str, path: tuple[str | int, ...]
) -> Iterable[Problem]:
    if name in taken:
        yield Problem(
            path=path,
            message=f"its runbooks would have the same paths as those of {'.'.join(map(str, taken[name]))}",
            fix="give the repository another name:, or move the folder",
        )
    taken[name] = path
