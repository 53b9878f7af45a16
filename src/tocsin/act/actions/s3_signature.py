"""How is a request to an object store signed? Signature Version 4 in the header, over the body as well.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

_SAFE = "-_.~"


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """Whose request it is, and for which region. `token` is that of a temporary key."""

    access: str
    secret: str
    region: str
    token: str = ""


def escaped(text: str, keep: str = "/") -> str:
    """A key as it stands in a path."""
    return quote(text, safe=f"{_SAFE}{keep}")


def query_of(query: Mapping[str, str]) -> str:
    """A query in the one order and quoting that is signed."""
    return "&".join(f"{quote(name, safe=_SAFE)}={quote(query[name], safe=_SAFE)}" for name in sorted(query))


def signed(
    keys: Keys, method: str, url: str, query: Mapping[str, str], body: bytes, at: datetime
) -> dict[str, str]:
    """The headers of a request to `url` (without its query) at this moment, signature and all."""
    address = urlsplit(url)
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "host": address.netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": at.strftime("%Y%m%dT%H%M%SZ"),
    }
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    asked = "\n".join((method, address.path or "/", query_of(query), lines, names, digest))
    scope = f"{at:%Y%m%d}/{keys.region}/s3/aws4_request"
    told = "\n".join(
        ("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(asked.encode()).hexdigest())
    )
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}"
    headers["authorization"] = f"{credential}, SignedHeaders={names}, Signature={signature}"
    return headers
