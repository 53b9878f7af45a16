"""Which commands does a shell text run?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.lint.commands import commands_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uptime", [("uptime",)]),
        ("sudo -u postgres psql -c 'select 1'", [("psql", "-c", "select 1")]),
        ("env A=1 nice -n 5 /usr/bin/top", [("top",)]),
        ("timeout -k 5 10 ssh host", [("ssh", "host")]),
        ('A=1 echo "a $B" | grep -v a', [("echo", "a $B"), ("grep", "-v", "a")]),
        ("sudo -l", [("sudo", "-l")]),
        ("if true; then echo $(date); fi", [("true",), ("echo", "$(date)"), ("date",)]),
        ("docker exec -it db bash", [("docker", "exec", "-it", "db", "bash")]),
        ("", []),
        ("# nothing", []),
    ],
)
def test_words(text: str, words: list[tuple[str, ...]]) -> None:
    assert [each.words for each in commands_in(text)] == words


def test_what_stands_in_front_is_kept() -> None:
    [command] = commands_in("sudo -n -u postgres nice psql")
    assert command.wrappers == ("sudo -n -u postgres", "nice")


def test_rows_loops_and_input() -> None:
    text = "uptime\nwhile sleep 5; do\n  curl a\ndone\ncat a | psql\npsql <<EOF\nselect 1;\nEOF\npsql < a.sql"
    found = {(each.program, each.row): (each.looped, each.fed) for each in commands_in(text)}
    assert found == {
        ("uptime", 0): (False, False),
        ("sleep", 1): (True, False),
        ("curl", 2): (True, False),
        ("cat", 4): (False, False),
        ("psql", 4): (False, True),
        ("psql", 5): (False, True),
        ("psql", 8): (False, True),
    }
