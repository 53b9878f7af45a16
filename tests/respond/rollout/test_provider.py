"""A deploy that GitHub tells of is rolled back at Render, and a simpler mode is taken until then.

Everything is real but the two hosts: the server, its commands, the signed webhook, Render's client and its interface
as published, and a shop whose health depends on the version that is live there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from answering import answering
from cloudflare_stub import TOKEN, ZONE, CloudflareStub
from render_stub import KEY, OTHER, SERVICE, RenderStub
from served import Served
from waiting import until

CONFIGURATION = """
database: "sqlite:///{folder}/tocsin.db"
people: {{mei: {{name: Mei-Ling Chen}}}}
teams: {{backend: {{members: [mei], lead: mei}}}}
runs: {{settle: 0s, poll: 1s, window: 2s}}
repair: {{verify_within: 1s, verify_every: 1s}}
monitors:
  users: {{service: feed, measure: users, every: 5s}}
services:
{services}  feed:
    team: backend
    automatic: change
    environment: {{RULE: "block bots on /auth"}}
    targets:
      flags: {{kind: flags, file: "{folder}/flags.json"}}
      edge: {{kind: cloudflare, token: "env:CLOUDFLARE_API_TOKEN", zone: "{zone}", api_url: "{edge}/client/v4"}}
    degrade:
      - name: popular
        title: Popular items
        quality: 60
        when: "m.users > 0.0"
        action: {{flag.set: {{name: feed.mode, value: popular, reason: "${{REASON}}"}}}}
        on: flags
        back: {{action: {{flag.unset: {{name: feed.mode}}}}, on: flags}}
      - {{name: closed, title: Closed, quality: 0, when: "m.users < 0.0", runbook: closed.md}}
"""
ON_RENDER = """
  {name}:
    team: backend
    automatic: change
    targets:
      web: {{kind: render, service: {id}, token: "env:RENDER_API_KEY", api_url: "{render}/v1", look_every: 1s}}
    checks: [{{name: health, kind: http, url: "{url}/{id}"}}, {{name: front, kind: http, url: "{url}/"}}]
    repair: {{rollback: {{action: {{render.roll_back: {{deploy: "${{VERSION}}"}}}}, on: web}}}}
"""
API = "/api/v1"
SECRET = "what GitHub and Tocsin know"


class World:
    """One server for all stories; no two are about the same thing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.render = RenderStub()
        self.render.deploys[OTHER] = [dict(each) for each in self.render.deploys[SERVICE]]
        self.broken: set[tuple[str, str]] = set()
        """What is live on which service at Render makes that one's page at the shop answer with 500."""
        self._ends = ExitStack()
        self.shop = self._ends.enter_context(answering(self._answers))
        places = {"url": self.shop.url, "render": self.render.url}
        services = "".join(
            ON_RENDER.format(name=name, id=id_, **places)
            for name, id_ in (("shop", SERVICE), ("worker", OTHER))
        )
        self.edge = CloudflareStub()
        rest = {"services": services, "zone": ZONE, "edge": self.edge.url}
        (folder / "tocsin.yaml").write_text(CONFIGURATION.format(folder=folder, **rest))
        (folder / "runbooks").mkdir()
        (folder / "runbooks" / "closed.md").write_text("# Closed\n\n## Resolution\n\n```bash\ntrue\n```\n")
        (folder / "flags.json").write_text("{}")
        env = {"RENDER_API_KEY": KEY, "GITHUB_WEBHOOK_SECRET": SECRET, "CLOUDFLARE_API_TOKEN": TOKEN}
        self.served = Served(folder, env=env)
        self._github = ""

    def _answers(self, _method: str, path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, None]:
        deploys = self.render.deploys.get(path[1:], [])
        live = {(path[1:], each["commit"]["id"]) for each in deploys if each["status"] == "live"}
        return 500 if self.broken & live else 200, None

    def start(self) -> None:
        self.served.start()
        made = self.served.command(
            *("key", "create", "github", "--set", "secret=env:GITHUB_WEBHOOK_SECRET"),
            *("--config", str(self.folder), "--json"),
        )
        self._github = f"{self.served.url}/in/{json.loads(made.stdout)['key']}"

    def deployed(self, service: str, version: str, ago: timedelta) -> None:
        """GitHub tells that a deployment went well, signed with the secret of both."""
        at = (datetime.now(UTC) - ago).isoformat()
        status = {"id": 2, "state": "success", "environment": "production", "updated_at": at}
        deployment = {"id": f"{service}-{version}", "ref": version, "sha": version}
        repository = {"full_name": f"acme/{service}", "default_branch": "main"}
        body = json.dumps(
            {
                "action": "created",
                "deployment_status": status,
                "deployment": deployment,
                "repository": repository,
            }
        ).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Event": "deployment_status", "X-Hub-Signature-256": f"sha256={signature}"}
        post(self._github, body, **headers)

    def three_deploys(self, service: str) -> None:
        for version, hours in (("aaa1111", 30), ("bbb2222", 10), ("ddd4444", 0)):
            self.deployed(service, version, timedelta(hours=hours, minutes=5))

    def outage(self, service: str) -> str:
        new = {"title": f"{service} answers 500", "service": service, "severity": "P0"}
        return self.served.post(f"{API}/incidents", new)["id"]

    def rolled_back(self, incident: str, to: str = "") -> Any:
        """Starts one, and gives what it came to."""
        wanted = {"incident": incident, "to": to, "reason": "it answers 500"}
        started = self.served.post(f"{API}/rollbacks", wanted)

        def over() -> Any:
            found = self.served.get(f"{API}/rollbacks/{started['id']}")
            return found if found["ended_at"] else None

        return until(over, 60, "the end of the roll back")

    def advice(self, incident: str) -> Any:
        return self.served.get(f"{API}/incidents/{incident}/repair")

    def stands(self, service: str) -> Any:
        """The version that stands now."""
        return self.served.get(f"{API}/services/{service}/versions")["items"][0]

    def makeshifts(self, kind: str) -> list[Any]:
        """What stands only for now."""
        standing = self.served.get(f"{API}/makeshifts?standing=true")["items"]
        return [each for each in standing if each["kind"] == kind]

    def asked_of_render(self, service: str) -> list[tuple[str, Any]]:
        """What would change something there, in order."""
        return [
            (each.path.rpartition("/")[2], each.json)
            for each in self.render.requests
            if each.method != "GET" and f"/services/{service}" in each.path
        ]

    def timeline(self, incident: str) -> list[dict[str, Any]]:
        return self.served.get(f"{API}/incidents/{incident}/timeline?limit=200")["items"]

    def close(self) -> None:
        self.served.stop()
        self._ends.close()
        self.edge.close()
        self.render.close()


def post(url: str, body: bytes, **headers: str) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert answer.status == 202


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = World(tmp_path_factory.mktemp("provider"))
    try:
        opened.start()
        yield opened
    finally:
        opened.close()


def findings(rollback: Any, stage: str) -> dict[str, bool]:
    (found,) = [each for each in rollback["stages"] if each["stage"] == stage]
    return {each["check"]: each["ok"] for each in found["findings"]}


def test_a_bad_deploy_is_rolled_back_at_render_verified_by_the_checks_and_recorded(world: World):
    world.three_deploys("shop")
    world.broken.add((SERVICE, "ddd4444"))
    incident = world.outage("shop")

    advice = world.advice(incident)
    assert (advice["cause"], advice["chosen"]["strategy"]) == ("deployment", "rollback")
    assert (advice["version"], advice["back_to"]) == ("ddd4444", "bbb2222")
    assert "Tocsin does not know how: it is done by hand" not in advice["chosen"]["against"]

    done = world.rolled_back(incident)
    assert (done["state"], done["attempt"]) == ("done", 1), done
    assert [each["stage"] for each in done["stages"]] == [
        "validate",
        "prepare",
        "perform",
        "verify",
        "record",
    ]
    assert findings(done, "prepare") == {"health": False, "front": True}
    assert findings(done, "verify") == {"health": True, "front": True}

    assert world.asked_of_render(SERVICE) == [
        (SERVICE, {"autoDeploy": "no"}),
        ("rollback", {"deployId": "dep-1"}),
    ], "the deploy that built bbb2222, once, and no push undoes it"
    live = next(each for each in world.render.deploys[SERVICE] if each["status"] == "live")
    assert (live["commit"]["id"], live["trigger"]) == ("bbb2222", "rollback")
    stands = world.stands("shop")
    assert (stands["version"], stands["rolled_back"]) == ("bbb2222", True)
    kinds = [each["kind"] for each in world.timeline(incident)]
    assert {"rollback.started", "run.step.finished", "rollback.finished", "incident.mitigated"} <= set(kinds)


def test_three_roll_backs_whose_checks_fail_are_the_last_and_each_says_what_stands_now(world: World):
    world.three_deploys("worker")
    world.broken |= {(OTHER, each) for each in ("aaa1111", "bbb2222", "ddd4444")}
    world.served.post(f"{API}/services/worker/versions", {"version": "ddd4444", "why": "it was not the code"})
    incident = world.outage("worker")
    for to, stood in (("bbb2222", "ddd4444"), ("aaa1111", "bbb2222"), ("ddd4444", "aaa1111")):
        failed = world.rolled_back(incident, to)
        assert (failed["state"], failed["from_version"], failed["to_version"]) == ("failed", stood, to)
        assert findings(failed, "verify") == {"health": False, "front": True}
        assert "checks fail: health ✗" in failed["why"]
        assert world.stands("worker")["version"] == to
        advice = world.advice(incident)
        assert advice["chosen"]["strategy"] != "rollback", "it has been tried"

    once_more = {"incident": incident, "to": "aaa1111", "reason": "again"}
    status, refused = world.served.ask("POST", f"{API}/rollbacks", once_more)
    assert status == 409
    assert refused["error"]["message"] == "3 attempts were made to roll worker back, and 3 are allowed"
    asked = [body["deployId"] for name, body in world.asked_of_render(OTHER) if name == "rollback"]
    assert len(asked) == 3
    ends = [each for each in world.timeline(incident) if each["kind"] == "rollback.finished"]
    assert len(ends) == 3
    assert world.served.get(f"{API}/incidents/{incident}")["state"] not in ("mitigated", "resolved")


def test_a_simpler_mode_whose_condition_holds_is_taken_told_and_taken_back(world: World):
    key = world.served.key("measures")
    post(
        f"{world.served.url}/in/{key}/measures",
        json.dumps({"service": "feed", "measures": {"users": 12}}).encode(),
    )
    incident = world.outage("feed")

    def measured() -> Any:
        found = world.advice(incident)
        return found if found["options"][0]["holds"] is not None else None

    advised = until(measured, what="the number")
    assert [(each["name"], each["holds"]) for each in advised["options"]] == [
        ("popular", True),
        ("closed", False),
    ]
    assert advised["meanwhile"] == "degrade"

    flags = world.folder / "flags.json"
    taken = world.served.command(
        "rollout", "degrade", incident, "popular", "--reason", "the model times out", "--json"
    )
    run = json.loads(taken.stdout)["run"]
    until(lambda: json.loads(flags.read_text()) == {"feed.mode": "popular"}, what="the simpler mode")
    until(lambda: world.served.get(f"{API}/runs/{run}")["state"] == "succeeded", what="the end of the run")
    (stands,) = world.makeshifts("degrade")
    assert (stands["kind"], stands["what"], stands["reason"]) == (
        "degrade",
        "feed: Popular items",
        "the model times out",
    )

    assert "puts it back" in world.served.command("rollout", "back", stands["id"]).stdout
    until(lambda: not world.makeshifts("degrade"), what="its end")
    assert json.loads(flags.read_text()) == {}
    kinds = [each["kind"] for each in world.timeline(incident)]
    assert [each for each in kinds if each.startswith(("repair.chosen", "makeshift."))] == [
        "repair.chosen",
        "makeshift.began",
        "makeshift.ended",
    ]


def test_a_rule_that_one_action_without_an_incident_switches_off_stands_on_the_list_until_it_is_on(
    world: World,
):
    def does(verb: str, **arguments: str) -> None:
        wanted = {"service": "feed", "target": "edge", "arguments": {"rule": "${RULE}", **arguments}}
        run = world.served.post(f"{API}/actions/cloudflare.{verb}/runs", wanted)["id"]
        until(
            lambda: world.served.get(f"{API}/runs/{run}")["state"] == "succeeded", what="the end of the run"
        )

    does("rule_off", reason="it blocks people who sign in", back_within="30m")
    assert world.edge.rules[0]["enabled"] is False
    (off,) = world.makeshifts("rule")
    assert (off["service"], off["incident"], off["reason"]) == ("feed", None, "it blocks people who sign in")
    assert "block bots on /auth" in off["what"]
    began, due = (datetime.fromisoformat(off[each]) for each in ("began_at", "due_at"))
    assert due - began == timedelta(minutes=30)

    does("rule_on")
    assert world.edge.rules[0]["enabled"] is True
    assert world.makeshifts("rule") == []
