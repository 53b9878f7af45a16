"""The main job on real input: a small real service is broken on purpose, and Tocsin brings it back.

Nothing in here imports Tocsin. It is driven from outside only, as a stranger would: by its command, by its HTTP API,
by the mail it sends and the link in that mail. `python -m demo` runs it (`make demo`).
"""
