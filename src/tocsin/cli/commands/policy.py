"""`tocsin policy …`: do the severity rules do what they should, and why does an alert get its level?"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tocsin.configuration import Configuration
    from tocsin.sense.severity import Facts, Policy, Told

_LARGEST = 5_000_000
_Config = Annotated[Path | None, typer.Option("--config", help="The folder with tocsin.yaml.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(app: typer.Typer) -> None:
    policy = typer.Typer(no_args_is_help=True, help="Test severity policies and explain what they say.")
    policy.command("test")(run)
    policy.command("explain")(explain)
    app.add_typer(policy, name="policy")


def run(
    name: Annotated[str | None, typer.Argument(help="Only this policy.", show_default=False)] = None,
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Run the cases that stand beside the policies; exit with 1 if one fails."""
    from tocsin.cli.output import say, say_json
    from tocsin.configuration import find_folder, load
    from tocsin.ground.catalogue import did_you_mean
    from tocsin.ground.kernel.errors import NotFound
    from tocsin.sense.severity import run_cases

    found = load(find_folder(config)).required()
    if name is not None and name not in found.policies:
        raise NotFound(f"there is no policy {name}", fix=did_you_mean(name, found.policies, "policies"))
    results = {
        each: run_cases(policy, found.services)
        for each, policy in found.policies.items()
        if name in (None, each)
    }
    every = [result for some in results.values() for result in some]
    failed = sum(not result.ok for result in every)
    if as_json:
        say_json(
            {
                "ok": not failed,
                "cases": [
                    {
                        "policy": policy,
                        "case": result.case.name,
                        "expect": result.case.expect,
                        "level": result.decision.level,
                        "ok": result.ok,
                        "rule": result.decision.rule,
                        "values": result.decision.values,
                    }
                    for policy, some in results.items()
                    for result in some
                ],
            }
        )
    else:
        for policy, some in results.items():
            for result in some:
                decision = result.decision
                mark = "ok  " if result.ok else "FAIL"
                wanted = "" if result.ok else f", expected {result.case.expect}"
                say(f"{mark}  {policy}: {result.case.name} → {decision.level}{wanted} ({decision.rule})")
        say(
            f"{len(every)} cases, {failed} failed"
            if every
            else "no policy has cases yet; write them under cases:"
        )
    if failed:
        raise typer.Exit(1)


def explain(
    alert: Annotated[
        str, typer.Argument(metavar="ALERT.json", help="An alert or a list of them; - reads stdin.")
    ],
    service: Annotated[str | None, typer.Option(help="Instead of the service that the alert finds.")] = None,
    config: _Config = None,
    as_json: _Json = False,
) -> None:
    """Say which rule matched with which values, and what was not measured."""
    from tocsin.cli.output import say, say_json
    from tocsin.configuration import find_folder, load
    from tocsin.ground.catalogue import did_you_mean, service_of
    from tocsin.ground.kernel.errors import NotFound
    from tocsin.sense.severity import alerts_in, facts_of

    found = load(find_folder(config)).required()
    if service is not None and service not in found.services:
        raise NotFound(
            f"there is no service {service}", fix=did_you_mean(service, found.services, "services")
        )
    explained: list[dict[str, Any]] = []
    for each in alerts_in(_read(alert)):
        name, owner = (service, found.services[service]) if service else service_of(found, each.labels)
        facts = facts_of(each, name, owner)
        explained.append(_explained(found, each, name, found.policy(owner.policy), facts))
    if as_json:
        say_json(explained if len(explained) != 1 else explained[0])
        return
    for index, each in enumerate(explained):
        if index:
            say()
        _tell(each)


def _read(name: str) -> Any:
    from tocsin.ground.kernel.errors import Malformed, NotFound, TooLarge

    try:
        with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise NotFound(
            f"{name} cannot be read: {error.strerror}", fix="name a file with an alert in JSON"
        ) from None
    if len(raw) > _LARGEST:
        raise TooLarge(f"{name} is larger than 5 MB", fix="give one alert or a few")
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Malformed(
            f"{name} is not JSON", fix='an alert looks like {"labels": {"alertname": "x"}}'
        ) from None


def _explained(
    found: Configuration, alert: Told, service: str, policy: Policy, facts: Facts
) -> dict[str, Any]:
    from tocsin.ground.kernel.duration import format_duration
    from tocsin.sense.severity import decide, explain

    decision = decide(policy.name, policy, facts)
    return {
        "alert": alert.name,
        "service": service,
        "policy": decision.policy,
        "level": decision.level,
        "title": decision.spec.title,
        "rule": decision.rule,
        "values": decision.values,
        "unmeasured": list(decision.unmeasured),
        "pages": decision.spec.page,
        "clocks": {
            name: None if limit is None else format_duration(limit)
            for name, limit in decision.spec.clocks.items()
        },
        "rules": [
            {
                "level": each.level,
                "rule": each.rule,
                "true": each.verdict.true,
                "values": each.verdict.values,
                "unmeasured": list(each.verdict.unmeasured),
                "why": each.verdict.why,
            }
            for each in explain(policy, facts)
        ],
    }


def _tell(each: dict[str, Any]) -> None:
    from tocsin.cli.output import say, say_table

    say(
        f"{each['alert']} ({each['service']}, policy {each['policy']}) → {each['level']} {each['title']}",
        style="bold",
    )
    say(f"because {each['rule']}{_values(each['values'], ' with ')}")
    if each["unmeasured"]:
        say(f"not measured: {', '.join(each['unmeasured'])}")
    clocks = ", ".join(f"{name} {limit or 'none'}" for name, limit in each["clocks"].items())
    say(f"clocks: {clocks or 'none'}; {'pages' if each['pages'] else 'pages nobody'}")
    rows: list[tuple[str, str, str, str]] = []
    for rule in each["rules"]:
        answer = "true" if rule["true"] else "not measured" if rule["unmeasured"] else "false"
        rows.append((rule["level"], rule["rule"], answer, _values(rule["values"]) or rule["why"]))
    say_table(("level", "rule", "answer", "values"), rows)


def _values(values: dict[str, Any], before: str = "") -> str:
    return before + ", ".join(f"{name} = {value}" for name, value in values.items()) if values else ""
