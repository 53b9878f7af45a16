from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from tocsin.ground.accounts import Accounts
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store


@pytest.fixture
def accounts(store: Store, clock: FrozenClock) -> Accounts:
    """Accounts with the cheapest argon2 there is: these tests are about who is let in, not about the cost."""
    return Accounts(store, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
