"""Is the place still the one that was approved? A seal on each target: its settings, with secrets as references.

It goes into the hash that an approval is bound to. It is keyed, since whoever may look at a request shall not try out
guesses of what stands in a target.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from tocsin.ground.catalogue import Service, Target


def seals(service: Service, key: bytes) -> dict[str, str]:
    """By the name of the target. A rotated secret leaves the seal as it is; another reference, or host, does not."""
    return {
        name: hmac.new(key, b"target\0" + _settings(target), hashlib.sha256).hexdigest()
        for name, target in service.targets.items()
    }


def _settings(target: Target) -> bytes:
    return msgspec.json.encode(target.model_dump(mode="json"), order="deterministic")
