"""How is it said in the reader's language? Texts are marked where they are written and translated where they are shown.

`N_("Paged {person}")` marks a text at its definition; `translate(language, text, person="Mei")` says it. English is the
text itself; other languages stand in `locale/<language>/LC_MESSAGES/tocsin.po`, read as they are (no compiled file).
`python -m tocsin.ground.i18n check` fails on a text without its translation, `extract` brings the catalogs up to date.
"""

from tocsin.ground.i18n.sentence import Sentence, sentence
from tocsin.ground.i18n.texts import N_, choose, languages, placeholders, translate
from tocsin.ground.i18n.times import ago, calendar, clock, countdown, exact, same_day, span, until

__all__ = [
    "N_",
    "Sentence",
    "ago",
    "calendar",
    "choose",
    "clock",
    "countdown",
    "exact",
    "languages",
    "placeholders",
    "same_day",
    "sentence",
    "span",
    "translate",
    "until",
]
