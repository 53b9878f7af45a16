"""`tocsin report INC-…`: what happened, as a draft to be finished by people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    number: Annotated[
        str, typer.Argument(metavar="INC", help="The incident, such as INC-2026-0001.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it into this file instead.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the 5W1H draft of an incident in Markdown. Each answer cites events of the timeline."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json
    from tocsin.ground.kernel.errors import Invalid

    found = Server.from_environment().get("incidents", number, "report")
    if as_json:
        say_json(found)
        return
    if output is None:
        say(found["markdown"])
        return
    try:
        output.write_text(found["markdown"], encoding="utf-8")
    except OSError as error:
        raise Invalid(
            f"{output} cannot be written: {error.strerror}", field="output", fix="Choose another place."
        ) from None
    say(f"The report of {found['incident']} is in {output}.")
