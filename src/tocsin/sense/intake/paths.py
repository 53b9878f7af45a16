"""Is this path among those? Paths as sources declare them, in which `*` stands for one part."""

from __future__ import annotations

from collections.abc import Iterable


class Paths:
    """A set of declared paths. One without `*` is found by looking it up: the way that thousands take each second."""

    def __init__(self, declared: Iterable[str]) -> None:
        every = tuple(declared)
        self._plain = frozenset(each for each in every if "*" not in each)
        self._parts = [(each, each.split("/")) for each in every if "*" in each]

    def found(self, path: str) -> str | None:
        """The declared path that this one is."""
        if path in self._plain:
            return path
        if not self._parts:
            return None
        given = path.split("/")
        for declared, parts in self._parts:
            if len(parts) == len(given) and all(
                each == other or (each == "*" and other) for each, other in zip(parts, given, strict=True)
            ):
                return declared
        return None

    def has(self, path: str) -> bool:
        return self.found(path) is not None
