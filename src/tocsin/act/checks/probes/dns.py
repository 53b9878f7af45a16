"""Asks the name servers of this machine for the addresses of a name.

    - {name: address, kind: dns, host: shop.example.com, addresses: [203.0.113.7]}

With `addresses` each of them has to be there and no other; without them one address is enough. `value` is their number.
"""

from __future__ import annotations

import time

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Probe


class DnsSettings(CheckSettings):
    host: str = Field(min_length=1, max_length=253, description="The name to look up.")
    addresses: tuple[str, ...] = Field(default=(), description="What it must lead to, and to nothing else.")


class Dns(Probe[DnsSettings]):
    title = "Name (DNS)"
    by_step = True
    Settings = DnsSettings
    examples = (
        {"name": "name", "kind": "dns", "host": "shop.example.com"},
        {"name": "origin", "kind": "dns", "host": "origin.example.com", "addresses": ["203.0.113.7"]},
    )

    def look(self) -> Finding:
        wanted = self.settings.addresses
        begun = time.monotonic()
        found = self.outbound.addresses(self.settings.host, timeout=self.timeout_s)
        ms = round((time.monotonic() - begun) * 1000, 1)
        ok = not wanted or set(found) == set(wanted)
        text = ", ".join(found)
        return Finding(
            check=self.settings.name,
            ok=ok,
            text=text if ok else f"{text} (wanted {', '.join(wanted)})",
            ms=ms,
            value=float(len(found)),
            detail={} if ok else {"stage": "dns"},
        )
