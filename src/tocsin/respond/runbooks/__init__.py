"""What does the runbook say, what will it do, how far is it? Reading, library, and runs that survive.

Nothing is imported here: whoever only wants to read a file must not wait until the engine is loaded.
"""
