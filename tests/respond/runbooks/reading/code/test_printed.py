"""Commands and their output in one block, without a prompt to tell them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.code.printed import split


def test_a_table_below_the_command_is_its_output():
    commands, output = split('psql -c "SELECT 1"\n ?column?\n----------\n        1\n(1 row)')
    assert commands == 'psql -c "SELECT 1"'
    assert output.splitlines()[-1] == "(1 row)"


def test_a_command_that_goes_on_is_whole():
    commands, output = split(
        "kubectl get pods \\\n  -n shop\nNAME    READY   STATUS\nweb-1   1/1     Running"
    )
    assert commands == "kubectl get pods \\\n  -n shop"
    assert output.startswith("NAME")


@pytest.mark.parametrize(
    "text",
    [
        "systemctl restart shop\nmytool --warm-up",  # unknown, and nothing like output
        "for host in a b; do\n  mytool $host\ndone",
        "cat <<EOF > x\n  a   b   c\nEOF",
        'echo "\n   a    b    c"',
        "nothing known here\n  a    b    c",
        "",
    ],
)
def test_what_may_be_a_command_is_kept(text: str):
    assert split(text) == (text, "")


@given(
    st.lists(st.sampled_from(["ls", "  a    b", "x --y", "done", "{", "'", "# c", "NAME   AGE", "a | \\"]))
)
def test_nothing_is_lost(lines: list[str]):
    text = "\n".join(lines)
    commands, output = split(text)
    assert text.startswith(commands)
    assert output in text
    assert [line for line in (commands + "\n" + output).split("\n") if line.strip()] == [
        line for line in text.split("\n") if line.strip()
    ]
