"""The real SDK of Sentry, unmodified, with a key of Tocsin as the public key of its DSN."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from waiting import until

pytestmark = [pytest.mark.real]
PROGRAM = """
    import sys
    import sentry_sdk

    def checkout(basket):
        return 1 / basket

    sentry_sdk.init(dsn=sys.argv[1], environment="lab", release="shop@1.2.3", traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(op="task", name="checkout"):
        for basket in (0, 0):
            try:
                checkout(basket)
            except ZeroDivisionError:
                sentry_sdk.capture_exception()
        scope = sentry_sdk.get_current_scope()
        scope.add_attachment(bytes=bytes(range(256)), filename="core.bin")
        sentry_sdk.capture_message("no stock", level="fatal")
        sentry_sdk.capture_message("slow", level="warning")
    sentry_sdk.get_client().flush(timeout=20)
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        "people: {mei: {name: Mei-Ling Chen, email: mei@example.com}}\n"
        "channels: {mail: {kind: email, host: 127.0.0.1, port: 1, from: tocsin@example.com}}\n"
        "services: {shop: {title: Shop, soak: 1s, soak_every: 1s}}\n"
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


def test_a_program_tells_of_its_errors_with_nothing_but_another_dsn(served: Served, tmp_path: Path):
    made = served.command(
        "key", "create", "sentry", "--service", "shop", "--config", str(served.folder), "--json"
    )
    key = json.loads(made.stdout)["key"]
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    dsn = served.url.replace("http://", f"http://{key}@") + "/42"
    done = subprocess.run(
        [sys.executable, str(program), dsn], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr

    def alerts() -> list[dict[str, Any]]:
        return served.ask("GET", "/api/v1/alerts?service=shop")[1]["items"]

    until(lambda: len(alerts()) >= 2, what="the alerts of the program")
    told = {each["name"]: each for each in alerts()}
    assert set(told) == {"ZeroDivisionError", "no stock"}
    assert told["ZeroDivisionError"]["labels"]["culprit"].endswith("in checkout")
    assert told["ZeroDivisionError"]["labels"]["environment"] == "lab"
    assert told["ZeroDivisionError"]["annotations"]["release"] == "shop@1.2.3"
    assert told["no stock"]["labels"]["severity"] == "critical"
