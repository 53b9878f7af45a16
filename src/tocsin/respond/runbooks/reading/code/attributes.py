"""What stands behind the language of a fence? ```` ```bash {name=restart timeout=2m expect="exit == 0"} ````

Values may be quoted; a name alone means true. The JSON form of other tools (`{"name": "x"}`) is read as well, and
so are their names for the same thing.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

_ATTRIBUTE = re.compile(r"""([A-Za-z_#.][\w.-]{0,40})(?:\s*=\s*("(?:\\.|[^"\\])*"|'[^']*'|[^\s,}]+))?\s*,?""")
_ALIASES = {
    "title": "title",
    "needs_approval": "approve",
    "approval": "approve",
    "quorum": "approvals",
    "retry": "retries",
    "excludefromrunall": "excluded",
    "target": "on",
    "every": "poll",
    "until": "for",
}


def split_info(info: str) -> tuple[str, dict[str, str]]:
    """The language, small, and the attributes of an info string."""
    language, brace, rest = info[:4_000].partition("{")
    words = language.split()
    name = re.split(r"[,:;]", words[0].strip(",:;"), maxsplit=1)[0].lower() if words else ""
    attributes = _pairs(" ".join(words[1:])) if "=" in language else {}
    if brace:
        attributes |= _json(brace + rest) or _pairs(rest.rpartition("}")[0] or rest)
    return name, attributes


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(text):
        if name.startswith((".", "#")):
            continue
        plain = str(value)
        if plain[:1] == '"':
            plain = plain[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        elif plain[:1] == "'":
            plain = plain[1:-1]
        found[_name(name)] = plain or "true"
    return found


def _json(text: str) -> dict[str, str] | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    pairs = cast("dict[str, Any]", value)
    return {_name(key): _text(each) for key, each in pairs.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(name: str) -> str:
    low = name.lower().replace("-", "_")
    return _ALIASES.get(low, low)
