"""Tocsin: from the alert to the report, in one process."""

__version__ = "0.1.0"
