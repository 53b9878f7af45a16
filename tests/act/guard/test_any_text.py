"""Any text gets a level and never an exception, whoever wrote it; hostile ones are cut off, not waited for."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tocsin.act.guard import KINDS, judge
from tocsin.act.guard.names import names
from tocsin.act.guard.tree import DEEPEST, LONGEST

_WORDS = st.sampled_from(
    sorted(
        names(r"""
    ls rm sudo xargs ssh kubectl delete get psql -c -e -- ; | || && > >> < << <<< EOF $( ) ` ' " { } ( ) $X ${X} if
    then fi for in do done case esac while python3 curl -X DELETE POST http://x eval bash sh -c find -exec \; + tee
    docker exec run redis-cli FLUSHALL SELECT FROM WHERE DROP TABLE /* */ -- # $$ \g \! \d * % @ = := [ ] [[ ]] !
    env -S watch parallel ::: nohup time alias function a=b export LD_PRELOAD= awk sed -i git push --force <( >(
    """)
    )
)
_COMMANDS = st.lists(_WORDS, max_size=25).map(" ".join)
_TEXTS = st.one_of(st.text(max_size=200), _COMMANDS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=_TEXTS)
def test_any_text_gets_a_level(kind: str, text: str) -> None:
    verdict = judge(kind, text)

    assert verdict.level in ("read", "change", "destroy")
    assert all(each.why for each in verdict.findings)
    assert verdict.parsed or verdict.findings


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
@settings(max_examples=100, deadline=None)
@given(text=_TEXTS)
def test_any_sql_gets_a_level_in_each_dialect(dialect: str, text: str) -> None:
    assert judge("sql", text, dialect).level in ("read", "change", "destroy")


@settings(max_examples=300, deadline=None)
@given(before=_COMMANDS, after=_COMMANDS)
def test_nothing_around_it_hides_a_command_that_destroys(before: str, after: str) -> None:
    """Only quotes, a here-document and `[[ … ]]` make something else than a command of a line of its own."""
    assume(_QUOTING.isdisjoint(f"{before} {after}".split()))

    assert judge("bash", f"{before}\nrm -rf /data\n{after}").level == "destroy"


_QUOTING = {"'", '"', "`", "<<", "[["}


_NESTED = {
    "substitutions": "$(" * 5_000 + "ls" + ")" * 5_000,
    "brackets": "(" * 20_000,
    "conditions": "if true; then " * 2_000 + "ls" + "; fi" * 2_000,
    "groups": "{ " * 3_000 + "ls; " + "}; " * 3_000,
    "pipes": "ls | " * 8_000 + "ls",
    "lists": "ls && " * 8_000 + "ls",
    "shells": "sh -c " * 5_000 + "ls",
    "wrappers": "sudo " * 9_000 + "ls",
    "quotes": "'" * 49_999,
    "documents": "cat <<A\n" * 5_000,
    "evaluations": "eval " * 9_000 + "ls",
    "words": "echo " + "a " * 20_000,
    "long word": "a" * 49_000,
    "awk": "awk '" + "print " * 8_000 + "'",
    "python": "python3 -c '" + "(" * 9_000 + "'",
    "python signs": "python3 -c '" + "-" * 9_000 + "1'",
    "perl": "perl -e '" + "print " * 1_500 + "'",
    "sed": "sed '" + "s/a/b/;" * 5_000 + "'",
}


@pytest.mark.parametrize("name", _NESTED)
def test_hostile_shell_is_judged_or_cut_off(name: str) -> None:
    assert judge("bash", _NESTED[name]).level in ("read", "change", "destroy")


def test_commands_that_stand_too_deep_are_not_understood() -> None:
    assert judge("bash", "if true; then " * 20 + "ls" + "; fi" * 20).level == "read"
    assert judge("bash", "if true; then " * DEEPEST + "ls" + "; fi" * DEEPEST).level == "destroy"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["a", "ls\n", "SELECT 1;\n", "(", "'", "GET a\n", "{", "/*", "- "])
def test_a_megabyte_is_cut_off(kind: str, text: str) -> None:
    whole = text * (1_000_000 // len(text))

    assert len(whole) > LONGEST
    assert judge(kind, whole).level == "destroy"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 20_000,
        "SELECT 1" + "+1" * 20_000,
        "SELECT " + "a, " * 15_000 + "a",
        "/*" * 20_000,
        "$a$" * 16_000,
        "'" * 49_999,
        ";" * 49_999,
        "\\d\n" * 12_000,
        "EXPLAIN ANALYZE " * 3_000 + "SELECT 1",
        "COPY (" * 8_000,
        "--\n" * 16_000,
    ],
)
def test_hostile_sql_is_judged_or_cut_off(text: str) -> None:
    assert judge("sql", text).level in ("read", "change", "destroy")


@pytest.mark.parametrize(
    "text", ["echo {🔥}", "{\U00085389´", "echo {1..🔥}", "echo {12🔥,b}", "rm -rf /data/{\U000beb8d,b}"]
)
def test_a_brace_before_any_character_ends_no_process(text: str) -> None:
    assert judge("bash", text).level in ("read", "change", "destroy")
    assert judge("bash", f"rm -rf /srv; {text}").level == "destroy"
