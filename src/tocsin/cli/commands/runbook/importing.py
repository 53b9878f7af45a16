"""`tocsin runbook import`: what does Tocsin understand of the runbooks that are already there?

Nothing is copied and nothing is changed: the files stay where they are, and this shows how they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tocsin.respond.runbooks.document import Document


def add(runbook: typer.Typer) -> None:
    runbook.command("import")(import_runbooks)


def import_runbooks(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Files, folders or git checkouts.", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines, one object a file.")] = False,
) -> None:
    """Show what Tocsin reads in runbooks as they are: steps, ladders, causes, checklists, with line numbers.

    Folders are searched for Markdown files. No file is changed.
    """
    from tocsin.cli.commands.runbook import outline
    from tocsin.cli.output import say, say_line
    from tocsin.ground.kernel.errors import Invalid, NotFound
    from tocsin.respond.runbooks.outline import outline as as_data

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise NotFound(f"there is no {missing[0]}", fix="name files or folders that are there")
    read = 0
    for document in _documents(paths):
        if as_json:
            say_line(as_data(document))
        else:
            if read:
                say()
            outline.say_whole(document)
        read += 1
    if not read:
        raise Invalid("there is no Markdown file in it", fix="runbooks end in .md or .markdown")


def _documents(paths: list[Path]) -> Iterator[Document]:
    """Each file once, read when its turn comes, so that a folder of thousands takes no more memory than one."""
    from tocsin.respond.runbooks.files import markdown_in, read_file

    seen: set[Path] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file in markdown_in(path):
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                yield read_file(file, root)
