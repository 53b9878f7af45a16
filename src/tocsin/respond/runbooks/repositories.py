"""What do the git repositories of the library hold? Fetched on a beat by the program `git`, kept beside the database.

A repository is fetched into a bare one of ours, one commit deep, and the Markdown files of its folders are written
out into a folder named after the commit; a small file then says which commit is the one to read. So a reader never
sees half of a change, nothing of the repository is ever run (no hooks, no filters, no links, no submodules), and a
fetch that fails leaves what was there. Credentials are references: the token reaches git by its environment, never by
an argument, the address or a file.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import msgspec
import structlog

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.kernel.settings import Current
from tocsin.respond.runbooks.places import SUFFIXES, Place
from tocsin.respond.runbooks.reading.text import LARGEST
from tocsin.respond.runbooks.section import LibrarySection, RepositorySettings

FOLDER = ".library"
_STATE = "state.json"
_LOCK = "lock"
_FETCHED = "refs/tocsin/fetched"
_PATIENCE_S = 120.0
_LOCAL_S = 30.0
_FILES_MOST = 5_000
_AT_ONCE = 50
_SAID_MOST = 300
_PASSED_ON = ("PATH", "HOME", "SSH_AUTH_SOCK", "https_proxy", "http_proxy", "no_proxy", "all_proxy")
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
    "LC_ALL": "C",
}
_SETTINGS = {"core.hooksPath": os.devnull, "gc.autoDetach": "false"}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How the last fetch went. `said` is empty where it went well; times are ISO 8601, in UTC."""

    url: str
    branch: str
    folders: tuple[str, ...]
    commit: str = ""
    fetched_at: str = ""
    tried_at: str = ""
    said: str = ""


class GitFailed(Exception):
    """Git said no, in its own words without secrets."""


class Repositories:
    """Fetches what is due; one for a process. The folder of the cache may be shared with other readers."""

    def __init__(self, current: Current[LibrarySection], folder: Path, clock: Clock) -> None:
        self._current = current
        self._folder = folder / FOLDER
        self._clock = clock
        self._began = clock.now()
        self._due: dict[RepositorySettings, float] = {}
        self._stopping = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Fetches each repository whose time has come, one after the other. Never raises for what git says."""
        configured = self._current().library.repositories
        self._due = {each: due for each, due in self._due.items() if each in configured}
        now = self._clock.monotonic()
        due = [each for each in configured if self._due.get(each, now) <= now]
        if not due or self._stopping.is_set():
            return
        with self._alone() as mine:
            for repository in due if mine else ():
                if self._stopping.is_set():
                    return
                self._due[repository] = self._clock.monotonic() + repository.every.total_seconds()
                if not self._was_fetched(repository):
                    self.fetch(repository)

    @contextlib.contextmanager
    def _alone(self) -> Generator[bool]:
        """Whether the folder is ours for now: several processes of one machine may share it, and git bears one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / _LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def _was_fetched(self, repository: RepositorySettings) -> bool:
        """Whether another process has brought it up to date since this one began, and not too long ago."""
        state = state_of(self._folder.parent, repository)
        if state is None or not state.tried_at:
            return False
        tried = datetime.fromisoformat(state.tried_at)
        return tried > max(self._began, self._clock.now() - repository.every)

    def fetch(self, repository: RepositorySettings) -> State:
        """Brings one repository up to date, and says how it went; what was there stays where it did not."""
        home = self._folder / repository.called
        before = state_of(self._folder.parent, repository)
        tried_at = self._clock.now().isoformat(timespec="seconds")
        empty = State(url=repository.url, branch=repository.branch or "", folders=repository.folders)
        kept = before or empty
        try:
            commit = self._bring(repository, home, kept.commit)
            after = replace(empty, commit=commit, fetched_at=tried_at, tried_at=tried_at)
        except (GitFailed, OSError, Invalid) as problem:
            said = problem.message if isinstance(problem, Invalid) else str(problem)
            after = replace(kept, tried_at=tried_at, said=scrub(said)[:_SAID_MOST])
            if kept.said != after.said:
                _log.warning(
                    "a repository could not be fetched", repository=repository.called, said=after.said
                )
        if not self._stopping.is_set():
            with contextlib.suppress(OSError):  # a full disk: the state before it stands
                _write(home / _STATE, after)
                _tidy(home, after.commit)
        return after

    def stop(self) -> None:
        """Ends a fetch that is under way; the next process fetches anew."""
        self._stopping.set()
        with self._lock:
            if self._running:
                _end(self._running)

    def _bring(self, repository: RepositorySettings, home: Path, before: str) -> str:
        """Fetches, and writes out the files of a commit that is not there yet; gives its name."""
        git = home / "git"
        if not (git / "HEAD").is_file():
            home.mkdir(parents=True, exist_ok=True)
            self._git(["init", "--quiet", "--bare", "--", str(git)], repository, limit_s=_LOCAL_S)
        wanted = f"refs/heads/{repository.branch}" if repository.branch else "HEAD"
        source = str(self._source(repository))
        fetch = [
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--force",
            "--",
            source,
            f"{wanted}:{_FETCHED}",
        ]
        self._git(["-C", str(git), *fetch], repository, limit_s=_PATIENCE_S)
        commit = self._git(["-C", str(git), "rev-parse", _FETCHED], repository, limit_s=_LOCAL_S)
        name = commit.decode("ascii", "replace").strip()
        files = home / name
        if not files.is_dir():
            fresh = home / f"{name}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            old = home / before if before else None
            listed = list(self._listed(git, name, repository))
            for at in range(0, len(listed), _AT_ONCE):
                some = listed[at : at + _AT_ONCE]
                asked = "".join(f"{blob}\n" for _, blob in some).encode()
                told = self._git(
                    ["-C", str(git), "cat-file", "--batch"], repository, limit_s=_LOCAL_S, asked=asked
                )
                for (path, _), data in zip(some, _blobs(told), strict=True):
                    _put(fresh, path, data, old)
            fresh.replace(files)
        return name

    def _listed(self, git: Path, commit: str, repository: RepositorySettings) -> Iterator[tuple[str, str]]:
        """Path and name of each Markdown file of the wanted folders. What is a link or too long is left out."""
        listed = self._git(
            ["-C", str(git), "ls-tree", "-r", "-z", "--long", commit], repository, limit_s=_LOCAL_S
        )
        wanted = [PurePosixPath(folder) for folder in repository.folders]
        count = 0
        for entry in listed.split(b"\0"):
            about, _, raw = entry.partition(b"\t")
            told = about.split()
            path = raw.decode("utf-8", "replace")
            if len(told) != 4 or told[0] not in (b"100644", b"100755") or int(told[3]) > LARGEST:
                continue
            file = PurePosixPath(path)
            if file.suffix.lower() in SUFFIXES and any(file.is_relative_to(folder) for folder in wanted):
                count += 1
                if count > _FILES_MOST:
                    raise GitFailed(f"it holds more than {_FILES_MOST} Markdown files; name fewer folders")
                yield path, told[2].decode("ascii")

    def _source(self, repository: RepositorySettings) -> str | Path:
        """A folder is meant from where the configuration is."""
        url = repository.url
        if "://" in url or (":" in url and not url.startswith(("/", "."))):
            return url
        return (self._folder.parent / url).resolve()

    def _git(
        self, arguments: Sequence[str], repository: RepositorySettings, *, limit_s: float, asked: bytes = b""
    ) -> bytes:
        """What git prints. Raises GitFailed with what it says."""
        environment = _environment(repository)
        try:
            with self._lock:
                if self._stopping.is_set():
                    raise GitFailed("Tocsin is stopping")
                self._running = subprocess.Popen(
                    ["git", *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    start_new_session=True,
                )
        except FileNotFoundError:
            raise GitFailed("the program git is not installed") from None
        with self._running as running:
            try:
                out, told = running.communicate(asked, timeout=limit_s)
            except subprocess.TimeoutExpired:
                _end(running)
                raise GitFailed(f"git did not end within {limit_s:g} s") from None
            finally:
                self._running = None
        if running.returncode:
            raise GitFailed(_complaint(told) or f"git ended with {running.returncode}")
        return out


def state_of(folder: Path, repository: RepositorySettings) -> State | None:
    """What was last fetched for a repository as it is configured now; None where nothing was yet."""
    try:
        file = folder / FOLDER / repository.called / _STATE
        state = msgspec.json.decode(file.read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return None
    same = (repository.url, repository.branch or "", repository.folders)
    return state if (state.url, state.branch, state.folders) == same else None


def place_of(folder: Path, repository: RepositorySettings) -> Place | None:
    """Where its runbooks stand now, as far as they were ever fetched."""
    state = state_of(folder, repository)
    if state is None or not state.commit:
        return None
    root = folder / FOLDER / repository.called / state.commit
    return Place(prefix=repository.called, root=root, only_runbooks=True)


def trouble(folder: Path, repository: RepositorySettings) -> str:
    """Why a repository is not what it could be; empty when all is well."""
    state = state_of(folder, repository)
    if state is None:
        return f"{repository.called}: has not been fetched yet"
    if not state.said:
        return ""
    since = f"as of {state.fetched_at}" if state.commit else "nothing of it is here"
    return f"{repository.called}: cannot be fetched ({state.said}); {since}"


def _environment(repository: RepositorySettings) -> dict[str, str]:
    settings = dict(_SETTINGS)
    if repository.token:
        parts = urlsplit(repository.url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise Invalid("a token is only sent by https", fix="write the address as https://…")
        pair = f"{repository.user}:{repository.token.reveal()}".encode()
        header = f"Authorization: Basic {base64.b64encode(pair).decode()}"
        settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = header
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, **_QUIET, **_as_environment(settings)}


def _complaint(told: bytes) -> str:
    """What of git's words says why: its first line of that kind, before the good advice."""
    lines = [line.strip() for line in told.decode("utf-8", "replace").splitlines() if line.strip()]
    why = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:", "remote: error"))]
    return (why or lines or [""])[0]


def _end(running: subprocess.Popen[bytes]) -> None:
    """Git with the programs that it started: they are a group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)


def _blobs(told: bytes) -> Iterator[bytes]:
    """The contents in what `git cat-file --batch` prints: a line with the size, the bytes, an end of line."""
    at = 0
    while at < len(told):
        head, _, _ = told[at : at + 200].partition(b"\n")
        size = int(head.rsplit(b" ", 1)[-1])
        begin = at + len(head) + 1
        yield told[begin : begin + size]
        at = begin + size + 1


def _as_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings as git takes them from its environment, where no list of processes shows them."""
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        told[f"GIT_CONFIG_KEY_{number}"] = name
        told[f"GIT_CONFIG_VALUE_{number}"] = value
    return told


def _put(root: Path, path: str, data: bytes, old: Path | None) -> None:
    """Writes a file. Unchanged since the commit before, it keeps its date: that is since when it says so."""
    parts = PurePosixPath(path).parts
    if not parts or any(part in ("", ".", "..") for part in parts) or "\0" in path:
        return
    file = root.joinpath(*parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    if old is None:
        return
    with contextlib.suppress(OSError):
        before = old.joinpath(*parts)
        if before.read_bytes() == data:
            shutil.copystat(before, file)


def _write(file: Path, state: State) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(state))
    fresh.replace(file)


def _tidy(home: Path, commit: str) -> None:
    """Drops the files of commits before the one in use, but for the newest of them: somebody may be reading it."""
    others = [each for each in home.iterdir() if each.is_dir() and each.name not in ("git", commit)]
    for each in sorted(others, key=lambda each: each.stat().st_mtime)[:-1]:
        shutil.rmtree(each, ignore_errors=True)
