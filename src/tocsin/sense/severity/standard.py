"""What do P0 to P3 ask for where nobody said otherwise? The usual demands, and the policy that is always
there.

The policy reads what senders put into the label `severity`, as the documentation of Prometheus and
PagerDuty uses it, and what they measured. An alert whose severity nobody knows pages like a high one: sleep
is lost at worst.
"""

from __future__ import annotations

from typing import Any

_ROLES = ("commander", "technical-lead", "communications-lead", "scribe")

STANDARD: dict[str, dict[str, Any]] = {
    "P0": {
        "title": "Critical",
        "urgency": "critical",
        "clocks": {"assess": "5m", "restore": "30m", "report": "1h", "postmortem": "24h"},
        "confirm": True,
        "roles": _ROLES,
        "war_room": True,
        "mentions": ("everyone",),
        "repeat": "30m",
    },
    "P1": {
        "title": "High",
        "urgency": "high",
        "clocks": {"assess": "15m", "restore": "2h", "report": "4h", "postmortem": "3d"},
        "confirm": True,
        "roles": _ROLES[:2],
        "repeat": "1h",
    },
    "P2": {
        "title": "Medium",
        "urgency": "medium",
        "clocks": {"assess": "24h", "restore": "1w"},
        "page": False,
        "escalate": False,
    },
    "P3": {"title": "Low", "urgency": "low", "clocks": {}, "page": False, "escalate": False},
}

_SEVERITY = "alert.labels.severity.lowerAscii() in [{}]"


def _labelled(*words: str) -> str:
    return _SEVERITY.format(", ".join(f'"{word}"' for word in words))


DEFAULT: dict[str, Any] = {
    "levels": {
        "P0": {
            "when": [
                "q.all_users",
                "m.availability < 0.5",
                "m.error_rate >= 0.5",
                "m.latency_ratio >= 10.0",
                _labelled("p0", "emergency", "fatal", "disaster"),
            ]
        },
        "P1": {
            "when": [
                "q.core",
                "m.availability < 0.95",
                "m.error_rate >= 0.05",
                "m.latency_ratio >= 5.0",
                "m.users_share > 0.01",
                _labelled("p1", "critical", "page", "error", "high", "major"),
            ],
            "otherwise": True,
        },
        "P2": {"when": [_labelled("p2", "warning", "warn", "average", "minor", "medium")]},
        "P3": {
            "when": [_labelled("p3", "info", "informational", "none", "debug", "low", "ok")],
            "incident": False,
        },
    }
}
