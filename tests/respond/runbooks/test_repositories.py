"""Git repositories are fetched on a beat; what cannot be fetched keeps what was there, and is told."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.repositories import FOLDER, Repositories
from tocsin.respond.runbooks.section import LibrarySection, LibrarySettings, RepositorySettings


class Origin:
    """Somebody else's repository, with runbooks in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")

    def branch(self, name: str) -> None:
        self.git("switch", "--quiet", "--create", name)

    def git(self, *arguments: str) -> None:
        who = {
            f"GIT_{role}_{what}": "mei@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, env=who | alone, capture_output=True)


class House:
    """A configuration with repositories, and who fetches and reads them."""

    def __init__(self, folder: Path, clock: FrozenClock) -> None:
        self.folder = folder
        self.clock = clock
        self.section = LibrarySection()
        self.repositories = Repositories(lambda: self.section, folder, clock)
        self.library = Library(CatalogueSection, folder, clock, lambda: self.section)

    def configure(self, *repositories: dict[str, Any]) -> None:
        self.section = LibrarySection(library=LibrarySettings.model_validate({"repositories": repositories}))

    def later(self, seconds: float) -> list[str]:
        """What there is after one more beat, some time later."""
        self.clock.tick(seconds)
        self.repositories.tick()
        self.clock.tick(1)
        return [each.path for each in self.library.all()]


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path / "ops")
    made.write("runbooks/redis.md", "# Redis is full\n")
    made.write("docs/runbooks/deep/queue.md", "# Queue is stuck\n")
    made.write("README.md", "# Not a runbook\n")
    made.write("runbooks/notes.txt", "none either")
    made.commit()
    return made


@pytest.fixture
def house(tmp_path: Path, clock: FrozenClock) -> Iterator[House]:
    folder = tmp_path / "house"
    folder.mkdir()
    made = House(folder, clock)
    yield made
    made.repositories.stop()


def test_its_runbooks_are_in_the_library_under_its_name(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder)})
    assert house.library.trouble() == ["ops: has not been fetched yet"]

    assert house.later(1) == ["ops/docs/runbooks/deep/queue.md", "ops/runbooks/redis.md"]
    assert house.library.trouble() == []
    assert house.library.text("ops/runbooks/redis.md") == "# Redis is full\n"
    with pytest.raises(NotFound):
        house.library.get("ops/README.md")


def test_a_folder_may_be_named_from_where_the_configuration_is(house: House, origin: Origin) -> None:
    house.configure({"url": "../ops", "name": "theirs", "folders": ["docs"]})
    assert house.later(1) == ["theirs/docs/runbooks/deep/queue.md"]


def test_every_markdown_file_is_taken_where_all_folders_are_wanted(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder), "folders": ["."]})
    assert "ops/README.md" in house.later(1)


def test_a_change_is_seen_at_the_next_beat_and_not_before(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder), "every": "5m"})
    house.later(1)
    origin.write("runbooks/redis.md", "# Redis refuses writes\n")
    (origin.folder / "docs/runbooks/deep/queue.md").unlink()
    origin.commit()

    house.later(200)
    assert house.library.get("ops/runbooks/redis.md").title == "Redis is full"
    assert house.later(200) == ["ops/runbooks/redis.md"]
    assert house.library.get("ops/runbooks/redis.md").title == "Redis refuses writes"


def test_history_that_was_rewritten_is_followed(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder), "every": "5s"})
    house.later(1)
    origin.git("commit", "--quiet", "--amend", "--message", "another past")
    origin.write("runbooks/new.md", "# New\n")
    origin.commit()

    assert "ops/runbooks/new.md" in house.later(6)


def test_what_did_not_change_keeps_its_date(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder), "every": "5s"})
    house.later(1)
    redis = house.library.get("ops/runbooks/redis.md").path
    old = 1_600_000_000
    for file in (house.folder / FOLDER).rglob("redis.md"):
        os.utime(file, (old, old))
    origin.write("runbooks/new.md", "# New\n")
    origin.commit()
    house.later(6)

    assert house.library.dated(redis).timestamp() == old
    assert house.library.dated("ops/runbooks/new.md").timestamp() > old


def test_a_branch_is_taken_where_one_is_named(house: House, origin: Origin) -> None:
    origin.branch("next")
    origin.write("runbooks/new.md", "# New\n")
    origin.commit()
    house.configure({"url": str(origin.folder), "branch": "main"})

    assert "ops/runbooks/new.md" not in house.later(1)
    house.configure({"url": str(origin.folder), "branch": "next"})
    house.clock.tick(1)
    assert house.library.trouble() == ["ops: has not been fetched yet"]
    assert "ops/runbooks/new.md" in house.later(1)


def test_a_fetch_that_fails_keeps_what_was_there_and_is_told(
    house: House, origin: Origin, tmp_path: Path
) -> None:
    house.configure({"url": str(origin.folder), "every": "5s"})
    before = house.later(1)
    origin.folder.rename(tmp_path / "away")

    assert house.later(6) == before
    [told] = house.library.trouble()
    assert told.startswith("ops: cannot be fetched (")
    assert "as of 2026-11-21T10:30:01" in told

    (tmp_path / "away").rename(origin.folder)
    house.later(6)
    assert house.library.trouble() == []


def test_another_process_reads_what_was_fetched(house: House, origin: Origin, clock: FrozenClock) -> None:
    house.configure({"url": str(origin.folder)})
    house.later(1)

    other = Library(CatalogueSection, house.folder, clock, lambda: house.section)
    assert [each.path for each in other.all()] == ["ops/docs/runbooks/deep/queue.md", "ops/runbooks/redis.md"]


def test_only_the_commit_in_use_and_the_one_before_are_kept(house: House, origin: Origin) -> None:
    house.configure({"url": str(origin.folder), "every": "5s"})
    for number in range(4):
        origin.write("runbooks/redis.md", f"# Redis {number}\n")
        origin.commit()
        house.later(6)

    kept = [
        each for each in (house.folder / FOLDER / "ops").iterdir() if each.is_dir() and each.name != "git"
    ]
    assert len(kept) == 2


def test_links_and_what_would_run_are_left_out(house: House, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n")
    (origin.folder / "runbooks" / "link.md").symlink_to(tmp_path / "secret.md")
    origin.write(".gitattributes", "*.md filter=evil\n")
    origin.write("runbooks/.hidden.md", "# Hidden\n")
    origin.commit()
    house.configure({"url": str(origin.folder)})

    assert house.later(1) == ["ops/docs/runbooks/deep/queue.md", "ops/runbooks/redis.md"]


def test_a_repository_without_a_commit_is_told(house: House, tmp_path: Path) -> None:
    Origin(tmp_path / "empty")
    house.configure({"url": str(tmp_path / "empty")})

    assert house.later(1) == []
    [told] = house.library.trouble()
    assert told.startswith("empty: cannot be fetched (")
    assert told.endswith("nothing of it is here")


class Asked(BaseHTTPRequestHandler):
    """Says no to everybody, and remembers who they said they were."""

    seen: list[str] = []  # noqa: RUF012 - shared by the requests of one test on purpose

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("authorization", ""))
        self.send_response(403)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def forge() -> Iterator[str]:
    Asked.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_token_goes_with_the_request_and_nowhere_else(
    house: House, forge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_TOKEN", "s3cret-token")
    house.configure({"url": f"{forge}/team/ops.git", "token": "env:OPS_TOKEN"})

    house.later(1)

    assert Asked.seen[0] == "Basic Z2l0OnMzY3JldC10b2tlbg=="
    [told] = house.library.trouble()
    assert "403" in told
    for file in (house.folder / FOLDER).rglob("*"):
        if file.is_file():
            assert b"s3cret" not in file.read_bytes()
            assert b"Z2l0OnMzY3" not in file.read_bytes()


def test_a_token_that_is_not_there_is_told(house: House, forge: str) -> None:
    house.configure({"url": f"{forge}/team/ops.git", "token": "env:NO_SUCH_TOKEN_HERE"})

    house.later(1)

    [told] = house.library.trouble()
    assert "the environment variable NO_SUCH_TOKEN_HERE is not set" in told
    assert Asked.seen == []


def test_a_token_never_leaves_in_clear(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_TOKEN", "s3cret-token")
    house.configure({"url": "http://git.example.com/team/ops.git", "token": "env:OPS_TOKEN"})

    house.later(1)

    [told] = house.library.trouble()
    assert "a token is only sent by https" in told


def test_a_fetch_that_hangs_ends_with_the_process(house: House) -> None:
    with_nobody = ThreadingHTTPServer(
        ("127.0.0.1", 0), BaseHTTPRequestHandler
    )  # takes the call, answers nobody
    house.configure({"url": f"http://127.0.0.1:{with_nobody.server_port}/ops.git"})
    thread = threading.Thread(target=house.repositories.tick)
    thread.start()
    end = time.monotonic() + 20
    while not (house.folder / FOLDER / "ops" / "git" / "HEAD").exists():
        assert time.monotonic() < end, "the fetch did not begin"
        time.sleep(0.01)

    house.repositories.stop()
    thread.join(10)

    assert not thread.is_alive()
    with_nobody.server_close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "--upload-pack=touch /tmp/x"},
        {"url": "ext::sh -c true"},
        {"url": "ftp://example.com/ops.git"},
        {"url": "https://mei:secret@example.com/ops.git"},
        {"url": "https://ghp_token@example.com/ops.git"},
        {"url": ""},
        {"url": "../ops", "name": "../out"},
        {"url": "../ops", "name": ".."},
        {"url": "../ops", "branch": "--force"},
        {"url": "../ops", "branch": "a..b"},
        {"url": "../ops", "folders": ["../../etc"]},
        {"url": "../ops", "folders": ["/etc"]},
        {"url": "../ops", "every": "0s"},
        {"url": "../ops", "token": "plain"},
    ],
)
def test_what_no_repository_may_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RepositorySettings.model_validate(wrong)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("git@git.example.com:team/ops.git", "ops"),
        ("https://git.example.com/team/run-books", "run-books"),
        ("../ops/", "ops"),
        ("ssh://git@git.example.com/~mei/手冊.git", "repository"),
    ],
)
def test_it_is_called_by_the_last_part_of_its_address(url: str, name: str) -> None:
    assert RepositorySettings(url=url).called == name
