"""Branches of a Neon project: list, make one to look at yesterday's data, set one back, remove one.

    targets: {neon: {kind: neon, project: shiny-wind-028834, token: "env:NEON_API_KEY"}}

Through Neon's own interface (https://api-docs.neon.tech/reference/getting-started-with-neon-api), with the key as
bearer. A branch is named by its id (`br-…`) or its name.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar, cast
from urllib.parse import quote

from pydantic import Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, setting, tell
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed

API = "https://console.neon.tech/api/v2"
_LARGEST = 8 << 20
_PAGE = 1_000


class Branches(Verb):
    title = N_("Branches")
    level = "read"

    def plan(self) -> str:
        return "Lists the branches of the project."


class CreateBranch(Verb):
    """Makes a branch of another one, as it is or as it was at a moment: yesterday's data beside today's."""

    title = N_("Make a branch")
    level = "change"
    examples = (
        {"name": "before-migration"},
        {"name": "look", "parent": "main", "at": "2026-03-01T09:00:00Z"},
    )

    name: Word = Field(max_length=256, description="What the new branch is called.")
    parent: Word | None = Field(default=None, description="Of which branch. Without it: of the default one.")
    at: datetime | None = Field(default=None, description="As the parent was at this moment.")

    def plan(self) -> str:
        moment = f" as it was at {self.at.isoformat()}" if self.at else ""
        return f"Makes the branch {self.name} of {self.parent or 'the default branch'}{moment}."

    def undo(self) -> tuple[str, dict[str, Any]]:
        return "delete_branch", {"branch": self.name}


class RestoreBranch(Verb):
    """Sets a branch back to how it was at a moment; how it is now is kept under another name first."""

    title = N_("Set a branch back")
    level = "destroy"
    examples = ({"branch": "main", "at": "2026-03-01T09:00:00Z", "keep_as": "main-before-restore"},)

    branch: Word = Field(description="Which branch.")
    at: datetime = Field(description="The moment to go back to.")
    keep_as: Word = Field(max_length=256, description="The name under which its present state is kept.")

    def plan(self) -> str:
        return (
            f"Sets {self.branch} back to {self.at.isoformat()}, and keeps what it is now as {self.keep_as}."
        )


class DeleteBranch(Verb):
    title = N_("Remove a branch")
    level = "destroy"
    examples = ({"branch": "look"},)

    branch: Word = Field(description="Which branch.")

    def plan(self) -> str:
        return f"Removes the branch {self.branch} and its data."


class Neon(Toolbox):
    title = "Neon"
    verbs: ClassVar = (Branches, CreateBranch, RestoreBranch, DeleteBranch)

    def act(self, verb: Verb, call: Call) -> Result:
        known = self._branches(call)
        match verb:
            case Branches():
                return tell(call, [_row(each) for each in known])
            case CreateBranch():
                branch: dict[str, Any] = {"name": verb.name}
                if verb.parent:
                    branch["parent_id"] = _id(known, verb.parent)
                if verb.at:
                    branch["parent_timestamp"] = verb.at.isoformat()
                told = self._ask(call, "POST", "/branches", {"branch": branch})
            case RestoreBranch():
                id_ = _id(known, verb.branch)
                told = self._ask(
                    call,
                    "POST",
                    f"/branches/{quote(id_, safe='')}/restore",
                    {
                        "source_branch_id": id_,
                        "source_timestamp": verb.at.isoformat(),
                        "preserve_under_name": verb.keep_as,
                    },
                )
            case DeleteBranch():
                told = self._ask(call, "DELETE", f"/branches/{quote(_id(known, verb.branch), safe='')}")
            case _:
                raise CannotRun(f"there is no verb {type(verb).named()}")
        return tell(call, [_row(told["branch"])])

    def _branches(self, call: Call) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            told = self._ask(call, "GET", f"/branches?limit={_PAGE}{cursor}")
            found.extend(told["branches"])
            paging: dict[str, Any] = told.get("pagination") or {}
            following = paging.get("next")
            if not following or not told["branches"]:
                return found
            cursor = f"&cursor={quote(str(following), safe='')}"

    def _ask(self, call: Call, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """One call. Raises OutboundFailed with Neon's own message."""
        project = quote(setting(call, "project"), safe="")
        answer = self.outbound.request(
            method,
            f"{setting(call, 'api_url', API).rstrip('/')}/projects/{project}{path}",
            headers={"authorization": f"Bearer {setting(call, 'token')}", "accept": "application/json"},
            json=body,
            timeout=call.timeout_s,
            trusted=True,
            limit=_LARGEST,
        )
        try:
            told: Any = json.loads(answer.body) if answer.body else {}
        except (ValueError, RecursionError):
            told = {}
        if not isinstance(told, dict) or not 200 <= answer.status < 300:
            message = str(cast("dict[str, Any]", told).get("message", "")) if isinstance(told, dict) else ""
            raise OutboundFailed(f"Neon answered {answer.status}{': ' + message if message else ''}")
        return cast("dict[str, Any]", told)


def _id(known: list[dict[str, Any]], wanted: str) -> str:
    for each in known:
        if wanted in (each.get("id"), each.get("name")):
            return str(each["id"])
    names = ", ".join(str(each.get("name")) for each in known)
    raise CannotRun(f"there is no branch {wanted}", field="branch", fix=f"There are {names}.")


def _row(branch: dict[str, Any]) -> dict[str, Any]:
    wanted = (
        "id",
        "name",
        "parent_id",
        "current_state",
        "created_at",
        "logical_size",
        "default",
        "protected",
    )
    return {name: branch.get(name) for name in wanted}
