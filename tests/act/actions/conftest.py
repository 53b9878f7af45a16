"""A server that tells back what it was asked, and a way to call an action."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tocsin.act.actions.action import Action, Call, Result, all_actions
from tocsin.act.actions.toolbox import toolboxes
from tocsin.ground.kernel.outbound import Outbound


@dataclass
class Echo:
    """`url` answers with the request as JSON, with the status that its path ends in."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def echo() -> Iterator[Echo]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            told = {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": self.rfile.read(length).decode(),
            }
            tell.asked.append(told)
            body = json.dumps(told).encode()
            last = self.path.partition("?")[0].rsplit("/", 1)[-1]
            self.send_response(int(last) if last.isdecimal() else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base calls them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tell = Echo(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield tell
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def actions(outbound: Outbound) -> dict[str, Action]:
    return all_actions(outbound)


@pytest.fixture
def perform(actions: dict[str, Action], tmp_path: Path) -> Callable[..., tuple[Result, dict[str, Any]]]:
    """Runs one text; gives the result and what a condition could speak of."""
    count = 0

    def run(kind: str, text: str, **more: Any) -> tuple[Result, dict[str, Any]]:
        nonlocal count
        count += 1
        folder = tmp_path / f"step.{count}"
        folder.mkdir()
        call = Call(**{"text": text, "folder": folder, "timeout_s": 10.0} | more)
        result = actions[kind].run(call)
        return result, result.variables(call.out, call.err)

    return run


@pytest.fixture
def act(outbound: Outbound, tmp_path: Path) -> Callable[..., tuple[Result, dict[str, Any]]]:
    """Performs one verb; gives the result and what a condition could speak of."""
    count = 0

    def run(name: str, arguments: dict[str, Any], **more: Any) -> tuple[Result, dict[str, Any]]:
        nonlocal count
        count += 1
        folder = tmp_path / f"verb.{count}"
        folder.mkdir()
        told = {"text": "", "action": name, "arguments": arguments, "folder": folder, "timeout_s": 30.0}
        call = Call(**told | more)
        result = toolboxes()[name.partition(".")[0]](outbound).run(call)
        return result, result.variables(call.out, call.err)

    return run
