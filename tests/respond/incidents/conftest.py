"""A room of incidents on each database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room, opened

from tocsin.configuration import Configuration
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store


@pytest.fixture
def configured() -> Holder[Configuration]:
    settings: dict[str, Any] = CONFIGURATION
    return Holder(Configuration.model_validate(settings))


@pytest.fixture
def room(store: Store, clock: FrozenClock, configured: Holder[Configuration]) -> Iterator[Room]:
    with opened(store, clock, configured) as put_together:
        yield put_together
