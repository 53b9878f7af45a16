"""Which values does a block want, and how do they reach it without becoming text?"""

from __future__ import annotations

import subprocess

import pytest

from tocsin.respond.runbooks.reading.code.placeholders import (
    fill_shell,
    fill_sql,
    fill_template,
    hide_marks,
    show_marks,
)


@pytest.mark.parametrize(
    ("text", "wanted", "inputs"),
    [
        ("kubectl get pod <POD>", 'kubectl get pod "${POD}"', ["POD"]),
        ("curl https://<your-host>/health", 'curl https://"${YOUR_HOST}"/health', ["YOUR_HOST"]),
        ('curl -H "Bearer <TOKEN>"', 'curl -H "Bearer ${TOKEN}"', ["TOKEN"]),
        ("ls <pod name>", 'ls "${POD_NAME}"', ["POD_NAME"]),
        ("psql < dump.sql > out.txt", "psql < dump.sql > out.txt", []),
        ("cat <<EOF\n<NAME>\nEOF", "cat <<EOF\n${NAME}\nEOF", ["NAME"]),
        ("ls # not <NAME>", "ls # not <NAME>", []),
        ("diff <(ls a) <(ls b)", "diff <(ls a) <(ls b)", []),
        ("grep '<title>' page.html", "grep '<title>' page.html", []),
        ("echo $REGION ${ZONE}", "echo $REGION ${ZONE}", ["REGION", "ZONE"]),
        ('NAME=x; echo "$NAME" $HOME $1 $?', 'NAME=x; echo "$NAME" $HOME $1 $?', []),
        ("for pod in a b; do echo $pod; done", "for pod in a b; do echo $pod; done", []),
        ("while read -r line; do echo $line; done", "while read -r line; do echo $line; done", []),
        ("awk '{ print $NF }'", "awk '{ print $NF }'", []),
        ("重啟 <服務>", '重啟 "${INPUT_670D_52D9}"', ["INPUT_670D_52D9"]),
    ],
)
def test_placeholders_of_shell_become_variables_in_their_place(
    text: str, wanted: str, inputs: list[str]
) -> None:
    filled = fill_shell(text)

    assert filled.text == wanted
    assert filled.inputs == inputs
    assert not filled.stuck


def test_no_value_can_reach_single_quotes() -> None:
    assert fill_shell("psql -c 'SELECT <ID>'").stuck == ["ID"]
    assert fill_shell("cat <<'EOF'\n<ID>\nEOF").stuck == ["ID"]


def test_a_default_is_kept() -> None:
    assert fill_shell('echo "${REGION:-eu-west-1}"').defaults == {"REGION": "eu-west-1"}


def test_a_hostile_value_stays_a_value() -> None:
    filled = fill_shell("printf '%s|' <A> \"[<A>]\" $A")
    hostile = "x'; echo owned; $(echo owned) `echo owned` \"\\"

    ran = subprocess.run(
        ["bash", "-c", filled.text],
        env={"A": hostile},
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )

    first, second, *_ = ran.stdout.split("|")
    assert (first, second) == (hostile, f"[{hostile}]")


@pytest.mark.parametrize(
    ("text", "wanted", "inputs"),
    [
        ("SELECT * FROM t WHERE id = <ID>", "SELECT * FROM t WHERE id = :ID", ["ID"]),
        ("SELECT * FROM t WHERE name = '<NAME>'", "SELECT * FROM t WHERE name = :NAME", ["NAME"]),
        ("SELECT ${A}, '$B'", "SELECT :A, :B", ["A", "B"]),
        ("SELECT 1 WHERE a <b AND c> 2", "SELECT 1 WHERE a <b AND c> 2", []),
        ("SELECT a::text, '12:30'", "SELECT a::text, '12:30'", []),
    ],
)
def test_placeholders_of_sql_become_parameters(text: str, wanted: str, inputs: list[str]) -> None:
    filled = fill_sql(text)

    assert (filled.text, filled.inputs) == (wanted, inputs)


def test_a_placeholder_within_a_longer_text_of_sql_is_stuck() -> None:
    assert fill_sql("SELECT 1 WHERE a LIKE '%<NAME>%'").stuck == ["<NAME>"]


def test_a_template_keeps_marks() -> None:
    filled = fill_template("GET https://<HOST>/x?t=$TOKEN\n\n<b>${BODY}</b>")

    assert filled.text == "GET https://${HOST}/x?t=${TOKEN}\n\n<b>${BODY}</b>"
    assert filled.inputs == ["HOST", "TOKEN", "BODY"]


def test_marks_are_hidden_from_yaml_and_come_back() -> None:
    assert hide_marks("{a: ${X}}") == "{a: <X>}"
    assert show_marks({"a": ["<X>", 1, "pre-<X>"]}) == {"a": ["${X}", 1, "pre-${X}"]}
