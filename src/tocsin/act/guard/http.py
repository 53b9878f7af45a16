"""What would this request do? RFC 9110 §9.2.1 and the method registry of IANA say which methods are safe.

A `http` block reads as the request line, headers, an empty line, the body; `read_request` takes it apart, and
whoever sends it uses the same reading. What is sent to be changed is looked at more closely: a header may name
another method, the address or the body may say that something is deleted, and some addresses only search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, unquote_plus

from tocsin.act.guard.names import names
from tocsin.act.guard.verbs import DESTROYING, parts_of
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten

_LONGEST = 200_000
_SAFE = names("GET HEAD OPTIONS TRACE PROPFIND REPORT SEARCH QUERY PRI")
_KNOWN = names(
    "POST PUT PATCH COPY MOVE MKCOL MKCALENDAR LOCK UNLOCK PROPPATCH LINK CONNECT ACL CHECKOUT MERGE"
)
_DELETING = names("DELETE PURGE UNLINK BAN UNBIND")
_SAFER = "look at it with GET first"

_OVERRIDES = names("x-http-method-override x-http-method x-method-override")
_GONE = DESTROYING - names("reset forget format overwrite prune del downgrade")
"""Of the words that delete, those that an address means so: `/password/reset` deletes nothing."""
_SEARCHES = re.compile(
    r"/(?:_search(?:/scroll|/template)?|_count|_msearch|_mget|_validate/query|_explain(?:/[^/]+)?|_analyze|_field_caps"
    r"|_termvectors|_rank_eval|_sql|api/v1/(?:query|query_range|query_exemplars|labels|series|label/[^/]+/values)"
    r"|api/ds/query)/?$"
)
"""Addresses of Elasticsearch, OpenSearch, Prometheus, Loki and Grafana that take a POST and only look."""
_SQL_GONE = re.compile(
    r"\b(?:DELETE\s+FROM|TRUNCATE\s+TABLE|DROP\s+(?:TABLE|DATABASE|SCHEMA|INDEX|VIEW|SERIES|MEASUREMENT|USER|SHARD"
    r"|RETENTION|COLLECTION))\b",
    re.IGNORECASE,
)
_ACTIONS = names("action method operation op command cmd _method verb")


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
    request = _read(text)
    if request is None or not request.url.startswith("/"):
        return request
    host = next((value for name, value in request.headers if name.lower() == "host"), "")
    if not host:
        return None
    return Request(
        method=request.method,
        url=f"https://{host}{request.url}",
        headers=request.headers,
        body=request.body,
    )


def _read(text: str) -> Request | None:
    lines = text.splitlines()
    begins = (at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    first = next(begins, None)
    if first is None:
        return None
    lines = lines[first:]
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
    return Request(
        method=words[0].upper(),
        url=words[1],
        headers=tuple(headers),
        body="\n".join(lines[body_from:]).strip("\n"),
    )


def method_level(method: str) -> tuple[Level, str]:
    """The level of a method and the sentence that says so."""
    name = method.upper()
    if name in _SAFE:
        return "read", f"{name} only asks"
    if name in _DELETING:
        return "destroy", f"{name} removes what the address names"
    if name in _KNOWN:
        return "change", f"{name} may change what is behind the address"
    return "change", f"the method {shorten(name, 40)} is not known"


def request_level(
    method: str, url: str = "", headers: Iterable[str] = (), body: str = ""
) -> tuple[Level, str, str]:
    """Level, why and the safer way of a request; `headers` are lines such as `Name: value`."""
    for told in _other_methods(url, headers, body):
        level, why = method_level(told)
        if level == "destroy":
            return level, f"asks for another method: {why}", _SAFER
    level, why = method_level(method)
    if level != "change":
        return level, why, _SAFER if level == "destroy" else ""
    address, _, query = url.partition("?")
    said = _gone(address, query, body)
    if said:
        return "destroy", f"{method.upper()} to what says that it deletes: {shorten(said, 60)}", _SAFER
    if method.upper() == "POST" and (_SEARCHES.search(address) or _is_question(address, body)):
        return "read", "POST to an address that only searches", ""
    return level, why, ""


def _other_methods(url: str, headers: Iterable[str], body: str) -> Iterator[str]:
    for line in headers:
        name, _, value = line.partition(":")
        if name.strip().lower() in _OVERRIDES:
            yield value.strip()
    for text in (url.partition("?")[2], body if body[:1] not in "{[" else ""):
        yield from (value for name, value in _pairs(text) if name == "_method")


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text[:20_000], max_num_fields=200)
    except ValueError:
        return []


def _gone(address: str, query: str, body: str) -> str:
    """The word of an address or a body that says that something is deleted."""
    path = address.partition("://")[2].partition("/")[2] if "://" in address else address.partition("/")[2]
    for segment in unquote_plus(path[:4_000]).split("/")[-3:]:
        if not _GONE.isdisjoint(parts_of(segment)):
            return segment
    for name, value in [*_pairs(query), *(_pairs(body) if body[:1] not in "{[" else [])]:
        if name.lower() in _ACTIONS and not _GONE.isdisjoint(parts_of(value)):
            return value
    statement = _SQL_GONE.search(body) or _SQL_GONE.search(unquote_plus(query[:20_000]))
    if statement:
        return statement[0]
    return _gone_in(_json(body))


def _json(body: str) -> dict[str, Any] | None:
    if not body.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


_MUTATION = re.compile(r"\bmutation\b")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def _gone_in(document: dict[str, Any] | None) -> str:
    """The action of a JSON body, or the mutation of a GraphQL one, that deletes."""
    if document is None:
        return ""
    for name, value in document.items():
        if name.lower() in _ACTIONS and isinstance(value, str) and not _GONE.isdisjoint(parts_of(value)):
            return value
    told = document.get("query")
    if isinstance(told, str) and _MUTATION.search(told):
        return next((each for each in _NAME.findall(told) if not _GONE.isdisjoint(parts_of(each))), "")
    return ""


def _is_question(address: str, body: str) -> bool:
    """A GraphQL document without mutations; it is a question by the specification, as GET is."""
    document = _json(body)
    told = document.get("query") if document is not None else None
    return (
        address.rstrip("/").endswith("graphql")
        and isinstance(told, str)
        and re.match(r"\s*(?:query\b|\{|fragment\b)", told) is not None
        and _MUTATION.search(told) is None
    )


def http_level(method: str) -> Verdict:
    """The verdict on a request by its method."""
    level, why, safer = request_level(method)
    return Verdict.of([Reason(part=method.upper(), level=level, why=why, safer=safer)])


def http_block_level(text: str) -> Verdict:
    """The verdict on a `http` block; one that is not understood is *destroy*."""
    first = shorten(text.strip().partition("\n")[0])
    request = _read(text) if len(text) <= _LONGEST else None
    if request is None:
        return Verdict.of(
            [
                Reason(
                    part=first,
                    level="destroy",
                    why="this is not a request that can be read",
                    safer="write METHOD URL, then headers, an empty line, the body",
                )
            ],
            parsed=False,
        )
    headers = [f"{name}: {value}" for name, value in request.headers]
    level, why, safer = request_level(request.method, request.url, headers, request.body)
    # A path without a host can be judged, but not sent.
    return Verdict.of(
        [Reason(part=first, level=level, why=why, safer=safer)], parsed=read_request(text) is not None
    )
