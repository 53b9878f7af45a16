"""How is a provider's web interface asked? One request with a bearer token, its answer as JSON, its refusal in words.

Every part of a path is quoted by itself, so a name never becomes another path. All requests of one step share one
deadline. Before the first request that may change something `before_change` is called: who counts attempts wants to
know whether it ever came to that.
"""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlencode

from tocsin.act.targets.target import BadTarget, TargetFailed
from tocsin.ground.kernel.outbound import Answer, Outbound, OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret

LARGEST = 8 << 20
"""An answer is read up to 8 MiB."""
_SHORTEST_S = 0.05
_CURES = {
    401: "Check the token: it is missing, wrong or no longer valid.",
    403: "Give the token the permission for this.",
    404: "Check the names and ids, and that the token may see them.",
}


class Rest:
    """One provider, as the owner of one token. `words` finds the provider's own reason in an error's JSON."""

    def __init__(
        self,
        outbound: Outbound,
        *,
        name: str,
        base: str,
        token: Secret,
        words: Callable[[Any], str],
        timeout_s: float,
        before_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._outbound = outbound
        self._name = name
        self._base = base.rstrip("/")
        self._token = token
        self._words = words
        self._until = time.monotonic() + timeout_s
        self._before_change = before_change

    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self._until - time.monotonic()

    def ask(
        self, method: str, *path: str, query: Iterable[tuple[str, str]] = (), json: Any = None
    ) -> tuple[int, Any]:
        """The status and the JSON of a good answer; None for an empty one. Raises BadTarget before anything was sent,
        TargetFailed for a refusal or no answer.
        """
        asked = urlencode(list(query))
        url = "/".join((self._base, *(_part(each) for each in path))) + (f"?{asked}" if asked else "")
        headers = {"authorization": f"Bearer {self._token.reveal()}", "accept": "application/json"}
        if method != "GET":
            self._before_change()
        try:
            got = self._outbound.request(
                method,
                url,
                headers=headers,
                json=json,
                timeout=max(_SHORTEST_S, self.left_s()),
                trusted=True,  # the address stands in the catalogue
                limit=LARGEST,
            )
        except OutboundRefused as error:
            raise BadTarget(error.message, fix=error.fix) from None
        except OutboundFailed as error:
            raise TargetFailed(f"{self._name}: {error.message}", temporary=error.temporary) from None
        told = _json(got)
        if 200 <= got.status < 300:
            return got.status, told
        why = self._words(told)
        raise TargetFailed(
            f"{self._name} answered {got.status}{f': {why}' if why else ''}",
            answered=got.status,
            temporary=got.status in (408, 425, 429) or got.status >= 500,
            fix=_CURES.get(got.status, ""),
        )


def _part(text: str) -> str:
    if text in ("", ".", ".."):
        raise BadTarget(f"{text!r} is no name")
    return quote(text, safe="")


def _json(got: Answer) -> Any:
    try:
        return jsonlib.loads(got.body) if got.body.strip() else None
    except (ValueError, RecursionError):
        return None
