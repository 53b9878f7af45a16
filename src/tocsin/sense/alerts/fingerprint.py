"""Is this the same alert as before? The identity of an alert: its set of labels, or the key its sender chose.

Labels are shared by all senders (two Prometheus servers tell of one alert); a de-duplication key means something
only together with the intake key it came by, as PagerDuty has it. Text that reaches us holds no NUL (it is stripped at
intake), so NUL parts the fields without ambiguity.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from tocsin.sense.alerts.signal import Sender, Signal


def fingerprint(signal: Signal, sender: Sender) -> str:
    """32 hexadecimal digits."""
    if signal.dedup_key is not None:
        return _digest(f"key\0{sender.key}\0{signal.dedup_key}")
    return fingerprint_of_labels(signal.labels)


def fingerprint_of_labels(labels: Mapping[str, str]) -> str:
    return _digest("\0".join([part for item in sorted(labels.items()) for part in item]))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
