"""The same story on Docker: an engine in a network namespace of its own, and a stack of five kinds of containers."""
