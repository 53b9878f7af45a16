"""Opens a TLS connection and looks how long its certificate is still good.

    - {name: certificate, kind: tls, host: shop.example.com, days: 14}

A certificate that is not accepted fails at once. `value` is the number of days that are left.
"""

from __future__ import annotations

import time

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.ground.kernel.clock import SystemClock

_DAY_S = 86_400


class TlsSettings(CheckSettings):
    host: str = Field(min_length=1, max_length=253, description="Name or address to connect to.")
    port: int = Field(default=443, ge=1, le=65_535, description="Its port.")
    server_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="The name to ask for, where it is not the host.",
    )
    days: float = Field(default=14, ge=0, le=36_500, description="Fewer days than these left, and it fails.")


class Tls(Probe[TlsSettings]):
    title = "TLS certificate"
    by_step = True
    Settings = TlsSettings
    examples = (
        {"name": "certificate", "kind": "tls", "host": "shop.example.com"},
        {
            "name": "certificate of the origin",
            "kind": "tls",
            "host": "203.0.113.7",
            "server_name": "shop.example.com",
            "days": 30,
        },
    )

    def look(self) -> Finding:
        settings = self.settings
        begun = time.monotonic()
        ends = self.outbound.certificate_ends(
            settings.host,
            settings.port,
            name=settings.server_name or settings.host,
            timeout=self.timeout_s,
            trusted=True,
        )
        ms = round((time.monotonic() - begun) * 1000, 1)
        left = (ends - SystemClock().now()).total_seconds() / _DAY_S
        ok = left >= settings.days
        text = f"good until {ends:%Y-%m-%d}, {left:.0f} days"
        return Finding(
            check=settings.name,
            ok=ok,
            text=text if ok else f"{text} (wanted {settings.days:.0f})",
            ms=ms,
            value=left,
            detail={} if ok else {"stage": "certificate"},
        )
