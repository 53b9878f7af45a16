"""How does a text with values in it stay translatable on its way to a page? It remembers what it was made of.

An error's message is English wherever it is met: in a log, at a terminal, in the API. Made by `sentence`, the page that
shows it can still say it in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.ground.i18n.texts import translate


class Sentence(str):
    """English text, and the marked `text` with the `values` from which it was made."""

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def said(self, language: str) -> str:
        """The same in `language`; values that are sentences themselves as well."""
        told = {
            name: value.said(language) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return translate(language, self.text, **told)


def sentence(text: str, /, **values: object) -> Sentence:
    """`sentence(N_("There is no person {name}."), name=name)`: for messages and fixes of errors."""
    made = Sentence(translate("en", text, **values))
    made.text, made.values = text, values
    return made
