"""What does the runbook say, what will it do, how far is it? Reading, library, and runs that survive."""

from tocsin.respond.runbooks import events as events  # declares the kinds
from tocsin.respond.runbooks import review, usage
from tocsin.respond.runbooks.document import Document, Finding, Input, Step
from tocsin.respond.runbooks.follow import Matcher
from tocsin.respond.runbooks.library import Category, Library, Missing, Shelved
from tocsin.respond.runbooks.match import Match
from tocsin.respond.runbooks.preconditions import Preconditions
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.repositories import Repositories
from tocsin.respond.runbooks.review_reminders import Reminders
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.search import Hit
from tocsin.respond.runbooks.section import LibrarySection, RunSection
from tocsin.respond.runbooks.store import Approval, Chunk, Run
from tocsin.respond.runbooks.workshop import Subject, Workshop

__all__ = [
    "Approval",
    "Attempt",
    "Category",
    "Chunk",
    "Document",
    "Finding",
    "Hit",
    "Input",
    "Library",
    "LibrarySection",
    "Match",
    "Matcher",
    "Missing",
    "Preconditions",
    "Reminders",
    "Repositories",
    "Run",
    "RunSection",
    "Runs",
    "Shelved",
    "Step",
    "Subject",
    "Workshop",
    "review",
    "usage",
]
