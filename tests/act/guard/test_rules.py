"""Every rule of the guard is tried on the command that it is about."""

from __future__ import annotations

import pytest

from tocsin.act.guard import shell_level
from tocsin.act.guard.rules import RULES, Rule
from tocsin.act.guard.rules.looking import LOOKING


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.words} {'|'.join(rule.flags)}".strip())
def test_a_rule_gives_its_level_to_its_example(rule: Rule) -> None:
    verdict = shell_level(rule.example)

    assert verdict.level == rule.level, [f"{each.part}: {each.why}" for each in verdict.findings]


def test_every_rule_says_what_the_command_does() -> None:
    assert all(rule.does and rule.does[0].islower() and not rule.does.endswith(".") for rule in RULES)


def test_what_destroys_is_never_among_the_programs_that_only_look() -> None:
    bare = {
        rule.words for rule in RULES if rule.level == "destroy" and " " not in rule.words and not rule.flags
    }

    assert not bare & LOOKING


def test_no_word_of_a_look_further_on_hides_what_stands_before_it() -> None:
    """`kubectl delete status` deletes, although its last word is one of looks."""
    words = {
        word for rule in RULES if rule.level == "read" for word in rule.words.split()[1:] if word.isalpha()
    }
    destroy = [rule for rule in RULES if rule.level == "destroy" and not rule.flags]
    deleting = [rule.words for rule in destroy if "*" not in rule.words and "..." not in rule.words]

    for command in [each for each in deleting if len(each.split()) == 2]:
        for word in sorted(words):
            assert shell_level(f"{command} {word} x").level == "destroy", f"{command} {word} x"
