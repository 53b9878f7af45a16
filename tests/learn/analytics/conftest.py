"""A room of incidents, and what is counted when they end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from incident_room import CONFIGURATION, Room, opened

from tocsin.configuration import Configuration
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[Room]:
    with opened(store, clock, Holder(Configuration.model_validate(CONFIGURATION))) as put_together:
        yield put_together
