"""The command `tocsin`."""

from tocsin.cli.main import main

__all__ = ["main"]
