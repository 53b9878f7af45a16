"""An error is English in a log and at a terminal, and the reader's language on a page."""

from __future__ import annotations

import json
import pickle

from tocsin.ground.i18n import sentence
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.timeline import told


def test_a_message_with_values_is_said_in_the_reader_s_language():
    error = Invalid(sentence("There is no person {person}.", person="mei"), fix="Such as P1.")
    assert str(error) == "There is no person mei."
    assert json.dumps(error.message) == '"There is no person mei."'
    assert told(error.message, "zh_Hant") == "沒有 mei 這個人。"
    assert told(error.fix, "zh_Hant") == "例如 P1。"
    assert told(error.message, "en") == "There is no person mei."


def test_what_stands_in_it_is_never_looked_at_again():
    hostile = sentence("There is no person {person}.", person="{person} There is no person {x}.")
    assert told(hostile, "zh_Hant") == "沒有 {person} There is no person {x}. 這個人。"


def test_a_sentence_within_a_sentence_is_said_as_well():
    why = sentence("There is no schedule {name}.", name="night")
    assert (
        told(sentence("this silence is broad: {why}", why=why), "zh_Hant")
        == "這項靜音範圍很大：沒有班表 night。"
    )


def test_it_survives_a_way_through_another_process():
    made = pickle.loads(pickle.dumps(sentence("There is no swap {id}.", id="swp_1")))
    assert told(made, "zh_Hant") == "沒有換班 swp_1。"
