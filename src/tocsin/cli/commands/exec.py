"""`tocsin exec -- COMMAND`: run a job and tell Tocsin how it went."""

from __future__ import annotations

from typing import Annotated

import typer

_SETTINGS = {"allow_interspersed_args": False, "ignore_unknown_options": True}


def add(app: typer.Typer) -> None:
    app.command("exec", context_settings=_SETTINGS, no_args_is_help=True)(execute)


def execute(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND…", help="What to run.")],
    url: Annotated[
        str | None,
        typer.Option(help="The address of the heartbeat; else TOCSIN_PING_URL.", show_default=False),
    ] = None,
    slug: Annotated[
        str | None,
        typer.Option(help="The name of the heartbeat, with TOCSIN_URL and an intake key in TOCSIN_KEY."),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="With --slug: make it if there is none.")] = False,
    alert_on_failure: Annotated[
        bool,
        typer.Option(
            "--alert-on-failure",
            help="Needs no heartbeat: a failure is an alert, and the next success ends it.",
        ),
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="With --alert-on-failure: what the alert calls the job.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="With --alert-on-failure: the service it is about.")
    ] = None,
    output: Annotated[
        bool,
        typer.Option("--output/--no-output", help="Whether to send the last 10 kB of what it says."),
    ] = True,
) -> None:
    """Run a command unchanged and tell Tocsin that it began and how it ended.

    Input, output, signals and the exit status are the command's own. Its last output is kept unless it goes to a
    terminal. Where Tocsin is away the job is not held up and does not fail: that is said on the error stream, and the
    report is tried again for some minutes in the background. The exit status is that of the command, 126 or 127 where
    it cannot be started, 128 and the number of the signal that killed it.
    """
    import os

    from tocsin.cli.job import job_of
    from tocsin.cli.output import complain
    from tocsin.cli.wrapped import Ended, run

    job = job_of(
        command,
        os.environ,
        url=url,
        slug=slug,
        create=create,
        alert=alert_on_failure,
        name=name,
        service=service,
    )
    if job.silent:
        complain(f"nobody hears of this run: {job.silent}", "`tocsin exec --help` says where it may be told.")

    def ended(how: Ended) -> None:
        if how.why:
            complain(how.why)
        for why in job.end(how):
            complain(f"Tocsin has not heard how this ended: {why}")

    job.begin()
    raise typer.Exit(run(command, keep_output=output, ended=ended))
