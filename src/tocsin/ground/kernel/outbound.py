"""How does Tocsin speak to the world? By this one client, which judges the address as it connects.

A name is resolved once, every address found is judged (`addresses.py`), and the socket is opened to exactly
such an address: a second answer of a hostile name server has nothing left to change. Redirects are not
followed, proxies of the environment not used, credentials in a URL refused. One deadline covers everything
from the name to the last byte, and an answer is cut at `limit` bytes, also when it was compressed.

`trusted=True` is for addresses that stand in the configuration: they may be private. What comes from alerts
or forms is not trusted and reaches public addresses only, plus `outbound.allow`. Metadata services are never
reached.
"""

from __future__ import annotations

import contextlib
import json as jsonlib
import select
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import certifi
import httpcore
import httpx

from tocsin.ground.kernel.addresses import Address, Place, Rules, parse_address, parse_place
from tocsin.ground.kernel.errors import TocsinError

_AGENT = "Tocsin"
_CHUNK = 16_384
_LOOKUPS = 64
_REMEMBERED = 1_024
_TOO_MANY = "too many lookups wait for the name server"


Stage = Literal["dns", "tcp", "tls", "certificate", "answer"]
"""What failed: the name, the connection, its encryption, the proof of who answers, or the answer itself."""


class OutboundRefused(TocsinError):
    """Tocsin does not connect there; change the address, or permit it under `outbound.allow`."""

    code = "outbound_refused"
    status = 422


class OutboundFailed(TocsinError):
    """The other side could not be reached or did not answer in time; `temporary` says whether trying again
    may help, `stage` how far it came: dns, tcp, tls, certificate or answer.
    """

    code = "outbound_failed"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        temporary: bool = True,
        stage: Stage = "answer",
        field: str = "",
        fix: str = "",
    ) -> None:
        super().__init__(message, field=field, fix=fix)
        self.temporary = temporary
        self.stage: Stage = stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: header names in lower case, repeated ones joined by a comma; `ms` from the call to the
    last byte.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float
    cut: bool = False

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a host and port, in the order they should be tried. Raises OSError."""


def system_resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """One for the whole process: making one costs tens of milliseconds, and open connections are shared."""

    def __init__(
        self,
        allow: Callable[[], Iterable[str]] | Iterable[str] = (),
        *,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        entries = tuple(allow) if not callable(allow) else None
        self._allow: Callable[[], Iterable[str]] = allow if callable(allow) else lambda: entries or ()
        self._rules: tuple[tuple[str, ...], Rules] = ((), Rules())
        self._names = _Names(resolve)
        self._tls = tls or _authorities()
        # A connection that a trusted request opened must never serve an untrusted one: a pool each.
        self._pools = {trusted: self._pool(trusted) for trusted in (False, True)}

    def _pool(self, trusted: bool, place: Place | None = None) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._tls,
            max_connections=256,
            max_keepalive_connections=32,
            keepalive_expiry=5.0,
            network_backend=_Backend(self, trusted, place),
        )

    @contextlib.contextmanager
    def _pool_for(self, trusted: bool, connect_to: str | None) -> Generator[httpcore.ConnectionPool]:
        """The shared pool; or one of its own, since a pool knows a connection only by the name it was made for."""
        if connect_to is None:
            yield self._pools[trusted]
            return
        try:
            place = parse_place(connect_to)
        except ValueError as error:
            raise OutboundRefused(f"Not called: {error}.", field="connect_to") from None
        with self._pool(trusted, place) as pool:
            yield pool

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        timeout: float = 10.0,
        trusted: bool = False,
        limit: int = 65_536,
        connect_to: str | None = None,
    ) -> Answer:
        """Sends one request and reads the answer, whatever its status.

        `timeout` seconds cover everything; a longer answer than `limit` bytes is cut (`Answer.cut`). With
        `connect_to` (`host` or `host:port`) that is what is dialled, judged like any other, while the name of
        the URL stays in `Host` and in TLS, as with curl's option of this name; such a connection is never kept.
        Raises OutboundRefused before a connection is made, OutboundFailed when none could be made or it broke.
        """
        target = self._parse(url)
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
        sent = self._headers(target, headers or {}, content, is_json=json is not None, method=method)
        started = time.monotonic()
        with _within(started + timeout), _translated(target):
            request = httpcore.Request(
                method.upper(),
                httpcore.URL(
                    scheme=target.raw_scheme,
                    host=target.raw_host,
                    port=target.port,
                    target=target.raw_path,
                ),
                headers=sent,
                content=content,
                extensions={
                    "timeout": {"pool": timeout, "connect": timeout, "read": timeout, "write": timeout}
                },
            )
            with self._pool_for(trusted, connect_to) as pool:
                response = pool.handle_request(request)
                try:
                    raw, cut = _read(response.iter_stream(), limit)
                finally:
                    response.close()
        found = _merge(response.headers)
        body, cut_again = _decode(raw, found.get("content-encoding", ""), limit)
        return Answer(
            status=response.status,
            headers=found,
            body=body,
            ms=round((time.monotonic() - started) * 1000, 1),
            cut=cut or cut_again,
        )

    def connect(self, host: str, port: int, *, timeout: float = 10.0, trusted: bool = False) -> socket.socket:
        """A plain TCP connection under the same rules, for what does not speak HTTP. The caller closes it."""
        deadline = time.monotonic() + timeout
        reason = self.rules().refuses_name(host)
        if reason:
            raise OutboundRefused(f"Not connected: {reason}.")
        addresses = self._names.look_up(host, port, deadline)
        for address in addresses:
            self.judge(address, host=host, trusted=trusted)
        return _dial(host, port, addresses, deadline)

    def certificate_ends(
        self, host: str, port: int, *, name: str, timeout: float = 10.0, trusted: bool = False
    ) -> datetime:
        """When the certificate ends that the server shows for `name`; in UTC.

        Raises OutboundFailed, at the stage `certificate` for one that is not accepted, as one that has ended.
        """
        deadline = time.monotonic() + timeout
        with self.connect(host, port, timeout=timeout, trusted=trusted) as connection, _within(deadline):
            stream = _Stream(connection, lambda: None)
            secured = stream.start_tls(self._tls, server_hostname=name)
            try:
                shown = secured.get_extra_info("ssl_object").getpeercert()
            finally:
                secured.close()
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)

    def addresses(self, host: str, *, timeout: float = 10.0) -> tuple[str, ...]:
        """The addresses of a name as the name servers have them now. Raises OutboundFailed at the stage `dns`."""
        return self._names.ask_now(host, timeout)

    def judge(self, address: Address, *, host: str, trusted: bool) -> None:
        """Raises OutboundRefused when the rules in force forbid this address."""
        reason = self.rules().refuses(address, host=host, trusted=trusted)
        if reason:
            raise OutboundRefused(
                f"Not connected to {host}: {reason}.",
                fix="If this is meant, add the host or its network to outbound.allow in tocsin.yaml.",
            )

    def tls(self, *, checked: bool = True) -> ssl.SSLContext:
        """For a connection that turns to TLS later on. Not `checked`: encrypted, but with whomever answers."""
        if checked:
            return self._tls
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def rules(self) -> Rules:
        """What is permitted at this moment: `outbound.allow` may have been reloaded."""
        entries = tuple(self._allow())
        if entries != self._rules[0]:
            self._rules = (entries, Rules.parse(entries))
        return self._rules[1]

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _parse(self, url: str) -> httpx.URL:
        if any(character in url for character in "\\\r\n\t ") or not url.isprintable():
            raise OutboundRefused("The URL holds a blank, a backslash or a control character.", field="url")
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise OutboundRefused(f"This is not a URL: {error}", field="url") from None
        if target.scheme not in ("http", "https"):
            raise OutboundRefused("Only http and https addresses are called.", field="url")
        if not target.host or "%" in target.host:
            raise OutboundRefused("The URL names no host.", field="url")
        if target.port is not None and not 0 < target.port < 65_536:
            raise OutboundRefused(f"{target.port} is not a port.", field="url")
        if target.userinfo:
            raise OutboundRefused(
                "The URL holds a user name or password.",
                field="url",
                fix="Send it as a header from a secret.",
            )
        reason = self.rules().refuses_name(target.host)
        if reason:
            raise OutboundRefused(f"Not called: {reason}.", field="url")
        return target

    def _headers(
        self,
        target: httpx.URL,
        given: Mapping[str, str],
        content: bytes | None,
        *,
        is_json: bool,
        method: str,
    ) -> list[tuple[bytes, bytes]]:
        wanted: dict[str, str] = {
            "host": target.netloc.decode("ascii"),
            "user-agent": _AGENT,
            "accept": "*/*",
            # Asked for, so that the limit on the answer is a limit on what is read; not all servers obey.
            "accept-encoding": "identity",
        }
        if is_json:
            wanted["content-type"] = "application/json"
        if content is not None or method.upper() in ("POST", "PUT", "PATCH"):
            wanted["content-length"] = str(len(content or b""))
        wanted |= {name.lower(): value for name, value in given.items()}
        return [(name.encode("ascii", "replace"), value.encode()) for name, value in wanted.items()]


class _Names:
    """Looks names up with a deadline, which `getaddrinfo` has not; remembers the last good answer.

    A paging receiver stays reachable while the name server is down: the remembered addresses are judged again
    like new ones. Callers that ask for the same name share one lookup, so a name server that hangs holds one
    thread a name.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int], Future[list[Address]]] = {}
        self._last_good: dict[tuple[str, int], list[Address]] = {}

    def look_up(self, host: str, port: int, deadline: float) -> list[Address]:
        with contextlib.suppress(ValueError):
            return [parse_address(host)]
        key = (host, port)
        future = self._asked(key)
        if future is None:
            return self._remembered(key, _TOO_MANY)
        # Half of what is left: a name server that hangs must leave time to try the address known from before.
        patience = deadline - time.monotonic()
        if key in self._last_good:
            patience /= 2
        try:
            return future.result(timeout=max(0.0, patience))
        except FutureTimeout:
            return self._remembered(key, "the name server did not answer in time")
        except (OSError, ValueError) as error:
            return self._remembered(key, str(error))

    def _asked(self, key: tuple[str, int]) -> Future[list[Address]] | None:
        """The lookup that is under way for this name, or a new one; None where too many wait."""
        with self._lock:
            future = self._under_way.get(key)
            if future is None and len(self._under_way) < _LOOKUPS:
                future = self._under_way[key] = Future()
                threading.Thread(target=self._ask, args=(key, future), name="resolve", daemon=True).start()
        return future

    def ask_now(self, host: str, timeout: float) -> tuple[str, ...]:
        """What the name servers say now, without what is remembered."""
        future = self._asked((host, 0))
        if future is None:
            raise OutboundFailed(_TOO_MANY, stage="dns")
        try:
            return tuple(str(each) for each in future.result(timeout=timeout))
        except FutureTimeout:
            raise OutboundFailed("the name server did not answer in time", stage="dns") from None
        except (OSError, ValueError) as error:
            raise OutboundFailed(f"{host} has no address: {error}", stage="dns") from None

    def _ask(self, key: tuple[str, int], future: Future[list[Address]]) -> None:
        try:
            found = [parse_address(text) for text in self._resolve(*key)]
            if not found:
                raise OSError("it has no address")
        except Exception as error:  # whatever it is, the callers that wait must hear of it
            with self._lock:
                del self._under_way[key]
            future.set_exception(error)
            return
        with self._lock:
            del self._under_way[key]
            if len(self._last_good) >= _REMEMBERED:
                self._last_good.clear()
            self._last_good[key] = found
        future.set_result(found)

    def _remembered(self, key: tuple[str, int], why: str) -> list[Address]:
        known = self._last_good.get(key)
        if known is None:
            raise OutboundFailed(f"The name {key[0]} could not be resolved: {why}.", stage="dns")
        return known


def _dial(host: str, port: int, addresses: Sequence[Address], deadline: float) -> socket.socket:
    """Connects to the first address that answers; each gets its share of the time that is left."""
    last: OSError | None = None
    for index, address in enumerate(addresses):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = socket.socket(
            socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM
        )
        try:
            connection.settimeout(left / (len(addresses) - index))
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            last = error
        else:
            return connection
    reason = (
        "no answer in time" if last is None or isinstance(last, TimeoutError) else last.strerror or str(last)
    )
    raise OutboundFailed(f"No connection to {host}:{port}: {reason}.", stage="tcp")


_running = threading.local()
"""The deadline of the request that this thread is sending: a pooled stream outlives the request that opened
it.
"""


@contextlib.contextmanager
def _within(deadline: float) -> Generator[None]:
    _running.deadline = deadline
    try:
        yield
    finally:
        _running.deadline = None


def _left(timeout: float | None) -> float:
    deadline: float | None = getattr(_running, "deadline", None)
    if deadline is None:
        return timeout or 1.0
    return deadline - time.monotonic()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, outbound: Outbound, trusted: bool, place: Place | None = None) -> None:
        self._outbound = outbound
        self._trusted = trusted
        self._place = place

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if self._place:
            host, port = self._place.host, self._place.port or port
        connection = self._outbound.connect(host, port, timeout=_left(timeout), trusted=self._trusted)
        address = parse_address(connection.getpeername()[0])
        # Judged again before each request that reuses the connection: the rules may have changed since.
        return _Stream(connection, partial(self._outbound.judge, address, host=host, trusted=self._trusted))

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, _left(seconds))))


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait ends at the deadline of the running request, however the bytes trickle."""

    def __init__(self, connection: socket.socket, judge: Callable[[], None]) -> None:
        self._socket = connection
        self._judge = judge

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout)
        if left <= 0:
            raise httpcore.ReadTimeout
        try:
            self._socket.settimeout(left)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._judge()
        view = memoryview(buffer)
        while view:
            left = _left(timeout)
            if left <= 0:
                raise httpcore.WriteTimeout
            try:
                self._socket.settimeout(left)
                view = view[self._socket.send(view[:_CHUNK]) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout from error
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(max(0.001, _left(timeout)))
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise OutboundFailed(
                f"The certificate of {server_hostname} is not accepted: {error.verify_message}.",
                temporary=False,
                stage="certificate",
            ) from None
        except TimeoutError:
            self.close()
            raise OutboundFailed(f"{server_hostname} did not answer in time.", stage="tls") from None
        except OSError as error:
            self.close()
            reason = error.strerror or str(error) or type(error).__name__
            raise OutboundFailed(
                f"The connection to {server_hostname} could not be secured: {reason}.", stage="tls"
            ) from None
        return _Stream(secured, self._judge)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "socket":
            return self._socket
        if info == "is_readable":
            return _is_readable(self._socket)
        return None


def _is_readable(connection: socket.socket) -> bool:
    """Whether the other side of an idle connection has spoken, which can only mean that it closes."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextlib.contextmanager
def _translated(target: httpx.URL) -> Generator[None]:
    place = target.netloc.decode("ascii")
    try:
        yield
    except httpcore.TimeoutException:
        raise OutboundFailed(f"{place} did not answer in time.") from None
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise OutboundRefused(f"This request cannot be sent: {error}.") from None
    except httpcore.RemoteProtocolError as error:
        raise OutboundFailed(f"{place} did not answer in HTTP: {error}") from None
    except (httpcore.NetworkError, httpcore.ProxyError) as error:
        raise OutboundFailed(
            f"The connection to {place} broke: {str(error) or type(error).__name__}."
        ) from None


def _read(chunks: Iterable[bytes], limit: int) -> tuple[bytes, bool]:
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > limit:
            return bytes(kept[:limit]), True
    return bytes(kept), False


def _decode(raw: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Undoes gzip and deflate up to `limit` bytes; another or broken coding leaves the bytes as they came."""
    if coding.strip().lower() not in ("gzip", "x-gzip", "deflate") or not raw:
        return raw, False
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        body = reader.decompress(raw, limit)
    except zlib.error:
        return raw, False
    return body, bool(reader.unconsumed_tail)


def _merge(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("ascii", "replace").lower(), value.decode("utf-8", "replace")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _authorities() -> ssl.SSLContext:
    """The authorities of the system, where an organisation adds its own, and the public ones of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
