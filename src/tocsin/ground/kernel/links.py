"""Where does a message point to? Links below `public_url`, and the signed one that lets its holder
acknowledge.

A link in a message is read by whoever holds the message, and fetched by mail scanners: so the signed link
only opens a page with one button, and changes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer

from tocsin.ground.kernel.errors import NotFound


class Links:
    """`key` is the key of the installation: with another one, links of yesterday no longer open."""

    def __init__(self, public_url: Callable[[], str], key: bytes) -> None:
        self._public_url = public_url
        self._signer = URLSafeSerializer(key, salt="tocsin.acknowledge")

    def home(self) -> str:
        return self._below()

    def incident(self, incident: str) -> str:
        return self._below("incidents", incident)

    def alert(self, alert: str) -> str:
        return self._below("alerts", alert)

    def run(self, incident: str, run: str) -> str:
        """A run is read on the page of its incident."""
        return f"{self.incident(incident)}#{quote(run, safe='')}"

    def runbook(self, path: str) -> str:
        return self._below("runbooks", *path.split("/"))

    def channel(self, name: str) -> str:
        """Where the provider behind a channel calls back."""
        return self._below("channels", name)

    def oncall(self) -> str:
        return self._below("oncall")

    def acknowledge(self, delivery: str) -> str:
        """The page with the one button, for the person to whom this delivery went."""
        token = self._signer.dumps(delivery)
        return self._below("a", token if isinstance(token, str) else token.decode("ascii"))

    def read_acknowledge(self, token: str) -> str:
        """The delivery behind a signed link. Raises NotFound when it is not ours, or was changed on the way."""
        try:
            delivery = self._signer.loads(token)
        except (BadData, UnicodeError, ValueError):
            delivery = None
        # The last character of a signature has bits that nobody reads: only the text that we wrote is ours.
        if not isinstance(delivery, str) or not self.acknowledge(delivery).endswith(f"/{token}"):
            raise NotFound(
                "This link does not lead anywhere.", fix="Open the newest message, or sign in and look."
            )
        return delivery

    def _below(self, *parts: str) -> str:
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{self._public_url().rstrip('/')}/{path}"
