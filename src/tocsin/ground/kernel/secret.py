"""Where is the password, and who may see it? A secret is a reference (`env:NAME`, `file:PATH`) until it is
used.

It prints as `***` everywhere; `reveal()` reads it anew each time, so that a rotated secret is picked up in
the middle of a run. Every value that was ever seen is remembered, and `scrub` takes it out of text on its
way to a log, a page, a timeline or a report, also in the disguises that URLs, JSON and base 64 give it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from tocsin.ground.kernel.errors import Invalid

MASK = "***"
SHORTEST = 6
"""Values shorter than this are not scrubbed: taking every `1` out of a log hides the log, not the secret."""
_LARGEST = 64 * 1024
_HOW = "write env:NAME for an environment variable or file:PATH for a file beside tocsin.yaml"


class Secret:
    """A reference to a secret. Prints `***`; only `reveal()` gives the value."""

    __slots__ = ("_path", "_variable", "reference")

    def __init__(self, reference: str, *, variable: str = "", path: Path | None = None) -> None:
        self.reference = reference
        self._variable = variable
        self._path = path
        with contextlib.suppress(Invalid):
            self.reveal()  # so that `scrub` knows the value before anybody used it

    @classmethod
    def from_reference(cls, reference: str, *, folder: Path | None = None) -> Secret:
        """`env:NAME` or `file:PATH` → a secret; a relative path starts at `folder`. Raises Invalid."""
        kind, colon, rest = reference.strip().partition(":")
        if colon and kind == "env" and rest and "=" not in rest and "\0" not in rest:
            return cls(f"env:{rest}", variable=rest)
        if colon and kind == "file" and rest and "\0" not in rest:
            return cls(f"file:{rest}", path=(folder or Path()) / rest)
        raise Invalid("a secret is not written here in plain text", fix=_HOW)

    def reveal(self) -> str:
        """The value, read now. Raises Invalid when it is absent, saying what to set."""
        if self._path is None:
            value = os.environ.get(self._variable, "")
            if not value:
                raise Invalid(
                    f"the environment variable {self._variable} is not set",
                    fix=f"set {self._variable} where Tocsin is started",
                )
        else:
            value = self._read(self._path)
        know(value)
        return value

    def _read(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                raw = file.read(_LARGEST + 1)
            value = raw.decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else "") or "not readable as text"
            raise Invalid(f"the secret file {path} cannot be read: {reason}", fix=_HOW) from None
        if len(raw) > _LARGEST or not value:
            raise Invalid(f"the secret file {path} is empty or larger than 64 kB", fix=_HOW)
        return value

    def missing(self) -> str:
        """Why it cannot be revealed at the moment; empty if it can."""
        try:
            self.reveal()
        except Invalid as error:
            return error.message
        return ""

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.reference, self._path) == (other.reference, other._path)

    def __hash__(self) -> int:
        return hash((self.reference, self._path))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda secret: secret.reference),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "title": "Secret",
            "pattern": "^(env|file):.+$",
            "description": "A reference to a secret: env:NAME or file:PATH. Never the secret itself.",
            "examples": ["env:SMTP_PASSWORD", "file:secrets/smtp"],
        }


def _validate(value: Any, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    try:
        if not isinstance(value, str):
            raise Invalid("a secret is a reference, written as text", fix=_HOW)
        return Secret.from_reference(value, folder=_folder(info))
    except Invalid as error:
        raise ValueError(f"{error.message}; {error.fix}") from None


def _folder(info: ValidationInfo) -> Path | None:
    """The folder of the configuration, if the loader said so in the validation context."""
    context: object = info.context
    return context.get("folder") if isinstance(context, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # the context is the loader's plain dict


def _reference_or_text(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and value.strip().startswith(("env:", "file:")):
        return _validate(value, info)
    return value


SecretOrText = Annotated[Secret | str, BeforeValidator(_reference_or_text)]
"""A setting that may be public text or a reference: `env:…` and `file:…` become a Secret, else text."""


def reveal(value: Secret | str) -> str:
    """The text of a `SecretOrText`."""
    return value.reveal() if isinstance(value, Secret) else value


_lock = threading.Lock()
_known: tuple[str, ...] = ()


def know(value: str) -> None:
    """Remembers a secret value, in every form in which it may turn up, for `scrub`."""
    global _known
    if len(value) < SHORTEST or value in _known:
        return
    with _lock:
        _known = tuple(sorted({*_known, *_disguises(value)}, key=lambda each: (-len(each), each)))


def _disguises(value: str) -> set[str]:
    plain = {value, *(line.strip() for line in value.splitlines()), *_password(value)}
    forms: set[str] = set()
    for each in plain:
        if len(each) < SHORTEST:
            continue
        encoded = base64.b64encode(each.encode("utf-8", "surrogateescape")).decode()
        forms |= {each, quote(each, safe="", errors="replace"), quote_plus(each, errors="replace")}
        forms |= {
            json.dumps(each)[1:-1],
            json.dumps(each, ensure_ascii=False)[1:-1],
            encoded,
            encoded.rstrip("="),
        }
    return forms


def _password(value: str) -> set[str]:
    """The password inside `postgresql://user:password@host/db`: logs often show the rest without it."""
    try:
        password = urlsplit(value).password
    except ValueError:
        return set()
    return {password} if password else set()


def scrub(text: str) -> str:
    """The text with every known secret value replaced by `***`."""
    for value in _known:
        if value in text:
            text = text.replace(value, MASK)
    return text
