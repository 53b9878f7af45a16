"""Under which name is an answer kept? A key that is a safe file name and tells a person what it is."""

from __future__ import annotations

_LONGEST = 80


def key_of(*parts: str) -> str:
    """Small letters, digits, dots and dashes: `("Stack", "docker ps")` → `stack.docker-ps`."""
    return ".".join(filter(None, (_safe(part) for part in parts)))[:_LONGEST].strip(".") or "part"


def _safe(text: str) -> str:
    kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in text.lower())
    return "-".join(filter(None, kept.split("-")))
