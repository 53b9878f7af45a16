"""A channel and its provider, ready to speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from provider import Provider, provider_of

from tocsin.act.notify import Channel
from tocsin.act.notify.section import kinds, settings_of
from tocsin.ground.kernel.outbound import Outbound

Pair = tuple[Any, Any]
Open = Callable[..., Pair]


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`speaking("telegram", chat="-100")` → the channel with these settings, and its provider."""
    with ExitStack() as stack:
        outbound = Outbound()
        stack.callback(outbound.close)

        def opened(kind: str, **changes: Any) -> tuple[Channel[Any], Provider]:
            server = stack.enter_context(provider_of(kind))
            for name, value in server.secrets.items():
                monkeypatch.setenv(name, value)
            settings = settings_of(kind).model_validate({"kind": kind, **server.settings(), **changes})
            return kinds()[kind](settings, outbound), server

        yield opened
