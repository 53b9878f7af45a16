"""From another machine: is the way from an alert to a page open? And who hears of it when it is not?"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from databases import on_postgres
from letterbox import Mailbox, text_of
from receiver import Receiver
from served import TOCSIN, Served, free_port
from waiting import until


@pytest.fixture
def help_() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(f'database: "{database_url}"\npeople: {{mei: {{name: Mei}}}}\n')
    server = Served(folder).start()
    try:
        yield server
    finally:
        server.stop()


def watch(url: str, key: str, *options: str, within: float = 20) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOCSIN, "watch", "--url", url, "--key", key, "--within", str(within), "--once", *options],
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_a_round_goes_all_the_way_and_is_nobodys_incident(served: Served, help_: Receiver):
    key = served.key("watch")
    for _ in range(2):
        done = watch(served.url, key, "--call", help_.url, "--well", help_.url)
        assert done.returncode == 0, (done.stdout, done.stderr, served.log()[-2000:])
    assert help_.asked == 2
    assert not help_.messages
    assert served.incident() is None
    over = until(
        lambda: served.get("/api/v1/alerts?state=resolved")["items"], 20, "the end of the test alert"
    )
    assert [each["name"] for each in over] == ["TocsinWatch"]


def test_a_dead_intake_is_told_by_every_way(tmp_path: Path, help_: Receiver):
    told = tmp_path / "told"
    done = watch(
        f"http://127.0.0.1:{free_port()}",
        "in_nobody",
        *("--call", help_.url, "--run", f'printf %s "$TOCSIN_WATCH" > {told}'),
    )
    assert done.returncode == 1
    assert "intake:" in done.stdout
    assert "does not page: intake:" in told.read_text()
    assert [body["text"] for _, _, body in help_.messages] == [told.read_text()]


def test_help_is_called_by_mail():
    box = Mailbox()
    try:
        nobody = f"http://127.0.0.1:{free_port()}"
        done = watch(nobody, "in_nobody", "--mail", "mei@example.com", "--smtp", f"127.0.0.1:{box.port}")
    finally:
        box.stop()
    assert done.returncode == 1
    assert ["does not page: intake:" in text_of(mail) for mail in box.mails] == [True]


def test_a_wrong_key_is_told(served: Served):
    assert "intake: a test alert was answered with 401" in watch(served.url, "in_nobody").stdout


@on_postgres
def test_what_breaks_behind_the_intake_is_named(served: Served, database_url: str):
    key = served.key("watch")
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as conn:
        for breaks, mends, said in (
            (
                "alter table alert_event rename to gone",
                "alter table gone rename to alert_event",
                "intake: a test alert was answered with 503",
            ),
            (
                "alter table alert_event add constraint refused check (state <> 'done') not valid",
                "alter table alert_event drop constraint refused",
                "engine: the test alert is stored and is not judged, for 6 s",
            ),
            (
                "alter table delivery add constraint refused check (state <> 'sent') not valid",
                "alter table delivery drop constraint refused",
                "sender: the test page was judged and is not sent, for 6 s",
            ),
        ):
            conn.execute(breaks)
            done = watch(served.url, key, within=6)
            conn.execute(mends)
            assert (done.returncode, done.stdout.strip()) == (1, said)


@on_postgres
def test_without_a_worker_the_engine_is_named(tmp_path: Path, database_url: str):
    (tmp_path / "tocsin.yaml").write_text(f'database: "{database_url}"\n')
    web = Served(tmp_path, role="web").start()
    try:
        done = watch(web.url, web.key("watch"), within=4)
    finally:
        web.stop()
    assert "engine: the test alert is stored and is not judged, for 4 s" in done.stdout
