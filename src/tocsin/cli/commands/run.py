"""`tocsin run …`: start a runbook, watch it, and say what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.cli.client import Server

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Run = Annotated[str, typer.Argument(metavar="RUN", help="Its id, from the list.", show_default=False)]
_Step = Annotated[str, typer.Argument(metavar="STEP", help="The key of a step.", show_default=False)]
_Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
_ASKS = {
    "guided": "It waits for a press of Run for “{title}” ({level}): tocsin run next {run}",
    "approval": "It waits for an approval for “{title}” ({level}) by the role {role}: tocsin run approve {run}",
    "manual": "It waits for a person to do “{title}”: tocsin run answer {run} {step} done",
    "confirm": "It waits for a person to say whether it helped: tocsin run answer {run} {step} done|failed",
    "unknown": "It waits for a person to say how “{title}” ended: tocsin run answer {run} {step} done|retry|skip",
    "input": "It waits for values for {names}: tocsin run input {run} NAME=VALUE",
    "wait": "It waits: {why}; until {until}",
}


def add(app: typer.Typer) -> None:
    run = typer.Typer(no_args_is_help=True, help="Start runbooks, watch them, steer them.")
    for name, command in (
        ("start", start),
        ("list", list_runs),
        ("show", show),
        ("output", output),
        ("next", proceed),
        ("approve", approve),
        ("deny", deny),
        ("answer", answer),
        ("input", provide),
        ("skip", skip),
        ("pause", pause),
        ("resume", resume),
        ("cancel", cancel),
        ("retry", retry),
        ("take", take),
        ("go", go_on),
        ("compare", compare),
        ("scores", scores),
    ):
        run.command(name)(command)
    app.add_typer(run, name="run")


def start(
    path: Annotated[
        str, typer.Argument(help="The runbook, as `tocsin runbook list` names it.", show_default=False)
    ],
    incident: Annotated[str | None, typer.Option(help="The incident it is for.")] = None,
    mode: Annotated[
        str,
        typer.Option(help="guided, automatic, plan, drill:read-through, drill:checks or drill:simulated."),
    ] = "guided",
    from_step: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Begin at this step or part of its plan.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", help="A value; may be repeated."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Start a runbook. A guided run waits for a press before each step that changes something."""
    body = {
        "path": path,
        "incident": incident,
        "mode": mode,
        "inputs": _named(value or []),
        "from_step": from_step,
    }
    _act(("runs",), body, as_json)


def list_runs(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    text: Annotated[
        str | None,
        typer.Option("--search", help="Words of its title, steps and reasons; finds those over, too."),
    ] = None,
    printed: Annotated[
        str | None, typer.Option(help="A text that a step printed; finds those over, too.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only of this service.")] = None,
    path: Annotated[str | None, typer.Option("--runbook", help="Only of this runbook.")] = None,
    incident: Annotated[str | None, typer.Option(help="Only for this incident.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: _Json = False,
) -> None:
    """List runs that are not over, newest first; with a search, all that it finds."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    every = every or bool(text or printed)
    states = None if every else ["wanted", "running", "waiting", "paused"]
    asked = {"text": text, "printed": printed, "service": service, "path": path, "incident": incident}
    found = list(Server.from_environment().listed("runs", limit=limit, state=states, **asked))
    if as_json:
        say_json(found)
        return
    if not found:
        say("No runs." if every else "Nothing runs.")
        return
    say_table(
        ("state", "id", "runbook", "mode", "incident", "since"),
        [
            (
                words.state(each["state"]),
                each["id"],
                each["title"],
                each["mode"],
                each["incident"] or "–",
                words.past(each["created_at"]),
            )
            for each in found
        ],
    )


def show(run: _Run, as_json: _Json = False) -> None:
    """Show one run: what it did, and what it waits for."""
    from tocsin.cli import asking, words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("runs", run)
    if as_json:
        say_json(found)
        return
    _tell(found)
    steps = [each for each in found["steps"] if each["state"] != "waiting" or each["why"]]
    if steps:
        say()
        say_table(
            ("", "step", "kind", "took", "key", "why"),
            [
                (
                    _mark(each),
                    each["title"],
                    each["kind"],
                    words.between(each["started_at"], each["ended_at"]),
                    each["key"],
                    each["why"],
                )
                for each in steps
            ],
        )
    for each in found["approvals"]:
        if each["state"] == "asked":
            say()
            say("To be approved:", style="bold")
            for line in asking.lines(each):
                say(line)
            say(f"Decide: tocsin run approve {each['id']} --reason … (or deny)")


def _mark(step: Mapping[str, Any]) -> str:
    match step["state"]:
        case "finished":
            return "✕" if step["ok"] is False else "✓"
        case "started":
            return "◐"
        case "waiting":
            return "◔"
        case "unknown":
            return "?"
        case _:
            return "–"


def output(
    run: _Run,
    step: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Only this one.", show_default=False)
    ] = None,
    as_json: _Json = False,
) -> None:
    """Print what its steps have printed; secrets are masked."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    server = Server.from_environment()
    steps = [each for each in server.get("runs", run)["steps"] if step in (None, each["key"])]
    found = [
        chunk
        for each in steps
        for chunk in server.listed("runs", run, "output", step=each["key"], attempt=each["attempt"])
    ]
    if as_json:
        say_json(found)
        return
    last = None
    for chunk in found:
        if step is None and (chunk["step"], chunk["attempt"]) != last:
            last = (chunk["step"], chunk["attempt"])
            say(f"── {chunk['step']}" + (f" (attempt {chunk['attempt']})" if chunk["attempt"] > 1 else ""))
        say(chunk["text"].removesuffix("\n"))


def proceed(run: _Run, as_json: _Json = False) -> None:
    """Press Run for the step that a guided run is at."""
    _act(("runs", run, "next"), {}, as_json)


def approve(run: _Run, reason: _Reason = "", as_json: _Json = False) -> None:
    """Say yes to what the run asks; RUN may also be the id of the request."""
    _vote(run, "approve", reason, as_json)


def deny(run: _Run, reason: _Reason = "", as_json: _Json = False) -> None:
    """Say no: the step does not run."""
    _vote(run, "deny", reason, as_json)


def _vote(run: str, vote: str, reason: str, as_json: bool) -> None:
    from tocsin.cli.client import Server

    server = Server.from_environment()
    _act(("approvals", _asked(server, run), vote), {"reason": reason}, as_json)


def _asked(server: Server, run: str) -> str:
    """The request that the run waits for. Raises Conflict when it waits for none."""
    from tocsin.ground.kernel.errors import Conflict

    if run.startswith("apr_"):
        return run
    waiting: Mapping[str, Any] | None = server.get("runs", run)["waiting_for"]
    if not waiting or "approval" not in waiting:
        raise Conflict(f"{run} does not wait for an approval", fix=f"Look: tocsin run show {run}")
    return str(waiting["approval"])


def answer(
    run: _Run,
    step: _Step,
    end: Annotated[
        str, typer.Argument(metavar="ANSWER", help="done, failed, retry or skip.", show_default=False)
    ],
    reason: _Reason = "",
    as_json: _Json = False,
) -> None:
    """Say how a step ended that only a person can judge."""
    _act(("runs", run, "answer"), {"step": step, "answer": end, "reason": reason}, as_json)


def provide(
    run: _Run,
    values: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE", help="One or more.", show_default=False)
    ],
    as_json: _Json = False,
) -> None:
    """Give values that the run asks for."""
    _act(("runs", run, "inputs"), {"inputs": _named(values)}, as_json)


def skip(
    run: _Run,
    step: _Step,
    reason: Annotated[str, typer.Argument(help="Why, in a sentence.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Go over a step that has not begun, or over a whole rung."""
    _act(("runs", run, "skip"), {"step": step, "reason": reason}, as_json)


def pause(run: _Run, as_json: _Json = False) -> None:
    """Let the step under way end, and begin no other."""
    _act(("runs", run, "pause"), {}, as_json)


def resume(run: _Run, as_json: _Json = False) -> None:
    """Go on after a pause."""
    _act(("runs", run, "resume"), {}, as_json)


def cancel(run: _Run, as_json: _Json = False) -> None:
    """End the run, and the command under way with all that it started."""
    _act(("runs", run, "cancel"), {}, as_json)


def retry(run: _Run, step: _Step, as_json: _Json = False) -> None:
    """Run a step again that failed or was skipped; its attempt at a repair is judged anew."""
    _act(("runs", run, "retry"), {"step": step}, as_json)


def take(run: _Run, as_json: _Json = False) -> None:
    """Lead a run by hand from here on: each change waits for your press."""
    _act(("runs", run, "take"), {}, as_json)


def go_on(
    run: _Run,
    step: Annotated[
        str, typer.Argument(metavar="STEP", help="The key of a step or part.", show_default=False)
    ],
    reason: _Reason = "",
    as_json: _Json = False,
) -> None:
    """Go on by hand from a step or part; what lies before it is gone over."""
    _act(("runs", run, "go"), {"step": step, "reason": reason}, as_json)


def compare(
    run: _Run,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other one.", show_default=False)],
    every: Annotated[bool, typer.Option("--all", help="Steps that went alike, too.")] = False,
    as_json: _Json = False,
) -> None:
    """Compare two runs step by step: what ended otherwise, or printed something else."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("runs", "compare", one=run, other=other)
    if as_json:
        say_json(found)
        return
    if not found["same_document"]:
        say("They did not run the same text.")
    rows = [each for each in found["steps"] if every or each["differs"]]
    if not rows:
        say("No step ended otherwise.")
        return
    say_table(
        ("step", run, other, "what differs"),
        [(each["title"], _side(each["one"]), _side(each["other"]), _difference(each)) for each in rows],
    )


def _side(side: Mapping[str, Any] | None) -> str:
    if side is None:
        return "not reached"
    took = "" if side["ms"] is None else f" {side['ms']:.0f} ms"
    return f"{_mark(side)}{took} {side['why']}".rstrip()


def _difference(step: Mapping[str, Any]) -> str:
    one, other = step["one"], step["other"]
    if one is None or other is None:
        return "only in one of them"
    said = [
        ("the command", step["text_changed"]),
        ("how it ended", (one["state"], one["ok"]) != (other["state"], other["ok"])),
        ("what it printed", one["printed"] != other["printed"]),
    ]
    return ", ".join(what for what, differs in said if differs)


def scores(
    path: Annotated[str, typer.Argument(help="The runbook.", show_default=False)], as_json: _Json = False
) -> None:
    """Show how often each attempt of a runbook was tried, how often it helped, and how long that took."""
    from tocsin.cli import words
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    found = Server.from_environment().get("runs", "scores", path=path)
    if as_json:
        say_json(found)
        return
    if not found:
        say("No attempt of it was tried yet.")
        return
    say_table(
        ("attempt", "tried", "worked", "usual time", "last worked"),
        [
            (
                title,
                str(each["tried"]),
                str(each["worked"]),
                "–" if each["median_s"] is None else f"{each['median_s']:.0f} s",
                words.past(each["last_at"]) if each["last_at"] else "–",
            )
            for title, each in found.items()
        ],
    )


def _act(path: tuple[str, ...], body: Mapping[str, Any], as_json: bool) -> None:
    """Posts the act and says how the run stands afterwards."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say_json

    found = Server.from_environment().post(*path, body=body)
    if as_json:
        say_json(found)
    else:
        _tell(found)


def _tell(run: Mapping[str, Any]) -> None:
    from tocsin.cli import words
    from tocsin.cli.output import say

    say(f"{words.state(run['state'])}  {run['id']}  {run['title']}  ({run['mode']})", style="bold")
    if run["why"]:
        say(run["why"])
    waiting = run["waiting_for"]
    if waiting and waiting.get("kind") in _ASKS:
        known = {
            "role": "",
            "why": "",
            "until": "",
            "step": "",
            "title": "",
            "level": "",
            **waiting,
            "run": run["id"],
        }
        known["names"] = ", ".join(waiting.get("names", ()))
        known["until"] = words.exact(known["until"] or None)
        say(_ASKS[waiting["kind"]].format(**known))


def _named(given: list[str]) -> dict[str, str]:
    from tocsin.ground.kernel.errors import Invalid

    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise Invalid(f"{each}: there is no =", field="input", fix="Write NAME=VALUE.")
        found[name] = value
    return found
