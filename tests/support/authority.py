"""Servers on the loopback that can prove to be `shop.example`, to whoever trusts the authority of the tests."""

from __future__ import annotations

import ssl
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "data" / "authority"


def client() -> ssl.SSLContext:
    """Trusts the authority of the tests and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(_FOLDER / "authority.pem")
    return context


def server() -> ssl.SSLContext:
    """Shows the certificate of shop.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_FOLDER / "shop.example.pem")
    return context
