"""What would this request do? RFC 9110 §9.2.1: GET, HEAD, OPTIONS and TRACE are safe; nothing else is.

A `http` block reads as the request line, headers, an empty line, the body; `read_request` takes it apart, and
whoever sends it uses the same reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.act.guard.verdict import Level, Reason, Verdict

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_KNOWN = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def read_request(text: str) -> Request | None:
    """The request that a `http` block writes, or None where the first line is no request line.

    Lines that begin with `#` before the request line are comments. A path alone is joined to the header `Host`,
    by https.
    """
    lines = text.splitlines()
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
        lines.pop(0)
    if not lines:
        return None
    words = lines[0].split()
    if len(words) == 1 and "://" in words[0]:
        words.insert(0, "GET")
    if len(words) not in (2, 3) or not words[0].isalpha():
        return None
    if len(words) == 3 and not words[2].upper().startswith("HTTP/"):
        return None
    headers: list[tuple[str, str]] = []
    body_from = len(lines)
    for number, line in enumerate(lines[1:], start=1):
        if not line.strip():
            body_from = number + 1
            break
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            return None
        headers.append((name.strip(), value.strip()))
    url = words[1]
    if url.startswith("/"):
        host = next((value for name, value in headers if name.lower() == "host"), "")
        if not host:
            return None
        url = f"https://{host}{url}"
    return Request(
        method=words[0].upper(),
        url=url,
        headers=tuple(headers),
        body="\n".join(lines[body_from:]).strip("\n"),
    )


def method_level(method: str) -> tuple[Level, str]:
    """The level of a method and the sentence that says so."""
    name = method.upper()
    if name in _SAFE:
        return "read", f"{name} only asks"
    if name == "DELETE":
        return "destroy", "DELETE removes what the address names"
    if name in _KNOWN:
        return "change", f"{name} may change what is behind the address"
    return "change", f"the method {name} is not known"


def http_level(method: str) -> Verdict:
    """The verdict on a request by its method."""
    level, why = method_level(method)
    safer = "look at it with GET first" if level == "destroy" else ""
    return Verdict.of([Reason(part=method.upper(), level=level, why=why, safer=safer)])


def http_block_level(text: str) -> Verdict:
    """The verdict on a `http` block; one that is not understood is *destroy*."""
    request = read_request(text)
    if request is None:
        return Verdict.of(
            [
                Reason(
                    part=text.strip().partition("\n")[0][:160],
                    level="destroy",
                    why="this is not a request that can be read",
                    safer="write METHOD URL, then headers, an empty line, the body",
                )
            ],
            parsed=False,
        )
    return http_level(request.method)
