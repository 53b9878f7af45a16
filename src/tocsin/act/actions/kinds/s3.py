"""Objects of a bucket in S3, R2 or anything that speaks like them: list, head, and a probe that writes and reads.

    targets: {store: {kind: s3, endpoint: "https://ACCOUNT.r2.cloudflarestorage.com", region: auto, bucket: exports,
              access_key: "env:R2_ACCESS_KEY", secret_key: "env:R2_SECRET_KEY"}}

Requests are signed as AWS documents it
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html); the bucket is part of the path. Without
`endpoint` it is Amazon's own of the region.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from xml.etree import ElementTree

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.s3_signature import Keys, escaped, query_of, signed
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, setting, tell
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.clock import Clock, SystemClock
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.outbound import Answer, Outbound, OutboundFailed

_LARGEST = 8 << 20
_PAGE = 1_000
_PROBE = "tocsin-probe/"
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class List(Verb):
    """The objects below a prefix, with size and age."""

    title = N_("List objects")
    level = "read"
    examples = ({}, {"prefix": "exports/2026/", "limit": 50})

    prefix: str = Field(default="", max_length=1_024, description="Only keys that begin with this.")
    limit: int = Field(default=_PAGE, ge=1, le=100_000, description="So many at most.")

    def plan(self) -> str:
        return f"Lists up to {self.limit} objects below {self.prefix or 'the root'}."


class Head(Verb):
    """Is this object there, how large is it, and when was it written? Not well where it is absent, small or old."""

    title = N_("Look at an object")
    level = "read"
    examples = ({"key": "exports/latest.json"}, {"key": "feed.xml", "smallest": 1000, "newer_than": "2h"})

    key: Word = Field(description="The object's key.")
    smallest: int = Field(default=0, ge=0, description="Fewer bytes than this are too few.")
    newer_than: Duration | None = Field(default=None, description="Written longer ago than this is too old.")

    def plan(self) -> str:
        return f"Looks whether {self.key} is there, and how large and old it is."


class Probe(Verb):
    """Writes a small object of its own, reads it back, and removes it: does the store take and give?"""

    title = N_("Write, read and remove")
    level = "change"
    idempotent = True

    def plan(self) -> str:
        return f"Writes a small object below {_PROBE}, reads it back and removes it."


class S3(Toolbox):
    title = N_("Object store (S3, R2)")
    verbs: ClassVar = (List, Head, Probe)

    def __init__(self, outbound: Outbound, clock: Clock | None = None) -> None:
        super().__init__(outbound)
        self.clock = clock or SystemClock()

    def act(self, verb: Verb, call: Call) -> Result:
        bucket = _Bucket(self, call)
        match verb:
            case List():
                return tell(call, bucket.listed(verb.prefix, verb.limit))
            case Head():
                return _looked(verb, bucket, call, self.clock.now())
            case Probe():
                return _probed(bucket, call)
            case _:
                raise CannotRun(f"there is no verb {type(verb).named()}")


class _Bucket:
    """One bucket of the target, with its keys."""

    def __init__(self, toolbox: S3, call: Call) -> None:
        self._toolbox = toolbox
        self._call = call
        region = setting(call, "region", "us-east-1")
        default = f"https://s3.{region}.amazonaws.com"
        self._endpoint = setting(call, "endpoint", default).rstrip("/")
        self._bucket = escaped(setting(call, "bucket"), keep="")
        self._keys = Keys(
            access=setting(call, "access_key"),
            secret=setting(call, "secret_key"),
            region=region,
            token=setting(call, "session_token", ""),
        )

    def ask(
        self, method: str, key: str = "", *, query: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One signed request, whatever its status."""
        path = f"/{self._bucket}{'/' + escaped(key) if key else ''}"
        url = f"{self._endpoint}{path}"
        headers = signed(self._keys, method, url, query or {}, body, self._toolbox.clock.now())
        if query:
            url = f"{url}?{query_of(query)}"
        return self._toolbox.outbound.request(
            method,
            url,
            headers=headers,
            content=body if method == "PUT" else None,
            timeout=self._call.timeout_s,
            trusted=True,
            limit=_LARGEST,
        )

    def listed(self, prefix: str, limit: int) -> Iterator[dict[str, Any]]:
        token = ""
        left = limit
        while left > 0:
            query = {"list-type": "2", "max-keys": str(min(left, _PAGE)), "prefix": prefix}
            if token:
                query["continuation-token"] = token
            told = _xml(done(self.ask("GET", query=query)))
            if told is None:
                raise OutboundFailed("this is no object store")
            for each in told.iter(f"{_NAMESPACE}Contents"):
                left -= 1
                yield {
                    "key": each.findtext(f"{_NAMESPACE}Key"),
                    "bytes": int(each.findtext(f"{_NAMESPACE}Size") or 0),
                    "written_at": each.findtext(f"{_NAMESPACE}LastModified"),
                }
            token = told.findtext(f"{_NAMESPACE}NextContinuationToken") or ""
            if not token:
                return


def done(answer: Answer) -> Answer:
    """The answer of a request that the store carried out. Raises OutboundFailed with the store's own word."""
    if 200 <= answer.status < 300:
        return answer
    told = _xml(answer)
    code = told.findtext("Code") if told is not None else ""
    raise OutboundFailed(f"the store answered {answer.status}{' ' + code if code else ''}")


def _xml(answer: Answer) -> ElementTree.Element | None:
    """The document of an answer; None for what is none. One that declares entities is not read at all."""
    if b"<!" in answer.body:
        return None
    try:
        return ElementTree.fromstring(answer.text)  # noqa: S314 - without a declaration there is nothing to expand
    except ElementTree.ParseError:
        return None


def _looked(verb: Head, bucket: _Bucket, call: Call, now: datetime) -> Result:
    answer = bucket.ask("HEAD", verb.key)
    if answer.status == 404:
        return tell(call, [{"key": verb.key, "there": False}], well=False, why=f"{verb.key} is not there")
    headers = done(answer).headers
    size = int(headers.get("content-length", 0))
    written = parsedate_to_datetime(headers["last-modified"]) if "last-modified" in headers else None
    age = max(0, round((now - written).total_seconds())) if written else None
    why = ""
    if size < verb.smallest:
        why = f"{verb.key} has {size} bytes, fewer than {verb.smallest}"
    elif verb.newer_than is not None and (age is None or age > verb.newer_than.total_seconds()):
        why = f"{verb.key} was written {age} s ago"
    row = {
        "key": verb.key,
        "there": True,
        "bytes": size,
        "age_s": age,
        "type": headers.get("content-type"),
        "etag": headers.get("etag"),
    }
    return tell(call, [row], well=not why, why=why)


def _probed(bucket: _Bucket, call: Call) -> Result:
    """Every stage with its time; what was written is removed whatever happens between."""
    key = f"{_PROBE}{secrets.token_hex(8)}"
    word = secrets.token_bytes(64)
    row: dict[str, Any] = {"key": key}
    row["put_ms"] = done(bucket.ask("PUT", key, body=word)).ms
    try:
        read = done(bucket.ask("GET", key))
        row["get_ms"] = read.ms
    finally:
        removed = bucket.ask("DELETE", key)
    row["delete_ms"] = done(removed).ms
    same = read.body == word
    return tell(call, [row], well=same, why="" if same else "what was read is not what was written")
