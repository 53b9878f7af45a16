"""How does a new sender get in? A key is made for a kind of source, with what that kind asks, and shown once.

What a webhook sends is often in words of its own: there a mapping is tried on a pasted message before the key is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.sources import manual, sources
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark, mark_of_alert
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, NotFound, TocsinError
from tocsin.ground.kernel.secret import Secret
from tocsin.sense.alerts import Signal
from tocsin.sense.intake import Source
from tocsin.sense.intake.key_settings import typed
from tocsin.sense.intake.mapping import PARTS, MappingSettings, Tried, try_mapping
from tocsin.sense.intake.source import SourceSettings

pages = Pages()
_SET = "set-"
_LONGEST_NAME = 80
_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingField:
    """One field of the form, drawn from the declaration of a setting. `choices` are empty where one writes freely.

    `about` is what it is for, in parts, each with whether it is code.
    """

    name: str
    about: tuple[tuple[str, bool], ...]
    value: str
    choices: tuple[str, ...] = ()
    secret: bool = False
    required: bool = False
    problem: str = ""
    fix: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedAlert:
    """An alert as a mapping would make it."""

    signal: Signal
    mark: Mark


@pages.get("/sources/new", Permission.ADMIN)
def choose(visit: Visit) -> Response:
    """The kinds to choose from, or the form of the one that is chosen."""
    if kind := visit.query.get("kind", ""):
        return _form(visit, _source(kind), kind, {})
    kinds = sorted(sources().items(), key=lambda each: each[1].title.casefold())
    return visit.page("source_kinds.html", kinds=[(kind, each.title) for kind, each in kinds])


@pages.post("/sources/new", Permission.ADMIN)
def make(visit: Visit) -> Response:
    """Makes the key and shows it, this once; or only tries the mapping."""
    form = visit.form
    kind = form.get("kind", "")
    source = _source(kind)
    given = {name.removeprefix(_SET): text for name, text in form.items() if name.startswith(_SET)}
    written = {name: text.strip() for name, text in given.items() if text.strip()}
    if form.get("do") == "try":
        headers = _headers(form.get("headers", ""))
        tried = try_mapping(written, form.get("payload", "").encode(), headers)
        return _form(visit, source, kind, given, tried=tried, problems=_by_field(tried.problems))
    service = form.get("service") or None
    problems: dict[str, TocsinError] = {}
    if service is not None and service not in visit.context.catalogue().services:
        problems["service"] = Invalid(N_("There is no such service."), fix=N_("Choose one of the list."))
    settings: Mapping[str, Any] = {}
    try:
        settings = source.Settings.model_validate(typed(source, written)).model_dump(
            mode="json", exclude_unset=True
        )
    except ValidationError as error:
        problems |= _problems_of(error)
    if problems:
        return _form(visit, source, kind, given, problems=problems)
    name = " ".join(form.get("name", "").split())[:_LONGEST_NAME]
    plain = visit.context.accounts.key_create(kind, name, service, settings, source.new_secret())
    base = visit.context.catalogue().public_url.rstrip("/")
    return visit.page(
        "source_made.html",
        kind=kind,
        title=source.title,
        name=name or kind,
        plain=plain,
        address=f"{base}/in/{plain}{source.paths[0]}",
        manual=manual(visit, source, plain),
    )


def _form(
    visit: Visit,
    source: Source,
    kind: str,
    given: Mapping[str, str],
    *,
    tried: Tried | None = None,
    problems: Mapping[str, TocsinError] | None = None,
) -> Response:
    problems = problems or {}
    fields = [
        _field(name, info, given.get(name, ""), problems.get(name))
        for name, info in source.Settings.model_fields.items()
    ]
    services = visit.context.catalogue().services.items()
    alerts = [
        TriedAlert(
            signal=each,
            mark=mark_of_alert(
                "resolved" if each.is_over(visit.speech.now) else "firing", each.labels.get("severity", "")
            ),
        )
        for each in (tried.signals if tried else ())
    ]
    known = {field.name for field in fields}
    maps = issubclass(source.Settings, MappingSettings)
    return visit.page(
        "source_new.html",
        kind=kind,
        title=source.title,
        fields=[each for each in fields if not maps or each.name in SourceSettings.model_fields],
        mapping=[each for each in fields if maps and each.name not in SourceSettings.model_fields],
        given=visit.form,
        services=[
            ("", visit.speech.text(N_("as each alert says"))),
            *((name, each.title or name) for name, each in services),
        ],
        tried=tried,
        alerts=alerts[:_SHOWN],
        more=max(0, len(alerts) - _SHOWN),
        problems=[each for name, each in problems.items() if name not in known],
        manual=manual(visit, source),
    )


def _source(kind: str) -> Source:
    source = sources().get(kind)
    if source is None:
        raise NotFound(N_("There is no such kind of source."), fix=N_("Choose one of the list."))
    return source


def _field(name: str, info: FieldInfo, value: str, problem: TocsinError | None) -> SettingField:
    kinds = get_args(info.annotation) or (info.annotation,)
    choices: tuple[str, ...] = ()
    if get_origin(info.annotation) is Literal:
        choices = tuple(str(each) for each in kinds)
    elif bool in kinds:
        choices = ("false", "true")
    default = info.default if isinstance(info.default, str) else ""
    if isinstance(info.default, bool):
        default = str(info.default).lower()
    return SettingField(
        name=name,
        about=tuple((part, bool(at % 2)) for at, part in enumerate((info.description or "").split("`"))),
        value=value or default,
        choices=choices,
        secret=Secret in kinds,
        required=info.is_required(),
        problem=problem.message if problem else "",
        fix=problem.fix if problem else "",
    )


def _problems_of(error: ValidationError) -> dict[str, TocsinError]:
    """What is wrong, by field. What a model says of itself names the field before the first colon."""
    found: dict[str, TocsinError] = {}
    for each in error.errors():
        message = each["msg"].removeprefix("Value error, ")
        field = str(each["loc"][0]) if each["loc"] else ""
        if not field:
            first, colon, rest = message.partition(": ")
            field, message = (first, rest) if colon and first in PARTS else ("", message)
        message, _, fix = message.partition("; ")
        found[field] = Invalid(message, field=field, fix=fix)
    return found


def _by_field(problems: Sequence[TocsinError]) -> dict[str, TocsinError]:
    """The first problem of each field. One of an item (`[3].name`) belongs to its expression."""
    found: dict[str, TocsinError] = {}
    for each in problems:
        found.setdefault(each.field.rpartition(".")[2], each)
    return found


def _headers(text: str) -> dict[str, str]:
    """Headers as they are pasted, `Name: value` line by line."""
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}
