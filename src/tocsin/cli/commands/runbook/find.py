"""Which document is meant? A file where there is one, else a path of the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document
    from tocsin.respond.runbooks.library import Library

Config = Annotated[
    Path | None, typer.Option("--config", help="The folder with tocsin.yaml.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A file, or a path below runbooks/.")]


def library(config: Path | None) -> Library:
    """The library of a folder. While tocsin.yaml has mistakes, it is the usual folders."""
    from tocsin.configuration import Configuration, find_folder, load
    from tocsin.respond.runbooks.library import Library

    folder = find_folder(config)
    loaded = load(folder).configuration or Configuration.model_validate({})
    return Library(lambda: loaded, folder, settings=lambda: loaded)


def document(file: str, config: Path | None) -> Document:
    """A file where there is one, else a path of the library."""
    from tocsin.ground.kernel.errors import Invalid
    from tocsin.respond.runbooks.reader import read
    from tocsin.respond.runbooks.reading.text import LARGEST

    path = Path(file)
    try:
        if path.is_file():
            with path.open("rb") as opened:
                return read(str(path), opened.read(LARGEST + 1))
    except (OSError, ValueError) as error:
        raise Invalid(f"{file} cannot be read: {error}", fix="check its name and permissions") from None
    return library(config).get(file)
