"""What has somebody to see on a terminal before they say yes? The text as it will run, and everything around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.cli import words

_HERE = "this machine, where Tocsin runs"


def lines(request: Mapping[str, Any]) -> Iterator[str]:
    """A request of the API, line by line."""
    yield f"{request['title']} · {request['runbook']}" + (
        f" · {request['incident']}" if request["incident"] else ""
    )
    for name, value in _facts(request):
        yield f"  {name + ':':<10} {value}"
    yield "  runs once, exactly so:"
    for line in request["text"].splitlines() or [""]:
        yield f"      {line}"
    for name, value in request["inputs"].items():
        yield f"      {name} = {value}"


def where(request: Mapping[str, Any]) -> str:
    """On which target; what the service calls it, and what it is."""
    if not request["place"]:
        return _HERE
    known = f"{request['place']} ({request['place_kind'] or 'the service has no such target any more'})"
    return f"{known}, by a worker with the label {request['worker']}" if request["worker"] else known


def _facts(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "level", request["level"]
    yield "where", where(request)
    yield "asked by", f"{request['requested_by']}, {words.past(request['requested_at'])}"
    others = ", not by who asked" if request["four_eyes"] else ""
    yield "decided by", f"{request['given']} of {request['quorum']} with the role {request['role']}{others}"
    for vote in request["votes"]:
        said = "yes" if vote["yes"] else "no"
        yield (
            said,
            f"{vote['voter']}, {words.past(vote['at'])}" + (f": {vote['reason']}" if vote["reason"] else ""),
        )
    if request["state"] != "asked":
        yield "ended", f"{request['state']}, {words.past(request['decided_at'])}"
    elif request["expires_at"]:
        yield "expires", words.exact(request["expires_at"])
