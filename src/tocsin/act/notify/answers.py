"""Was it accepted? One attempt's requests to a provider, and what each answer says about another try.

2xx is accepted. 408, 425, 429 and 5xx are tried again, after `Retry-After` when the answer has one; every other
status is final, redirects too, unless the channel knows better. What the provider says in the answer is told in
the error, without any secret.
"""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from tocsin.act.notify.channel import DEADLINE_S, DeliveryFailed
from tocsin.act.notify.message import one_line
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.outbound import Answer, Outbound, OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret, reveal, scrub

_TRY_AGAIN = {408, 425, 429}
_ASKED_AT_MOST_S = 86_400.0
_WORDS = 300

Words = Callable[[Answer], str]
"""What a provider says in its answer, in its own words; empty if nothing."""
Permanent = Callable[[Answer], bool | None]
"""Whether trying again is useless, where a provider means more by an answer than its status; None: it means no more."""


class Conversation:
    """The requests of one attempt: together they end by its deadline, and every failure is a DeliveryFailed."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._until = time.monotonic() + DEADLINE_S

    @property
    def left(self) -> float:
        """Seconds until the deadline of the attempt."""
        return self._until - time.monotonic()

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        limit: int = 65_536,
    ) -> Answer:
        """The answer, whatever its status. The address stands in the configuration: it may be private."""
        host = urlsplit(url).netloc
        if self.left <= 0:
            raise DeliveryFailed(f"{host} was not asked: the time of this attempt is over.", permanent=False)
        if json is not None:
            # Half a character, as an alert may hold one, is no text: it goes as a question mark.
            content = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "replace"
            )
            headers = {"content-type": "application/json"} | dict(headers or {})
        try:
            return self._outbound.request(
                method, url, headers=headers, content=content, timeout=self.left, trusted=True, limit=limit
            )
        except OutboundRefused as error:
            raise DeliveryFailed(scrub(error.message), permanent=True) from None
        except OutboundFailed as error:
            raise DeliveryFailed(scrub(error.message), permanent=not error.temporary) from None

    def accepted(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        limit: int = 65_536,
        words: Words = lambda _: "",
        permanent: Permanent = lambda _: None,
    ) -> Answer:
        """The answer, when it is 2xx. Raises DeliveryFailed for any other."""
        answer = self.ask(method, url, headers=headers, content=content, json=json, limit=limit)
        if not 200 <= answer.status < 300:
            raise refused(answer, urlsplit(url).netloc, words=words(answer), permanent=permanent(answer))
        return answer


def refused(
    answer: Answer, host: str, *, words: str = "", permanent: bool | None = None, after: float | None = None
) -> DeliveryFailed:
    """The error for an answer that is no acceptance. `permanent` and `after` (seconds), where the provider tells them
    in a way of its own, go before what the status and `Retry-After` say.
    """
    said = scrub(one_line(words, _WORDS))
    final = answer.status < 500 and answer.status not in _TRY_AGAIN if permanent is None else permanent
    return DeliveryFailed(
        f"{host} answered {answer.status}{f': {said}' if said else ''}{'' if said.endswith('.') else '.'}",
        permanent=final,
        retry_after=retry_after(answer, now=time.time()) if after is None else min(after, _ASKED_AT_MOST_S),
    )


def retry_after(answer: Answer, *, now: float) -> float | None:
    """Seconds that the answer asks to wait (RFC 9110, 10.2.3): a number or a date; nonsense is no wish."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(seconds, _ASKED_AT_MOST_S) if seconds >= 0 else None


def fields(answer: Answer) -> Mapping[str, Any]:
    """The JSON object that an answer holds; empty when it holds anything else."""
    return table(parsed(answer.body))


def parsed(body: bytes) -> Any:
    """What JSON text holds; None when it is none."""
    try:
        return jsonlib.loads(body)
    except (ValueError, RecursionError):
        return None


def table(value: Any) -> Mapping[str, Any]:
    """The value if it is an object of JSON, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list of JSON; what is none of either is left out."""
    if not isinstance(value, list):
        return []
    return [table(each) for each in cast("list[Any]", value) if isinstance(each, dict)]


def text(value: Any) -> str:
    """The value if it is text or a number, as text; else nothing."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, (str, int)) else ""


def revealed(value: Secret | str) -> str:
    """A secret on its way into a request. Raises DeliveryFailed when it is absent, saying what to set."""
    try:
        return reveal(value)
    except Invalid as error:
        raise DeliveryFailed(error.message, permanent=True) from None
