"""Everything else: more than a hundred services, each by an address of Apprise (appriseit.com/services).

`url` is such an address, as a reference since it holds keys: `pover://…` for Pushover, `rocket://…` for Rocket.Chat,
`wxteams://…` for Webex. Everything goes there, as plain text with the link on a line of its own; nothing that an alert
writes calls anybody. Where Tocsin has a channel of its own (`slack`, `telegram`, `discord`, `ntfy`, `twilio_sms` …),
use that: it has buttons, hears replies and knows which error is worth another try.

All of it goes through the one outbound client. A service that Apprise reaches in another way than by HTTP (mail, MQTT,
XMPP, a message on the desktop) is refused and says so. Whether to try again is judged by the last answer: 408, 425, 429
and 5xx are tried again. Apprise drops no repetition.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
import warnings
from types import ModuleType
from typing import Annotated, Any

from pydantic import Field

from tocsin.act.notify.answers import Conversation, refused, revealed
from tocsin.act.notify.channel import Channel, ChannelSettings, DeliveryFailed
from tocsin.act.notify.fitting import fit, fitted
from tocsin.act.notify.markdown import uncalled
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.requests_transport import carrying, stand_in
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.secret import Secret

_LONGEST, _TITLE = 8_000, 250
_PLUGINS = "apprise.plugins."
_BASES = {"apprise.plugins.base", "apprise.plugins"}
_OTHER_WAYS = {
    "asyncio", "ctypes", "ftplib", "http.client", "http.server", "imaplib", "multiprocessing", "nntplib", "poplib",
    "smtplib", "socket", "socketserver", "ssl", "subprocess", "syslog", "telnetlib", "urllib.request", "webbrowser",
    "xmlrpc",
}  # fmt: skip
"""What of the standard library opens a connection, or starts a program, by itself."""
_HARMLESS = {
    "requests",
    "requests_oauthlib",
    "cryptography",
    "nacl",
    "certifi",
    "markdown",
    "yaml",
    "apprise",
}
"""What else a service may use: it computes, or it is `requests`, whose place is taken."""
_OWN = {
    "mailto": "email", "mailtos": "email", "slack": "slack", "twilio": "twilio_sms", "webhook": "webhook",
}  # fmt: skip


class AppriseSettings(ChannelSettings):
    url: Annotated[Secret, Field(description="The address of Apprise, as a reference: it holds keys.")]


class Apprise(Channel[AppriseSettings]):
    title = "Apprise"
    Settings = AppriseSettings
    examples = ({"url": "env:APPRISE_URL"},)
    width = 1

    @property
    def room(self) -> str | None:
        """The service, by its scheme: all the rest of the address may be a key."""
        try:
            return self.settings.url.reveal().partition("://")[0][:40] or self.kind
        except Invalid:
            return self.kind

    def send(self, message: Message, address: str, key: str) -> str | None:
        service = _service(revealed(self.settings.url))
        # Apprise would wait between two messages; when to send is the business of delivery.
        service.request_rate_per_sec = 0
        title = fit(_shown(one_line(message.subject)), min(_TITLE, service.title_maxlen or _TITLE)) or "–"
        tail = f"{message.link_label}\n{message.link}" if message.link else ""
        room = max(0, min(_LONGEST, service.body_maxlen) - len(title) - 20)
        called = [", ".join(_shown(each) for each in message.mentions)] if message.mentions else []
        body = fitted("\n".join(called), [_shown(line) for line in message.shown], tail, room).strip() or "–"
        with carrying(Conversation(self.outbound)) as carried:
            accepted = service.notify(body=body, title=title, body_format="text", overflow="truncate")
        if accepted:
            return None
        if carried.failure is not None:
            raise carried.failure
        if carried.answers:
            host, answer = carried.answers[-1]
            raise refused(answer, host, permanent=True if 200 <= answer.status < 300 else None)
        raise DeliveryFailed(
            f"Apprise sent nothing for {address}://…: it does not take this message or address.",
            permanent=True,
        )


def _service(url: str) -> Any:
    """The service that an address names, ready to speak through us. Raises DeliveryFailed."""
    scheme = url.partition("://")[0].strip().lower()
    library = _library()
    asset = library.AppriseAsset(
        app_id="Tocsin",
        app_desc="Tocsin",
        app_url="",
        secure_logging=True,
        storage_mode="memory",
        async_mode=False,
    )
    service: Any = library.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        raise DeliveryFailed(f"Apprise knows no such address as {scheme[:40]}://….", permanent=True)
    why_not = _carries(service.__class__)
    if why_not:
        own = _OWN.get(scheme)
        raise DeliveryFailed(
            f"{scheme}:// cannot be used: {why_not}, past the one outbound client."
            + (f" Use a channel of the kind {own}." if own else " Choose a service that is reached by HTTP."),
            permanent=True,
        )
    return service


@functools.cache
def _library() -> Any:
    """Apprise with all its services: a second of work, for who uses it only."""
    with warnings.catch_warnings():
        # One of its services imports what a later Python has not; that is not for our users to read.
        warnings.simplefilter("ignore", DeprecationWarning)
        library: Any = importlib.import_module("apprise")
        library.Apprise.instantiate("json://localhost", suppress_exceptions=True)
        return library


@functools.cache
def _carries(plugin: type[Any]) -> str:
    """Why a service cannot go through us; empty when it can, and from then on it does."""
    modules = _modules(plugin)
    for module in modules:
        for name in _imports(module):
            if not _is_harmless(name):
                return f"it uses {name}"
    speaking = [module for module in modules if "requests" in vars(module)]
    if not speaking:
        return "it does not speak HTTP by requests"
    for module in speaking:
        vars(module)["requests"] = stand_in()
    return ""


def _modules(plugin: type[Any]) -> list[ModuleType]:
    """The files that the code of a service stands in: those of its classes, and all of its package."""
    names = {each.__module__ for each in plugin.__mro__ if each.__module__.startswith(_PLUGINS)} - _BASES
    packages = {name.rpartition(".")[0] for name in names if name.removeprefix(_PLUGINS).count(".")}
    loaded = dict(sys.modules)
    return [
        module
        for name, module in sorted(loaded.items())
        if name in names or any(name == each or name.startswith(f"{each}.") for each in packages)
    ]


def _imports(module: ModuleType) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def _is_harmless(name: str) -> bool:
    if any(name == each or name.startswith(f"{each}.") for each in _OTHER_WAYS):
        return False
    top = name.partition(".")[0]
    return top in _HARMLESS or top in sys.stdlib_module_names


def _shown(line: str) -> str:
    """Calls nobody, whatever the service takes for a call: `@name`, `<!channel>`."""
    return uncalled(line).replace("<", "<\u200b")
