"""Opens a connection and closes it again.

- {name: mail, kind: tcp, host: mail.example.com, port: 25}
"""

from __future__ import annotations

import time

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Probe


class TcpSettings(CheckSettings):
    host: str = Field(min_length=1, max_length=253, description="Name or address.")
    port: int = Field(ge=1, le=65_535, description="Its port.")


class Tcp(Probe[TcpSettings]):
    title = "TCP connection"
    by_step = True
    Settings = TcpSettings
    examples = ({"name": "mail", "kind": "tcp", "host": "mail.example.com", "port": 25, "timeout": "3s"},)

    def look(self) -> Finding:
        begun = time.monotonic()
        with self.outbound.connect(
            self.settings.host, self.settings.port, timeout=self.timeout_s, trusted=True
        ):
            ms = round((time.monotonic() - begun) * 1000, 1)
        return Finding(check=self.settings.name, ok=True, text=f"connected in {ms:.0f} ms", ms=ms, value=ms)
