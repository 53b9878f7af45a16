"""What is a room called whose address is a secret? By its host: the address itself is not for records and pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.secret import Secret


def host_of(url: Secret, otherwise: str) -> str:
    """The host of an address, or another name while the address is not there; an attempt will say what is missing."""
    try:
        return urlsplit(url.reveal()).netloc or otherwise
    except (Invalid, ValueError):
        return otherwise
