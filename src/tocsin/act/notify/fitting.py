"""How does a message fit where there is little room? It ends in an ellipsis, and keeps its link."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Size = Callable[[str], int]
"""How much room a text takes: never less when the text grows."""


def fit(text: str, limit: int, *, size: Size = len, ellipsis: str = "…") -> str:
    """The longest beginning of the text that takes at most `limit`, with an ellipsis where something is gone.

    `size` may measure the escaped text, so that what is cut is never half an escape.
    """
    if size(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle].rstrip() + ellipsis) <= limit:
            low = middle
        else:
            high = middle - 1
    shortest = text[:low].rstrip() + ellipsis
    return shortest if size(shortest) <= limit else ""


def fitted(
    head: str, lines: Iterable[str], tail: str, limit: int, *, size: Size = len, ellipsis: str = "…"
) -> str:
    """Head, lines and tail, each on a line of its own. The tail (a link) stays whole; the rest is cut."""
    body = "\n".join([head, *lines])
    end = f"\n{tail}" if tail else ""
    return fit(body, limit, size=lambda text: size(text + end), ellipsis=ellipsis) + end


def utf8(text: str) -> int:
    """Bytes on the wire."""
    return len(text.encode("utf-8", "replace"))
