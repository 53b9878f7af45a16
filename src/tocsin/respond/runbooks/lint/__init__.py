"""What is wrong with these runbooks, and how is it mended? Rules of `lint/rules/`, one file each, over documents."""

from __future__ import annotations

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.folder import Linted, lint_folder
from tocsin.respond.runbooks.lint.linter import lint, rules
from tocsin.respond.runbooks.lint.rule import Rule, Severity, shown
from tocsin.respond.runbooks.lint.subject import Subject, Surroundings

__all__ = [
    "Finding",
    "Linted",
    "Rule",
    "Severity",
    "Subject",
    "Surroundings",
    "lint",
    "lint_folder",
    "rules",
    "shown",
]
