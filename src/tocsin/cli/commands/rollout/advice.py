"""`tocsin rollout advise|cause|repair|degrade`: which way back, and the ways that are not a roll back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Subject = Annotated[
    str,
    typer.Argument(metavar="INCIDENT|SERVICE", help="An incident such as INC-2026-0001, or a service."),
]


def add(rollout: typer.Typer) -> None:
    rollout.command("advise")(advise)
    rollout.command("cause")(cause)
    rollout.command("repair")(repair)
    rollout.command("degrade")(degrade)


def advise(
    subject: _Subject,
    cause: Annotated[str | None, typer.Option(help="What the cause is taken to be.")] = None,
    as_json: _Json = False,
) -> None:
    """Say which way back is advised, why, and what speaks against the others."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json, say_table

    told = Server.from_environment().get(*where(subject), "repair", **({"cause": cause} if cause else {}))
    if as_json:
        say_json(told)
        return
    say(f"Cause: {told['cause'] or 'not known'}{_because(told['cause_why'])}")
    chosen = told["chosen"]
    goal = f" to {told['back_to']}" if chosen["strategy"] == "rollback" else ""
    say(f"Advised: {chosen['strategy']}{goal}", style="bold")
    for why in chosen["why"]:
        say(f"  + {why}")
    for why in chosen["against"]:
        say(f"  - {why}")
    say_table(
        ("strategy", "takes", "risk", "data loss", "against it"),
        [
            (
                each["strategy"],
                _time(each),
                each["risk"],
                _yes(each["data_loss"]),
                "; ".join(each["against"]) or "–",
            )
            for each in told["others"]
        ],
    )
    if told["options"]:
        say_table(
            ("simpler mode", "possible now", "title"),
            [(each["name"], _holds(each), each["title"]) for each in told["options"]],
        )


def cause(
    incident: Annotated[str, typer.Argument(help="INC-2026-0001.", show_default=False)],
    word: Annotated[str, typer.Argument(metavar="CAUSE", help="deployment, memory-leak, capacity, …")],
    why: Annotated[str, typer.Option(help="How you know.")] = "",
    as_json: _Json = False,
) -> None:
    """Say what the cause is; the advice follows it."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    said = Server.from_environment().post("incidents", incident, "cause", body={"cause": word, "why": why})
    if as_json:
        say_json(said)
        return
    say(f"{said['incident']}: {said['cause']}")


def repair(
    strategy: Annotated[str, typer.Argument(help="restart or scale.", show_default=False)],
    subject: _Subject,
    reason: Annotated[str, typer.Option(help="For the timeline.")] = "",
    as_json: _Json = False,
) -> None:
    """Restart or scale a service by the way that the configuration names, as a run."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body = {"strategy": strategy, "reason": reason, **about(subject)}
    run = Server.from_environment().post("repairs", body=body)
    if as_json:
        say_json(run)
        return
    say(f"{run['run']}: {run['state']}. `tocsin run show {run['run']}` says how far it is.")


def degrade(
    subject: _Subject,
    option: Annotated[str, typer.Argument(help="Its name, as `tocsin rollout advise` lists it.")],
    reason: Annotated[str, typer.Option(help="For the timeline.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Run a service in a simpler mode, until that is taken back."""
    from tocsin.cli.client import Server
    from tocsin.cli.output import say, say_json

    body = {"option": option, "reason": reason, **about(subject)}
    done = Server.from_environment().post("degrade", body=body)
    if as_json:
        say_json(done)
        return
    say(f"{done['run']} does it. To take it back: tocsin rollout back {done['makeshift']['id']}")


def is_incident(subject: str) -> bool:
    return subject.upper().startswith("INC-")


def where(subject: str) -> tuple[str, str]:
    """The path of an incident or of a service."""
    return ("incidents", subject.upper()) if is_incident(subject) else ("services", subject)


def about(subject: str) -> dict[str, str]:
    """The same in the body of a call."""
    return {"incident": subject.upper()} if is_incident(subject) else {"service": subject}


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def _time(told: Mapping[str, Any]) -> str:
    from tocsin.ground.i18n import span

    measured = f", measured {told['times']}×" if told["times"] else ""
    return f"{span('en', told['seconds'])}{measured}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _holds(option: Mapping[str, Any]) -> str:
    if option["holds"] is None:
        return f"not measured: {option['why']}"
    return _yes(option["holds"])
