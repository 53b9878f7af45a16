"""What is wrong with this service? Start a diagnosis, follow it, read what was found, take it away as one archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from starlette.responses import Response

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.diagnosis import Diagnosis, Findings, Part, archive

routes = Routes("diagnoses")
ZIP = "application/zip"


class NewDiagnosis(Body):
    """Of a service, or of the incident's service with the incident; the incident decides where both are given."""

    service: Line = ""
    incident: Line | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiagnosisAnswer:
    """A diagnosis. `state` is running, done or failed; `since` when the trouble began, as far as known."""

    id: str
    incident: str | None
    service: str
    state: str
    asked_by: str
    asked_at: datetime
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PartAnswer:
    """One question. `state` is waiting, asked, answered, late or by_hand (for a person); `ok` null before an answer.

    `title` and `said` are in English where they are Tocsin's own; `hint` is how its author reads the answer.
    """

    key: str
    title: str
    kind: str
    source: str
    hint: str
    state: str
    ok: bool | None
    said: str
    asked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DiagnosisInFull(DiagnosisAnswer):
    """A diagnosis with its questions; `findings` is empty until all answers are read."""

    parts: list[PartAnswer]
    findings: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Everything that a question has shown, secrets masked; of more than 256 KiB the last."""

    key: str
    text: str


@routes.get("/diagnoses", permission=Permission.READ, summary="List diagnoses, newest first")
def list_diagnoses(
    request: Request,
    incident: Annotated[Name | None, Query()] = None,
    service: Annotated[Name | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[DiagnosisAnswer]:
    """Those of no incident are kept for 30 days."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.diagnoses.listed(
            conn, incident=incident, service=service, limit=limit + 1, after=after
        )
    return page([DiagnosisAnswer(**_told(each)) for each in found], limit, "id")


@routes.post(
    "/diagnoses", permission=Permission.RESPOND, summary="Ask everything that can be asked of a service"
)
def start(request: Request, body: NewDiagnosis) -> DiagnosisAnswer:
    """Nothing that is asked changes anything. While one about the same is under way, that one is the answer."""
    started = context_of(request).diagnoses.start(
        identity_of(request).actor, service=body.service, incident=body.incident or None
    )
    return DiagnosisAnswer(**_told(started))


@routes.get("/diagnoses/{diagnosis}", permission=Permission.READ, summary="One diagnosis with its answers")
def get_diagnosis(request: Request, diagnosis: Name) -> DiagnosisInFull:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.diagnoses.get(conn, diagnosis)
        parts = context.diagnoses.parts(conn, found.id)
    findings = Findings.from_json(found.findings).as_json() if found.is_over else {}
    return DiagnosisInFull(**_told(found), parts=[_part(each) for each in parts], findings=findings)


@routes.get(
    "/diagnoses/{diagnosis}/parts/{key}", permission=Permission.READ, summary="What one question has shown"
)
def get_part(request: Request, diagnosis: Name, key: Name) -> Shown:
    context = context_of(request)
    with context.store.read() as conn:
        part = context.diagnoses.part(conn, diagnosis, key)
    return Shown(key=part.key, text=part.text)


@routes.get("/diagnoses/{diagnosis}/archive", permission=Permission.READ, summary="All of it as one zip")
def get_archive(
    request: Request,
    diagnosis: Name,
    language: Annotated[Literal["en", "zh_Hant"], Query(description="Of the index page.")] = "en",
) -> Response:
    """An index page and one file an answer, secrets masked; what is not yet answered is not in it."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.diagnoses.get(conn, diagnosis)
        parts = context.diagnoses.parts(conn, found.id, texts=True)
    bundle = archive(found, parts, language, context.catalogue().time_zone)
    name = f"attachment; filename={found.id}.zip"
    return Response(bundle, media_type=ZIP, headers={"Content-Disposition": name})


def _told(found: Diagnosis) -> dict[str, Any]:
    return {name: getattr(found, name) for name in DiagnosisAnswer.__slots__}


def _part(part: Part) -> PartAnswer:
    return PartAnswer(**{name: getattr(part, name) for name in PartAnswer.__slots__})
