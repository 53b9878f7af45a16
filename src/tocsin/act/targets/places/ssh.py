"""Another machine, over ssh.

```yaml
targets:
  web: {kind: ssh, host: web1.example.com, user: deploy, key: "file:secrets/deploy", host_key: "ssh-ed25519 AAAA…"}
```

`host_key` is the line that `ssh-keyscan HOST` prints, without the name; a server with another key is not spoken to.
Without it, the `known_hosts` of the account that runs Tocsin decide. `key` is the private key, `env:` or `file:`;
without it, those of the account and of its agent. `port`, `user` and `jump` (`user@host:port`, a machine to go through)
are as in ssh. The account there needs nothing but a shell and, for what it runs, bash where it is wanted.

ssh never asks anything: a password, an unknown server and a locked key are failures that say so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from tocsin.act.targets.place import LINE, Place
from tocsin.act.targets.target import TargetSettings, read_target
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.secret import Secret

_KILLED = 128
_KEY, _HOSTS, _CONNECTED = "identity", "known_hosts", "connected"
_Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_\[][A-Za-z0-9_.:%@\[\]-]{0,252}$")]


class SshTarget(TargetSettings):
    kind: Literal["ssh"]
    host: _Word
    port: int = Field(default=22, ge=1, le=65535)
    user: _Word | None = None
    key: Secret | None = None
    host_key: Annotated[str, Field(pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$")] | None = None
    jump: _Word | None = None


class Ssh(Place):
    title = N_("Another machine, over ssh")

    def client(self, target: Mapping[str, Any], folder: Path, *, first: bool) -> list[str]:
        settings = read_target(SshTarget, target, "ssh")
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "4",
            "ClearAllForwardings": "yes",
            "ForwardAgent": "no",
            "RequestTTY": "no",
            "StrictHostKeyChecking": "yes",
            "LogLevel": "ERROR",
            "Port": str(settings.port),
        }
        if first:
            # It is run here once the server has let us in: without the trace, nothing has begun there.
            options |= {"PermitLocalCommand": "yes", "LocalCommand": f": > {_CONNECTED}"}
        if settings.user:
            options["User"] = settings.user
        if settings.jump:
            options["ProxyJump"] = settings.jump
        if settings.host_key:
            (folder / _HOSTS).write_text(f"tocsin {settings.host_key}\n")
            options |= {
                "HostKeyAlias": "tocsin",
                "UserKnownHostsFile": _HOSTS,
                "GlobalKnownHostsFile": "/dev/null",
            }
        if settings.key:
            _put_key(folder / _KEY, settings.key)
            options |= {"IdentityFile": _KEY, "IdentitiesOnly": "yes"}
        told = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", *told, "--", settings.host, LINE]

    def doubtful(self, code: int) -> bool:
        return code > _KILLED  # 255 is its own failure, the rest that it was killed

    def refused(self, folder: Path) -> bool:
        return not (folder / _CONNECTED).exists()

    def leave(self, folder: Path) -> None:
        (folder / _KEY).unlink(missing_ok=True)

    def environment(self, target: Mapping[str, Any]) -> dict[str, str]:
        agent = os.environ.get("SSH_AUTH_SOCK")
        return {"SSH_AUTH_SOCK": agent} if agent else {}


def _put_key(path: Path, key: Secret) -> None:
    """ssh takes a key from a file of ours alone; it is taken away when the attempt is over."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key.reveal()}\n")
