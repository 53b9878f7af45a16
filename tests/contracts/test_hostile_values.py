"""Three hundred values from strangers, through labels and inputs, into every kind of step: data, or refused."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from demo.containers.engine import Engine
from hostile_values import hostile_values
from sshd import PROGRAM, Sshd

from tocsin.act.actions.action import Action, Call, Result, all_actions
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import Toolbox
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Outbound
from tocsin.respond.runbooks.document import Input
from tocsin.respond.runbooks.plan import Plan, PlannedStep
from tocsin.respond.runbooks.values import resolve
from tocsin.respond.runbooks.verification import judge

Do = Callable[..., tuple[Result, str] | None]


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    """What no value may make; nor may a file of any other name stand where steps run."""
    found = tmp_path / "mark"
    yield found
    assert not found.exists(), "a value was read as a command"
    strange = [each for each in tmp_path.rglob("*") if each.name.startswith(("mark", "-", ">"))]
    assert not strange, "a value was read as a command"


@pytest.fixture
def values(mark: Path) -> list[str]:
    found = hostile_values(mark)
    assert len(found) >= 300
    return found


@pytest.fixture
def actions() -> Iterator[dict[str, Action]]:
    outbound = Outbound()
    yield all_actions(outbound)
    outbound.close()


@pytest.fixture
def do(actions: Mapping[str, Action], tmp_path: Path) -> Do:
    """Runs a step with values from an alert; gives nothing where it was refused in words."""
    count = 0

    def run(kind: str, text: str, values: Mapping[str, str], **more: Any) -> tuple[Result, str] | None:
        nonlocal count
        count += 1
        folder = tmp_path / f"s{count}"
        folder.mkdir()
        told = {"text": text, "folder": folder, "timeout_s": 60.0, "hostile": frozenset(values)} | more
        call = Call(values={**values, "OTHER": "not this"}, **told)
        try:
            result = actions[kind].run(call)
        except TocsinError:
            return None
        return result, call.out.read_text() if call.out.exists() else ""

    return run


def taken(outcomes: Sequence[object], least: int) -> None:
    """A test in which everything is refused would show nothing."""
    assert sum(each is not None for each in outcomes) >= least


# Labels and inputs


def test_a_label_becomes_a_value_or_is_asked_of_a_person(values: list[str]) -> None:
    plan = Plan(diagnosis=(PlannedStep(key="a", id="a", title="a", kind="bash", inputs=("POD",)),))
    known = []
    for value in [*values, "\ud800"]:
        found = resolve(plan, (Input(name="POD"),), {}, {"pod": value}, Service())
        if "POD" in found.known:
            assert found.known["POD"] == value
            assert found.hostile == {"POD"}
            assert not value.startswith("-")
            assert value.isprintable()
            known.append(value)
    assert len(known) >= 150


def test_a_value_that_is_printed_decides_no_condition(values: list[str], tmp_path: Path) -> None:
    step = PlannedStep(key="a", id="a", title="a", kind="bash", expect='stdout == "good" && exit == 0')
    out, err = tmp_path / "out", tmp_path / "err"
    for value in values:
        out.write_text(value, encoding="utf-8")
        result = Result(well=True, exit=0)
        assert judge(step, result, result.variables(out, err)).ok is False, value


# Shells, here and elsewhere


def all_at_once(values: list[str]) -> dict[str, str]:
    return {f"V{n}": value for n, value in enumerate(values) if "\0" not in value}


SHOW = (
    "python3 -c 'import json, os; print(json.dumps({n: v for n, v in os.environ.items() if n[0] == \"V\"}))'"
)


def test_in_a_shell_a_value_is_a_variable(do: Do, values: list[str]) -> None:
    given = all_at_once(values)
    done = do("shell", SHOW, given)
    assert done is not None
    assert json.loads(done[1]) == given
    for language in ("bash", "sh"):
        for chunk in range(0, len(given), 50):
            some = dict(list(given.items())[chunk : chunk + 50])
            text = "\n".join(f'printf "%s\\0" "${name}"' for name in some)
            done = do("shell", text, some, language=language)
            assert done is not None
            # The output is text to read: what is no text in it is replaced, and a carriage return is a line's end.
            seen = done[1].split("\0")[:-1]
            assert [each.replace("\n", "") for each in seen] == [
                each.replace("\r", "").replace("\n", "") for each in some.values()
            ]
    assert do("shell", "echo", {"V": "a\0b"}) is None


@pytest.mark.real
def test_over_ssh_a_value_is_a_variable(do: Do, values: list[str], tmp_path_factory: Any) -> None:
    if PROGRAM is None:
        pytest.skip("no sshd here (make setup-real)")
    given = all_at_once(values)
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        done = do("shell", SHOW, given, target=server.target())
        refused = do("shell", "echo", {"V": "a\0b"}, target=server.target())
    assert done is not None
    assert json.loads(done[1]) == given
    assert refused is None


@pytest.mark.real
def test_in_a_container_a_value_is_a_variable(do: Do, values: list[str], docker_engine: Engine) -> None:
    made = docker_engine.docker(
        "run", "--detach", "--rm", "--volume", "/usr:/usr:ro", "hostroot:lab", "sleep", "600"
    )
    environment = docker_engine.environment
    target = {
        "kind": "container",
        "container": made.stdout.strip(),
        "host": environment["DOCKER_HOST"],
        "config": environment["DOCKER_CONFIG"],
    }
    given = all_at_once(values)
    done = do("shell", SHOW, given, target=target)
    docker_engine.docker("rm", "--force", target["container"])
    assert done is not None
    assert json.loads(done[1]) == given


# Requests


@pytest.fixture
def heard() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server: its address, and each request as (target, headers, body)."""
    asked: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked.append((self.path, {name.lower(): each for name, each in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_in_a_request_a_value_stays_in_its_place(do: Do, values: list[str], heard: Any) -> None:
    url, asked = heard
    outcomes = []
    for value in values:
        text = f'POST {url}/p/${{VALUE}}/end?q=${{VALUE}}&r=1\ncontent-type: application/json\n\n{{"v": "${{VALUE}}"}}'
        done = do("http", text, {"VALUE": value})
        outcomes.append(done if done is not None and done[0].well else None)
        if outcomes[-1] is None:
            continue
        target, headers, body = asked[-1]
        address = urlsplit(target)
        assert unquote(address.path) == f"/p/{value}/end"
        assert address.path.count("/") == 3
        assert parse_qs(address.query, keep_blank_values=True, separator="&") == {"q": [value], "r": ["1"]}
        assert json.loads(body) == {"v": value}
        assert "x-injected" not in headers
    taken(outcomes, 290)
    before = len(asked)
    for value in values:
        done = do("http", f"POST {url}/\nx-value: a ${{VALUE}} b\n\n", {"VALUE": value})
        if done is not None and len(asked) > before:
            assert value.isprintable()
            assert "x-injected" not in asked[-1][1]
        before = len(asked)


# Databases


def test_in_sqlite_a_value_is_a_parameter(do: Do, values: list[str], tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE orders (name TEXT)")
    conn.close()
    target = {"kind": "sqlite", "path": str(path)}
    for chunk in range(0, len(values), 20):
        some = {f"V{n}": each for n, each in enumerate(values[chunk : chunk + 20])}
        text = ";".join(f"INSERT INTO orders VALUES (:{name}); SELECT :{name}, ':{name}'" for name in some)
        done = do("sql", f"BEGIN;{text};COMMIT", some, target=target, level="change")
        assert done is not None
        assert done[0].well, done
        said = [list(json.loads(line).values()) for line in done[1].split("\n")[:-1]]
        assert said == [[value, f":{name}"] for name, value in some.items()]
    conn = sqlite3.connect(path)
    kept = [row[0] for row in conn.execute("SELECT name FROM orders ORDER BY rowid")]
    conn.close()
    assert kept == values


@pytest.mark.postgres
def test_in_postgres_a_value_is_a_parameter(do: Do, values: list[str], postgres: Any) -> None:
    url = postgres.database()
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute("CREATE TABLE orders (name text)")
    target = {"kind": "postgres", "dsn": url}
    for chunk in range(0, len(values), 20):
        some = {f"V{n}": each for n, each in enumerate(values[chunk : chunk + 20]) if "\0" not in each}
        text = ";".join(f"INSERT INTO orders VALUES (:{name}); SELECT :{name}::text AS said" for name in some)
        done = do("sql", text, some, target=target, level="change")
        assert done is not None
        assert done[0].well, done
        assert [json.loads(line)["said"] for line in done[1].split("\n")[:-1]] == list(some.values())
    refused = do("sql", "SELECT :V", {"V": "a\0b"}, target=target)
    assert refused is None or not refused[0].well
    with psycopg.connect(plain) as conn:
        kept = [row[0] for row in conn.execute("SELECT name FROM orders").fetchall()]
    assert sorted(kept) == sorted(each for each in values if "\0" not in each)
    postgres.give_back(url)


@pytest.mark.real
@pytest.mark.skipif(not which("redis-server"), reason="no redis-server here (make setup-real)")
def test_in_redis_a_value_is_an_argument(do: Do, values: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    target = {"kind": "redis", "url": f"redis://127.0.0.1:{port}/0"}
    try:
        until = time.monotonic() + 30
        while (done := do("redis", "PING", {}, target=target)) is None or not done[0].well:
            assert time.monotonic() < until
            time.sleep(0.05)
        outcomes = []
        for n, value in enumerate(values):
            text = f"SET k{n} ${{VALUE}}\nSTRLEN k{n}"
            done = do("redis", text, {"VALUE": value}, target=target, level="change")
            outcomes.append(done)
            if done is not None:
                assert done[1].splitlines()[-1] == str(len(value.encode()))
        taken(outcomes, 290)
        done = do("redis", "DBSIZE", {}, target=target)
        assert done is not None
        assert int(done[1]) == sum(each is not None for each in outcomes)
    finally:
        server.terminate()
        server.wait(30)


# Actions by name


def test_in_an_action_a_value_fills_one_argument(
    actions: Mapping[str, Action], values: list[str], tmp_path: Path
) -> None:
    """Every text of every verb's examples: the value becomes that text, in whole or quoted as the verb says, or the
    verb refuses it; and of a verb that runs a program, the value stays within one word of it, and is no option.
    """
    seen = taken_ = 0
    for kind, toolbox in actions.items():
        if not isinstance(toolbox, Toolbox):
            continue
        for verb in toolbox.verbs:
            for example in verb.examples:
                for name, told in example.items():
                    if not isinstance(told, str) or name in verb.verbatim:
                        continue
                    for value in values[:: max(1, len(values) // 60)]:
                        seen += 1
                        call = Call(
                            text="",
                            action=f"{kind}.{verb.named()}",
                            arguments={**example, name: "${VALUE}"},
                            values={"VALUE": value},
                            folder=tmp_path,
                            timeout_s=1.0,
                            level="destroy",
                        )
                        taken_ += _is_data(toolbox, call, name, value)
    assert seen > 300
    assert taken_ > 0


def _is_data(toolbox: Toolbox, call: Call, name: str, value: str) -> bool:
    try:
        verb = toolbox.verb_of(call)
        told = getattr(verb, name)
        words = list(toolbox.argv(verb, call)) if isinstance(toolbox, Programs) else None
    except TocsinError:
        return False
    if name not in verb.quoted and isinstance(told, str):
        assert told == value, call.action
    if words is not None:
        assert shlex.split(shlex.join(words)) == words
        assert value not in words or not value.startswith("-"), (call.action, words)
    return True


def test_the_table_is_what_it_says(tmp_path: Path) -> None:
    """Read by a shell, its commands do make the file: the other tests could fail."""
    mark = tmp_path / "made"
    harmful = 0
    for value in hostile_values(mark):
        if "touch" in value and "\0" not in value and harmful < 5:
            subprocess.run(
                ["sh", "-c", f"echo {value}"],
                cwd=tmp_path,
                capture_output=True,
                check=False,
                timeout=30,
                env={"PATH": os.environ["PATH"]},
            )
            harmful += mark.exists()
            mark.unlink(missing_ok=True)
    assert harmful == 5
