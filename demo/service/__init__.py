"""A small real service: what should this reader read next? An HTTP API, a worker, a Redis-protocol store, SQLite."""
