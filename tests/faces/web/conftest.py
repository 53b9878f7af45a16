"""A shop in trouble over real rooms, and people who look at its pages.

Engine and pager stand still: what a run has done is written as its rows would be, so that every state can be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from burning import Burning
from walking import Browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Burning]:
    opened = Burning(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def browser(shop: Burning) -> Browser:
    """Nobody yet."""
    return Browser(shop.asgi)


@pytest.fixture
def mei(shop: Burning) -> Browser:
    """Mei is an admin and on call."""
    return Browser(shop.asgi).sign_in("mei")


@pytest.fixture
def ada(shop: Burning) -> Browser:
    """Ada may only look."""
    return Browser(shop.asgi).sign_in("ada")
