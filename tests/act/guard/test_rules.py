"""Every rule of the guard is tried on the command that it is about, and is the one that answers."""

from __future__ import annotations

from collections import Counter

import pytest

from tocsin.act.guard import redis_level, shell_level, sql_level
from tocsin.act.guard.rules import RULES
from tocsin.act.guard.rules.looking import LOOKING
from tocsin.act.guard.rules.redis_commands import COMMANDS
from tocsin.act.guard.rules.statements import FORMS, FUNCTIONS, STATEMENTS
from tocsin.act.guard.rules.wrappers import WRAPPERS
from tocsin.act.guard.words import Word, canonical, look_up


def _first_words() -> list[str]:
    return sorted({rule.words.split()[0] for rule in RULES})


@pytest.mark.parametrize("program", _first_words())
def test_a_rule_answers_for_its_example(program: str) -> None:
    for rule in (each for each in RULES if each.words.split()[0] == program):
        told = look_up(canonical([Word(each) for each in rule.example.split()]))
        verdict = shell_level(rule.example)

        assert told.rule is rule, f"{rule.example}: {told}"
        assert verdict.level == rule.level, [f"{each.part}: {each.why}" for each in verdict.findings]


def test_every_rule_says_what_the_command_does_and_stands_once() -> None:
    told = [*RULES, *STATEMENTS, *FORMS, *FUNCTIONS.values(), *COMMANDS]

    assert [
        each.does for each in told if not each.does or each.does.endswith(".") or each.does[0].isupper()
    ] == []
    assert [
        key for key, count in Counter((each.words, each.flags) for each in RULES).items() if count > 1
    ] == []
    assert [key for key, count in Counter(each.words for each in COMMANDS).items() if count > 1] == []
    assert [key for key, count in Counter(each.words for each in STATEMENTS).items() if count > 1] == []


def test_what_destroys_names_a_safer_way() -> None:
    named = [
        *((rule.words, rule) for rule in RULES),
        *((each.words, each) for each in STATEMENTS),
        *((each.example, each) for each in FORMS),
        *FUNCTIONS.items(),
        *((each.words, each) for each in COMMANDS),
    ]

    assert [name for name, each in named if each.level == "destroy" and not each.safer] == []


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.words)
def test_a_statement_has_its_level(statement) -> None:
    verdict = sql_level(statement.example)

    assert verdict.level == statement.level, verdict.findings


@pytest.mark.parametrize("form", FORMS, ids=lambda each: each.example)
def test_a_form_has_its_level_and_its_sentence(form) -> None:
    verdict = sql_level(form.example)

    assert verdict.level == form.level, verdict.findings
    assert form.does in {each.why for each in verdict.findings}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda each: each.name)
def test_a_function_has_its_level(function) -> None:
    verdict = sql_level(function.example)

    assert verdict.level == function.level
    assert function.does in verdict.findings[0].why


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.words)
def test_a_command_of_redis_has_its_level(command) -> None:
    verdict = redis_level(
        f"{command.example} STORE there" if command.words.startswith("SORT") else command.example
    )

    assert verdict.level == (command.level if command.words != "SORT_RO" else "read")
    assert command.does in verdict.findings[0].why or command.words == "SORT_RO"


@pytest.mark.parametrize("name", WRAPPERS)
def test_what_a_wrapper_runs_decides(name: str) -> None:
    wrapper = WRAPPERS[name]
    own = "its " * wrapper.skip

    for inner, level in (("rm -rf /data", "destroy"), ("uptime", wrapper.own)):
        texts = [f"{name} {own}{'-- ' if wrapper.dashed else ''}{inner}"]
        if wrapper.text:
            texts.append(f"{name} {own}'{inner}'")
        texts += [f"{name} {own}{option} '{inner}'" for option in wrapper.code]
        for text in texts:
            assert shell_level(text).level == level, f"{text}: {shell_level(text).findings}"


def test_what_destroys_is_never_among_the_programs_that_only_look() -> None:
    bare = {
        rule.words for rule in RULES if rule.level == "destroy" and " " not in rule.words and not rule.flags
    }

    assert not bare & LOOKING


def test_no_word_of_a_look_further_on_hides_what_stands_before_it() -> None:
    """`kubectl delete status` deletes, although its last word is one of looks."""
    words = ("list", "status", "get", "show", "logs", "describe", "info", "version", "help", "check")
    destroy = [rule for rule in RULES if rule.level == "destroy" and not rule.flags]
    deleting = [
        rule.words for rule in destroy if not set("*$.") & set(rule.words) and len(rule.words.split()) == 2
    ]

    assert len(deleting) > 100
    for command in deleting:
        for word in words:
            assert shell_level(f"{command} {word} x").level == "destroy", f"{command} {word} x"
