"""How a runbook is read: bytes, text, blocks, roles, steps. `tocsin.respond.runbooks.reader.read` is the door."""
