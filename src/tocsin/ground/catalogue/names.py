"""What may a name in the configuration look like? Slugs, languages, time zones, addresses."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.addresses import parse_place

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""The name of a service, person, team…: small letters, digits, - and _; it stands in links and in file names."""


def _language(value: object) -> object:
    """`zh-Hant`, `zh-TW` and `zh` mean the one Chinese that there is."""
    text = str(value).replace("-", "_")
    if text.lower() in ("zh", "zh_tw", "zh_hk", "zh_hant", "zh_hant_tw"):
        return "zh_Hant"
    if text.lower() in ("en", "en_us", "en_gb"):
        return "en"
    raise ValueError(f"there is no language {value!r}; there are en and zh_Hant")


Language = Annotated[
    str, BeforeValidator(_language), WithJsonSchema({"type": "string", "enum": ["en", "zh_Hant"]})
]


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(value: str) -> str:
    if value in _zones():
        return value
    close = closest(value, _zones())
    raise ValueError(
        f"there is no time zone {value!r}; {f'did you mean {close}?' if close else 'write it like Asia/Taipei'}"
    )


TimeZone = Annotated[str, AfterValidator(_zone)]


def _web_address(value: str) -> str:
    parts = urlsplit(value)  # raises ValueError for brackets that do not close
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a web address begins with http:// or https:// and names a host")
    if parts.username or parts.password:
        raise ValueError("no user and password in a web address; use a secret reference where one is wanted")
    return value.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


def _place(value: str) -> str:
    parse_place(value)
    return value


PlaceToConnect = Annotated[str, AfterValidator(_place)]
"""A host or an address, with a port where it is not the usual one."""


def _mail_address(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or not value.isprintable() or any(each in value for each in ' ,;<>"'):
        raise ValueError("an e-mail address is written like mei@example.com")
    return value


MailAddress = Annotated[str, AfterValidator(_mail_address)]


def _phone(value: object) -> object:
    """With the separators that people write, and kept without them (E.164)."""
    digits = str(value).translate(str.maketrans("", "", " -().\u00a0"))
    if not (
        digits.startswith("+")
        and digits[1:].isascii()
        and digits[1:].isdigit()
        and 7 <= len(digits[1:]) <= 15
    ):
        raise ValueError("a phone number is written with its country in front, in quotes: '+886912345678'")
    return digits


Phone = Annotated[
    str, BeforeValidator(_phone), WithJsonSchema({"type": "string", "pattern": r"^\+[0-9]{7,15}$"})
]


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant; empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else ""


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """The cure for a name that leads nowhere: the nearest one, or all there are, or where to add it."""
    names = sorted(known)
    if close := closest(name, names):
        return sentence(N_("did you mean {name}?"), name=close)
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    if not names:
        return sentence(N_("add {name} under {what}:"), name=name, what=what)
    return sentence(N_("there are {names}; or add {name} under {what}:"), names=listed, name=name, what=what)
