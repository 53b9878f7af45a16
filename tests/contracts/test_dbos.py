"""What we rely on in DBOS beyond its public interface, held to what the pinned version does."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from dbos import DBOS
from dbos._serialization import Serializer

from tocsin.ground.engine.work import PlainJson


def test_the_pinned_version_is_the_one_that_runs():
    assert version("dbos") == "3.4.0"


def test_pending_workflows_can_be_taken_over_by_name_of_their_executor():
    parameters = inspect.signature(DBOS._recover_pending_workflows).parameters
    assert "executor_ids" in parameters


def test_recorded_values_are_json_and_errors_come_back_as_words():
    assert issubclass(PlainJson, Serializer)
    serializer = PlainJson()
    value = {"args": ["run_1", {"n": 1, "text": "值班"}], "kwargs": {}}
    assert serializer.deserialize(serializer.serialize(value)) == value
    back = serializer.deserialize(serializer.serialize(ValueError("disk full")))
    assert isinstance(back, RuntimeError)
    assert str(back) == "ValueError: disk full"


def test_nothing_recorded_can_run_code():
    assert "pickle" not in PlainJson().serialize({"a": 1})
