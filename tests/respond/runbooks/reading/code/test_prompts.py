"""Which lines of a console block are commands?"""

from __future__ import annotations

from tocsin.respond.runbooks.reading.code.prompts import split, split_sql


def test_without_prompts_all_lines_are_commands() -> None:
    console = split("df -h\nuptime")

    assert (console.commands, console.output, console.prompted) == ("df -h\nuptime", "", False)


def test_prompts_are_taken_away_and_the_rest_is_output() -> None:
    console = split("$ df -h\nFilesystem  Size\n/dev/sda1   20G\n$ uptime\nup 3 days")

    assert console.commands == "df -h\nuptime"
    assert console.output == "Filesystem  Size\n/dev/sda1   20G\nup 3 days"


def test_prompts_may_name_user_and_host() -> None:
    assert split("root@web1:/srv# systemctl status shop").commands == "systemctl status shop"
    assert split("[mei@web1 ~]$ uptime").commands == "uptime"


def test_a_command_goes_on_over_lines() -> None:
    console = split("$ docker run \\\n>   --rm alpine\nhello")

    assert console.commands == "docker run \\\n  --rm alpine"
    assert console.output == "hello"


def test_a_here_document_belongs_to_its_command() -> None:
    console = split("$ cat <<'EOF' > note\nline\nEOF\ndone")

    assert console.commands == "cat <<'EOF' > note\nline\nEOF"
    assert console.output == "done"


def test_a_variable_at_the_beginning_is_no_prompt() -> None:
    assert not split("$HOME/bin/check").prompted


def test_prompts_of_a_database_client_are_taken_away() -> None:
    console = split_sql("shop=# SELECT count(*)\nshop-# FROM orders;\n count\n-------\n    42\n(1 row)")

    assert console.commands == "SELECT count(*)\nFROM orders;"
    assert console.output == " count\n-------\n    42\n(1 row)"
    assert split_sql("mysql> SHOW PROCESSLIST;\n3 rows").commands == "SHOW PROCESSLIST;"
    assert not split_sql("SELECT a > b FROM t").prompted
