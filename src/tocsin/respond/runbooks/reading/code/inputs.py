"""What kind of value is an input, and is it a secret? Guessed from its name, said in the front matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from tocsin.respond.runbooks.document import Input, Step

_TYPES: tuple[tuple[str, str], ...] = (
    ("token", r"TOKEN|SECRET|PASSWORD|PASSWD|PASS|API_KEY|CREDENTIALS?|(?:ACCESS|PRIVATE)_KEY"),
    ("ip", r"IP|ADDR|IP_ADDRESS"),
    ("url", r"URL|URI|ENDPOINT|DSN|WEBHOOK"),
    ("host", r"HOST|HOSTNAME|DOMAIN|SERVER|NODE|INSTANCE|COM|ORG|NET|IO|DEV|LOCAL"),
    ("path", r"PATH|FILE|DIR|DIRECTORY|FOLDER|HOME|CONF|CONFIG|LOG"),
    ("number", r"PORT|COUNT|LIMIT|SIZE|PID|NUM|NUMBER|REPLICAS|SECONDS|MINUTES|MS|THRESHOLD"),
)
_TYPED = tuple((kind, re.compile(rf"(?:^|_)(?:{names})\d*$")) for kind, names in _TYPES)
_SECRET = re.compile(
    r"TOKEN|SECRET|PASSW(?:OR)?D|(?:^|_)PASS$|API_?KEY|PRIVATE_KEY|CREDENTIAL|DSN$|(?:^|_)(?:DATABASE|DB|REDIS|AMQP|MONGO(?:DB)?|WEBHOOK)_URL$|CONNECTION_STRING$"
)


def guess_type(name: str) -> str:
    upper = name.upper()
    return next((kind for kind, pattern in _TYPED if pattern.search(upper)), "text")


def is_secret(name: str) -> bool:
    return _SECRET.search(name.upper()) is not None


def collect(steps: Iterable[Step], defaults: Mapping[str, str], told: Mapping[str, Any]) -> tuple[Input, ...]:
    """The inputs of all steps, each with the lines of the steps that name it, in the order of the document."""
    lines: dict[str, list[int]] = {}
    for step in sorted(steps, key=lambda each: each.line):
        for name in step.inputs:
            lines.setdefault(name, []).append(step.line)
    for name in told:
        lines.setdefault(name, [])
    return tuple(_input(name, tuple(where), defaults, told.get(name)) for name, where in lines.items())


def _input(name: str, lines: tuple[int, ...], defaults: Mapping[str, str], told: Any) -> Input:
    said = (
        cast("dict[str, Any]", told)
        if isinstance(told, dict)
        else {"default": told}
        if told is not None
        else {}
    )
    default = said.get("default", defaults.get(name))
    return Input(
        name=name,
        type=str(said.get("type") or guess_type(name)),
        default=None if default is None else str(default),
        secret=bool(said.get("secret", is_secret(name))),
        lines=lines,
    )
