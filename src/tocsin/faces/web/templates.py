"""Which template becomes the page? Files of this package only, escaped throughout, and a missing name is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from tocsin.faces.web import words
from tocsin.faces.web.addresses import address_of
from tocsin.faces.web.doors import DOORS, rooms_beside
from tocsin.faces.web.notices import NOTICES
from tocsin.ground.i18n import languages
from tocsin.ground.render import render

STATIC = Path(__file__).parent / "static"


def render_page(name: str, /, **data: object) -> str:
    return _environment().get_template(name).render(**data)


@cache
def version_of(name: str) -> str:
    """A mark of the file's content: its address changes with it, so that browsers may keep it for a year."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tocsin.faces.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    known = cast("dict[str, object]", environment.globals)
    known["version_of"] = version_of
    known["languages"] = languages()
    known["words"] = words
    known["notices"] = NOTICES
    known["doors"] = DOORS
    known["rooms_beside"] = rooms_beside
    known["markdown"] = render
    known["address_of"] = address_of
    return environment
