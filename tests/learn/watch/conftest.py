"""An installation that is watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from watched import Watched, watched_house

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store


@pytest.fixture
def watched(store: Store, clock: FrozenClock, tmp_path: Path) -> Iterator[Watched]:
    with watched_house(store, clock, tmp_path) as house:
        yield house
