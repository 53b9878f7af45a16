"""Would this runbook work if it were needed now? Its hosts resolve, its tools are installed, its secrets and links are
there.

Looked at on a beat, so that a runbook is known to be broken before it is needed. Only what can be told from here is
looked at: a step that runs on a target elsewhere brings no tool, an address with a value that nobody knows yet brings
no host, a link into a private network is left alone. A link is asked by HEAD, then by GET, and each round asks only so
many of them, those first that were not asked for longest.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from tocsin.act.guard.shell import parse, walk
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Answer, OutboundFailed, OutboundRefused, Resolve, system_resolve
from tocsin.ground.kernel.secret import Secret, scrub
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.respond.runbooks import preconditions_store as rows
from tocsin.respond.runbooks.document import Document, Step
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.plan import plan_of
from tocsin.respond.runbooks.preconditions_store import Check
from tocsin.respond.runbooks.section import LibrarySection
from tocsin.respond.runbooks.values import resolve as values_of

LINKS_A_ROUND = 40
_GLANCE_S = 60.0
_LINK_S = 5.0
_AT_ONCE = 50  # runbooks in a transaction
_SAID_MOST = 200
_SUBJECT_MOST = 1_000
_HOST = re.compile(r"https?://([A-Za-z0-9.-]{1,253})(?=[:/?#\s'\"\\)]|$)", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}|\$([A-Za-z_][A-Za-z0-9_]{0,127})", re.ASCII)
_PROGRAM = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./+-]{0,99}", re.ASCII)
# What bash brings itself, as `compgen -b` and `compgen -k` list it.
_OF_BASH = (
    ". : [ [[ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown "
    "echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd "
    "printf pushd pwd read readarray readonly return select set shift shopt source suspend test time times trap true "
    "type typeset ulimit umask unalias unset wait"
)
_BUILTINS = frozenset(_OF_BASH.split())
# They answer, if not to us: the page is there.
_ANSWERS = frozenset({401, 403, 407, 429})
_ASK_AGAIN = frozenset({400, 403, 404, 405, 406, 500, 501, 503})
_log = structlog.get_logger(__name__)


class Asks(Protocol):
    """The one client."""

    def request(
        self, method: str, url: str, *, timeout: float = ..., trusted: bool = ..., limit: int = ...
    ) -> Answer: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """Something that a runbook needs: a tool, a host, a secret of its service, a link."""

    kind: str
    subject: str


_Looked = tuple[str, tuple[Needed, ...], list[Check]]
"""The path of a runbook, what it needs, and what was found."""


class Preconditions:
    """Looks after the whole library; one for a process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        library: Library,
        *,
        services: Current[CatalogueSection],
        settings: Current[LibrarySection],
        outbound: Asks,
        resolve: Resolve = system_resolve,
        which: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self._store = store
        self._clock = clock
        self._library = library
        self._services = services
        self._settings = settings
        self._outbound = outbound
        self._resolve = resolve
        self._which = which
        self._next_at: float | None = None
        self._glance_at = 0.0
        self._seen: frozenset[tuple[str, str]] = frozenset()
        self._stopping = threading.Event()

    def tick(self) -> None:
        """Looks at everything where it is time to, also by the clock of a process before this one; at what was written
        or changed meanwhile within a minute.
        """
        now = self._clock.monotonic()
        if self._next_at is None:
            self._next_at = now + self._rest()
            self._seen = self._present()
        if now >= self._next_at:
            self._next_at = now + self._settings().library.check_every.total_seconds()
            self._glance_at = now + _GLANCE_S
            self.look()
        elif now >= self._glance_at:
            self._glance_at = now + _GLANCE_S
            fresh = [each for each in self._library.all() if (each.path, each.hash) not in self._seen]
            if fresh:
                self._look_at(fresh)

    def stop(self) -> None:
        """Begins nothing more; a round under way ends after what it is just asking."""
        self._stopping.set()

    def look(self) -> None:
        """One round over all runbooks."""
        documents = self._library.all()
        self._look_at(documents)
        if not self._stopping.is_set():
            self._store.write(lambda conn: rows.forget(conn, [document.path for document in documents]))

    def _look_at(self, documents: Sequence[Document]) -> None:
        needed = {document.path: tuple(self._needed(document)) for document in documents}
        found: dict[Needed, str | None] = {}
        links = self._links_of_this_round(needed.values())
        looked: list[_Looked] = []
        for document in documents:
            service = self._service(document)
            checks: list[Check] = []
            for each in needed[document.path]:
                if self._stopping.is_set():
                    return
                if each.kind == "link" and "://" in each.subject and each.subject not in links:
                    continue
                # A secret and a path are meant from where they stand; the rest is the same for everybody.
                own = each.kind == "secret" or (each.kind == "link" and "://" not in each.subject)
                if own or each not in found:
                    found[each] = self._ask(each, document, service)
                said = found[each]
                if said is not None:
                    checks.append(self._check(document, each, said))
            looked.append((document.path, needed[document.path], checks))
            if len(looked) == _AT_ONCE:
                self._keep(looked)
                looked = []
        self._keep(looked)
        self._seen = self._present()

    def _present(self) -> frozenset[tuple[str, str]]:
        return frozenset((each.path, each.hash) for each in self._library.all())

    def _rest(self) -> float:
        """What is left of the pause that a process before this one began."""
        with self._store.read() as conn:
            last = rows.last_look(conn)
        if last is None:
            return 0.0
        since = (self._clock.now() - last).total_seconds()
        return max(0.0, self._settings().library.check_every.total_seconds() - since)

    def _service(self, document: Document) -> Service:
        services = self._services().services
        titled = (each for each in services.values() if each.title == document.service)
        return services.get(document.service) or next(titled, Service())

    def _needed(self, document: Document) -> Iterator[Needed]:
        service = self._service(document)
        for tool in tools_of(document):
            yield Needed(kind="tool", subject=tool)
        for host in hosts_of(document, service):
            yield Needed(kind="host", subject=host)
        for name in secrets_of(document, service):
            yield Needed(kind="secret", subject=name)
        for target in links_of(document):
            yield Needed(kind="link", subject=target)

    def _links_of_this_round(self, needed: Iterable[tuple[Needed, ...]]) -> frozenset[str]:
        """The links to ask now: new ones, then those that were not asked for longest."""
        wanted = {
            each.subject for some in needed for each in some if each.kind == "link" and "://" in each.subject
        }
        with self._store.read() as conn:
            seen = rows.links_seen(conn)
        never = datetime.min.replace(tzinfo=UTC)
        return frozenset(sorted(wanted, key=lambda each: (seen.get(each, never), each))[:LINKS_A_ROUND])

    def _ask(self, needed: Needed, document: Document, service: Service) -> str | None:
        """Why it is not there; "" if it is, None if that cannot be told from here."""
        match needed.kind:
            case "tool":
                return "" if self._which(needed.subject) else "not found in PATH"
            case "host":
                return self._ask_host(needed.subject)
            case "secret":
                value = service.environment.get(needed.subject)
                return value.missing() if isinstance(value, Secret) else None
            case _:
                return self._ask_link(needed.subject, document)

    def _ask_host(self, host: str) -> str:
        try:
            return "" if self._resolve(host, 443) else "it has no address"
        except (OSError, UnicodeError) as error:
            return str(error)

    def _ask_link(self, target: str, document: Document) -> str | None:
        if "://" not in target:
            leads = self._library.link_leads(document, target)
            return None if leads is None else "" if leads else "there is no such file"
        try:
            answer = self._outbound.request("HEAD", target, timeout=_LINK_S, limit=1_024)
            if answer.status in _ASK_AGAIN:
                answer = self._outbound.request("GET", target, timeout=_LINK_S, limit=1_024)
        except OutboundRefused:
            return None
        except OutboundFailed as error:
            return error.message
        return "" if answer.status < 400 or answer.status in _ANSWERS else f"answers {answer.status}"

    def _check(self, document: Document, needed: Needed, said: str) -> Check:
        return Check(
            path=document.path,
            kind=needed.kind,
            subject=needed.subject,
            ok=not said,
            said=scrub(said)[:_SAID_MOST],
            at=self._clock.now(),
        )

    def _keep(self, looked: Sequence[_Looked]) -> None:
        def job(conn: Connection) -> None:
            for path, needed, checks in looked:
                rows.keep(conn, path, [(each.kind, each.subject) for each in needed], checks)

        try:
            self._store.write(job)
        except TocsinError as error:
            _log.warning("what runbooks need could not be written down", error=str(error))


def tools_of(document: Document) -> list[str]:
    """The programs that the steps of a runbook call on this machine, each once."""
    found: dict[str, None] = {}
    for step in _here(document):
        if step.kind == "bash":
            found.update(dict.fromkeys(_programs(step.text)))
    return list(found)


def hosts_of(document: Document, service: Service) -> list[str]:
    """The names in the addresses that the steps call, as far as their values are known."""
    known = _known(document, service)
    found: dict[str, None] = {}
    for step in _here(document):
        text = _VARIABLE.sub(lambda name: known.get(name[1] or name[2], name[0]), step.text)
        for host in _HOST.findall(text):
            if _is_name(host.rstrip(".")):
                found[host.rstrip(".").lower()] = None
    return list(found)


def secrets_of(document: Document, service: Service) -> list[str]:
    """The values of the service's environment that steps need and that stand elsewhere."""
    wanted = {name for step in document.steps() for name in step.inputs}
    return sorted(
        name for name, value in service.environment.items() if name in wanted and isinstance(value, Secret)
    )


def links_of(document: Document) -> list[str]:
    """What the links of a runbook lead to: pages, and files beside it."""
    found: dict[str, None] = {}
    for link in document.links:
        target = link.target.partition("#")[0]
        scheme, colon, _ = target.partition(":")
        web = scheme in ("http", "https")
        if (
            target
            and len(target) <= _SUBJECT_MOST
            and target.isprintable()
            and (web or not (colon and scheme.isalnum()))
        ):
            found[target] = None
    return list(found)


def _here(document: Document) -> Iterator[Step]:
    """The steps that Tocsin would run from this machine."""
    for step in document.steps():
        if step.kind != "reference" and not step.by_hand and not step.on:
            yield step


def _programs(text: str) -> Iterator[str]:
    """The first word of each command in a shell text, but for what bash and the text itself bring."""
    root = parse(text)
    if root is None or root.has_error:
        return
    nodes = list(walk(root))
    own = {
        name.text
        for node in nodes
        if node.type == "function_definition"
        for name in [node.child_by_field_name("name")]
        if name
    }
    for node in nodes:
        name = node.child_by_field_name("name") if node.type == "command" else None
        if name is None or name.text is None or name.text in own:
            continue
        word = name.text.decode("utf-8", "replace")
        if _PROGRAM.fullmatch(word) and word not in _BUILTINS and not word.startswith(("./", "../")):
            yield word


def _known(document: Document, service: Service) -> Mapping[str, str]:
    """Values that no person has to give: defaults, endpoints, and what of the environment is no secret."""
    known = values_of(plan_of(document), document.inputs, {}, {}, service).known
    told = {name: value for name, value in service.environment.items() if isinstance(value, str)}
    return {**known, **told}


def _is_name(host: str) -> bool:
    """A name that somebody has to resolve: no address, and none that is made up for examples."""
    if (
        host == "localhost"
        or "." not in host
        or host.endswith((".invalid", ".test", ".example", ".localhost"))
    ):
        return False
    if any(
        host == each or host.endswith(f".{each}") for each in ("example.com", "example.org", "example.net")
    ):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False
