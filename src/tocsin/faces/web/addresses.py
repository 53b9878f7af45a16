"""Which page shows this runbook?"""

from __future__ import annotations

from urllib.parse import quote


def address_of(path: str) -> str:
    """The page of a runbook; one inside a file, `FILE#NAME`, has a path below that of the file."""
    return f"/runbooks/{quote(path.replace('#', '/', 1))}"
