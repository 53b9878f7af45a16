"""Would we notice, and would we cope? A fault is put in on purpose, and the incident that follows is scored."""

from tocsin.learn.exercises import events as events  # declares the kinds
from tocsin.learn.exercises.exercises import Exercises
from tocsin.learn.exercises.section import ExerciseSection, Fault
from tocsin.learn.exercises.store import Exercise

__all__ = ["Exercise", "ExerciseSection", "Exercises", "Fault"]
