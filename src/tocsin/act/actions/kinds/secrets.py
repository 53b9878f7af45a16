"""Are the secrets there that the service needs? Which are set, never what they are.

The names are those under `environment:` of the service; what leads nowhere is told by name.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, tell
from tocsin.ground.i18n import N_

Name = Annotated[Word, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


class Present(Verb):
    """Is each of these set, and no placeholder that was left standing? Only the answer is told."""

    title = N_("Secrets present")
    level = "read"
    examples = ({"names": ["DATABASE_URL", "API_TOKEN"]},)

    names: tuple[Name, ...] = Field(min_length=1, max_length=100, description="Variables of the service.")
    shortest: int = Field(default=1, ge=1, le=4_096, description="Fewer characters than this are too few.")

    def plan(self) -> str:
        return f"Looks whether {', '.join(self.names)} are set."


class Secrets(Toolbox):
    title = N_("Secrets")
    verbs: ClassVar = (Present,)

    def act(self, verb: Verb, call: Call) -> Result:
        if not isinstance(verb, Present):
            raise CannotRun(f"there is no verb {type(verb).named()}")
        rows = [_state(name, call.environment.get(name, ""), verb.shortest) for name in verb.names]
        bad = [f"{row['name']} is {row['state']}" for row in rows if row["state"] != "present"]
        return tell(call, rows, well=not bad, why="; ".join(bad))


def _state(name: str, value: str, shortest: int) -> dict[str, str]:
    text = value.strip()
    if not text:
        return {"name": name, "state": "missing"}
    if text.startswith(("<", "your-", "changeme", "CHANGEME", "${")):
        return {"name": name, "state": "a placeholder"}
    return {"name": name, "state": "present" if len(text) >= shortest else "too short"}
