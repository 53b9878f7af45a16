"""How does a job tell Tocsin how it went, and never suffer for it? A few short requests; what fails is sent later.

A request that nobody answers is handed to a process of its own, which tries again a few times over some minutes, so
that the job ends at once with its own status. `python -m tocsin.cli.reporting` is that process.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TIMEOUT_S = 5.0
_WAITS_S = (2, 5, 15, 60, 180)
_AGAIN = (408, 429)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One request that tells something."""

    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What became of it: `why` it was not taken, if it was not, and whether trying `again` may help."""

    why: str = ""
    again: bool = False


def send(report: Report, timeout: float = TIMEOUT_S) -> Sent:
    """Tries once. Never raises for what the other side does."""
    from tocsin.ground.kernel.outbound import Outbound, OutboundFailed, OutboundRefused

    outbound = Outbound()
    try:
        answer = outbound.request(
            "POST", report.url, headers=report.headers, content=report.body, timeout=timeout, trusted=True
        )
    except OutboundFailed as error:
        return Sent(why=error.message, again=True)
    except OutboundRefused as error:
        return Sent(why=error.message)
    finally:
        outbound.close()
    if answer.status < 400:
        return Sent()
    words = answer.text.strip().partition("\n")[0][:200]
    again = answer.status >= 500 or answer.status in _AGAIN
    return Sent(why=f"it answered {answer.status} {words}".rstrip(), again=again)


def send_later(report: Report) -> None:
    """Leaves it to a process of its own, which does not hold ours. Secrets go through its input, not its arguments."""
    told = {
        "url": report.url,
        "headers": dict(report.headers),
        "body": base64.b64encode(report.body).decode(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin
    with process.stdin:
        process.stdin.write(json.dumps(told).encode())
    process.returncode = 0  # it is meant to outlive us: nobody waits for it


def retry(report: Report, waits: Sequence[float] = _WAITS_S) -> bool:
    """Tries after each of these waits, in seconds, until it is taken or refused; says whether it was taken."""
    for wait in waits:
        time.sleep(wait)
        sent = send(report)
        if not sent.again:
            return not sent.why
    return False


def _main() -> None:
    told = json.load(sys.stdin)
    retry(Report(url=told["url"], headers=told["headers"], body=base64.b64decode(told["body"])))


if __name__ == "__main__":
    _main()
