"""`tocsin runbook search`: which runbook speaks of this?"""

from __future__ import annotations

from typing import Annotated

import typer

from tocsin.cli.commands.runbook.find import AsJson, Config


def add(runbook: typer.Typer) -> None:
    runbook.command("search")(search)


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS…", help="In English or Chinese.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 20,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find runbooks by their words, the best first, with the line that speaks of it."""
    from tocsin.cli.commands.runbook.shelf import configured
    from tocsin.cli.output import say, say_json

    library, _ = configured(config)
    hits = library.search(" ".join(words), limit)
    if as_json:
        items = [
            {
                "path": hit.document.path,
                "title": hit.document.title,
                "severity": hit.document.severity,
                "line": hit.line,
                "heading": hit.heading,
                "snippet": hit.snippet,
            }
            for hit in hits
        ]
        say_json({"items": items, "next": None})
        return
    for hit in hits:
        say(f"{hit.document.title}  {hit.document.path}:{hit.line}", style="bold")
        under = f"{hit.heading}: " if hit.heading and hit.heading not in hit.snippet else ""
        say(f"    {under}{hit.snippet}")
    if not hits:
        say("nothing speaks of that; `tocsin runbook list` shows what there is")
