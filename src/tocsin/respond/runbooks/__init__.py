"""What does the runbook say, what will it do, how far is it? Reading, library, and runs that survive."""

from tocsin.respond.runbooks import events as events  # declares the kinds
from tocsin.respond.runbooks.document import Document, Finding, Input, Step
from tocsin.respond.runbooks.follow import Matcher
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.section import RunSection
from tocsin.respond.runbooks.store import Approval, Chunk, Run
from tocsin.respond.runbooks.workshop import Subject, Workshop

__all__ = [
    "Approval",
    "Attempt",
    "Chunk",
    "Document",
    "Finding",
    "Input",
    "Library",
    "Matcher",
    "Run",
    "RunSection",
    "Runs",
    "Step",
    "Subject",
    "Workshop",
]
