"""Every action of the folder is whole: its examples are taken, its sentence is one, and a value in it stays data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.described import described, one, planned
from tocsin.act.actions.toolbox import check, fill, problem, toolboxes, verdict_on, verdict_on_block

EVERY = [(each.name, each) for each in described()]
HOSTILE = [
    "'; DROP TABLE orders; --",
    "$(touch /tmp/x)",
    "a\nb: c",
    "{x: 1}",
    "${OTHER}",
    "%s {} \\",
    "漢 字",
    "",
]


@pytest.mark.parametrize(("name", "told"), EVERY, ids=[name for name, _ in EVERY])
def test_an_action_says_what_it_takes_and_what_it_would_do(name: str, told: Any):
    assert told.title
    assert told.level in ("read", "change", "destroy")
    assert told.examples
    for example in told.examples:
        assert problem(name, example) is None
        plan = planned(name, example)
        assert plan.plan.endswith("."), plan.plan
        assert "\n" not in plan.plan
        for other, arguments in (plan.undo or {}).items():
            assert planned(other, arguments).level != "read"
        if plan.level == "read":
            assert plan.undo is None
    assert one(name) == told
    for field, schema in told.arguments.get("properties", {}).items():
        assert not field.startswith("_")
        assert schema


def test_names_are_the_file_and_the_verb_and_wrong_ones_are_told_with_the_right_ones():
    names = [each.name for each in described()]
    assert len(names) == len(set(names))
    assert {"postgres.slow_queries", "redis.clear", "logs.errors", "backup.restore"} <= set(names)
    with pytest.raises(CannotRun, match=r"there is no action postgres\.slow") as told:
        check("postgres.slow", {})
    assert "slow_queries" in told.value.fix
    with pytest.raises(CannotRun) as told:
        one("nonsense.restart")
    assert "postgres" in told.value.fix
    with pytest.raises(CannotRun, match="tabel") as told:
        check("postgres.vacuum_analyze", {"tabel": "x"})
    assert "table" in told.value.fix


def test_the_level_is_declared_and_depends_on_the_arguments():
    assert verdict_on("postgres.terminate_idle", {}).level == "change"
    assert verdict_on("postgres.terminate_idle", {"in_transaction": True}).level == "destroy"
    assert verdict_on("logs.errors", {"command": "journalctl -u shop"}).level == "read"
    assert verdict_on("logs.errors", {"command": "rm -rf /srv/shop"}).level == "destroy"
    assert verdict_on("logs.errors", {"action": {"redis.clear": {"pattern": "a"}}}).level == "destroy"
    assert verdict_on("postgres.count_old", {"days": "${DAYS}"}).level == "read"
    assert verdict_on("somebody.delete_all", {}).level == "destroy"  # by the words of its name
    assert verdict_on("somebody.frobnicate", {}).level == "change"
    assert verdict_on_block("flag.set: {name: x, value: on}").level == "change"
    assert verdict_on_block("- flag.set").level == "destroy"
    assert not verdict_on_block("- flag.set").parsed


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_fills_a_text_and_nothing_else(value: str):
    arguments = {"a": "x ${V} y", "b": ["${V}", 1, {"c": "${V}"}], "d": True, "${V}": "kept"}
    filled = fill(arguments, {"V": value, "OTHER": "never"})
    assert filled == {"a": f"x {value} y", "b": [value, 1, {"c": value}], "d": True, "${V}": "kept"}
    verbatim = fill({"command": "echo ${V}", "in": {"command": "${V}"}}, {"V": value}, verbatim={"command"})
    assert verbatim == {"command": "echo ${V}", "in": {"command": "${V}"}}


def test_a_value_that_is_missing_or_holds_nul_stops_before_anything_happens():
    with pytest.raises(CannotRun, match="NAME has no value"):
        fill({"a": "${NAME}"}, {})
    with pytest.raises(CannotRun, match="NUL"):
        fill({"a": "${NAME}"}, {"NAME": "a\0b"})


def test_a_placeholder_is_not_called_wrong_before_it_has_a_value():
    assert problem("postgres.count_old", {"table": "${T}", "column": "at", "days": "${DAYS}"}) is None
    wrong = problem("postgres.count_old", {"table": "events", "column": "at", "days": "many"})
    assert wrong is not None
    assert wrong.field == "days"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_a_block(text: str):
    assert verdict_on_block(text).level in ("read", "change", "destroy")


@given(
    st.sampled_from(sorted(toolboxes())),
    st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
)
def test_no_arguments_break_the_verdict(kind: str, arguments: dict[str, str]):
    for verb in toolboxes()[kind].verbs:
        name = f"{kind}.{verb.named()}"
        assert verdict_on(name, arguments).level in ("read", "change", "destroy")
        problem(name, arguments)
