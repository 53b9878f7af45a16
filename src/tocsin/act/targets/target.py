"""What does a target of the catalogue say? Its settings, read as the kind of thing that the caller speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.settings import Settings


class TargetSettings(Settings):
    """Base of the settings of one kind of target; the kind is the `Literal` of its field `kind`."""

    paths: ClassVar[frozenset[str]] = frozenset()
    """Settings that are paths: those that are not absolute begin at the folder of the configuration."""


S = TypeVar("S", bound=Settings)


class BadTarget(TocsinError):
    """The step names no target, or one that lacks something; the message says what to write into the catalogue."""

    code = "bad_target"
    status = 422


class TargetFailed(TocsinError):
    """The thing behind the target refused or did not answer. `status` is its HTTP status where there was one;
    `temporary`: asking again the same way may help.
    """

    code = "target_failed"
    status = 502

    def __init__(self, message: str, *, answered: int | None = None, temporary: bool, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.answered = answered
        self.temporary = temporary


def read_target(settings: type[S], given: Mapping[str, Any], kind: str) -> S:
    """The target as settings. Raises BadTarget, also where it is of another kind."""
    if not given:
        raise BadTarget(
            "this step names no target", fix=f"Name a target of the service of kind {kind}: `On: NAME`."
        )
    if given.get("kind") != kind:
        raise BadTarget(f"the target is of kind {given.get('kind')}", fix=f"Name one of kind {kind}.")
    try:
        return settings.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        known = ", ".join(settings.model_fields)
        raise BadTarget(
            f"the target's {field or 'settings'}: {message}", field=field, fix=f"It takes {known}."
        ) from None
