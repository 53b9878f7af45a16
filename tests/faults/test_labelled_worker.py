"""A worker with a label and a server, two processes: what is meant for the worker runs there, and only there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Worker
from databases import on_postgres
from receiver import Receiver
from served import Served
from waiting import until

pytestmark = [pytest.mark.timeout(240), on_postgres]


class Site:
    """A `tocsin up`, and workers with the label gpu, each with an environment that names it."""

    def __init__(self, folder: Path, database_url: str, hook: Receiver, steps: str, patience: str) -> None:
        self.notes = folder / "notes"
        self.notes.mkdir()
        config = folder / "config"
        (config / "runbooks").mkdir(parents=True)
        (config / "tocsin.yaml").write_text(f"""
database: "{database_url}"
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook.url}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
runs: {{worker_patience: {patience}}}
services:
  films:
    title: Films
    escalation: all
    runbooks: [films.md]
    automatic: change
    environment: {{PLACE: "env:PLACE", NOTES: "{self.notes}"}}
    targets: {{gpu: {{kind: worker, worker: gpu}}}}
""")
        head = "---\ntitle: Films stand still\nservice: films\nowner: mei\n---\n# Films stand still\n"
        check = "## Verification\n\n```bash\ntrue\n```\n"
        (config / "runbooks" / "films.md").write_text(f"{head}\n## Resolution\n\n{steps}\n{check}")
        self.server = Served(config, env={"PLACE": "server"})
        self.workers: list[Worker] = []

    def worker(self, place: str) -> Worker:
        """Starts one; it is ready when it can take a step."""
        env = {**self.server.env, "PLACE": place}
        worker = Worker(self.server.folder, len(self.workers) + 1, env, labels=["gpu"])
        self.workers.append(worker)
        until(worker.ready, 60, "a worker's start")
        return worker

    def run(self) -> str:
        incident = self.server.post("/api/v1/incidents", {"title": "Films", "service": "films"})["id"]
        asked = {"incident": incident, "path": "films.md", "mode": "automatic"}
        return self.server.post("/api/v1/runs", asked)["id"]

    def step(self, run: str, key: str) -> dict[str, Any]:
        """Its last attempt as the API tells it, nothing before there is one."""
        steps = self.server.get(f"/api/v1/runs/{run}")["steps"]
        return next((each for each in reversed(steps) if each["key"] == key), {})

    def noted(self, name: str) -> list[str]:
        """What a step has written, on whichever machine."""
        path = self.notes / name
        return path.read_text().split() if path.exists() else []

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.server.stop()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def open_site(tmp_path: Path, database_url: str, hook: Receiver) -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def open_(steps: str, *, patience: str = "10m") -> Site:
        site = Site(tmp_path, database_url, hook, steps, patience)
        opened.append(site)
        site.server.start()
        return site

    yield open_
    for site in opened:
        site.stop()


def fence(name: str, text: str, on: str = "") -> str:
    return f"```bash {{name={name}}}\n{text}\n```\n{f'On: {on}' if on else ''}\n"


def test_a_step_waits_for_the_worker_that_it_is_meant_for_and_runs_there(open_site: Callable[..., Site]):
    site = open_site(
        fence("first", 'echo "$PLACE" >> "$NOTES/first"')
        + fence("there", 'echo "$PLACE" >> "$NOTES/there"', on="gpu")
        + fence("last", 'echo "$PLACE" >> "$NOTES/last"')
    )
    run = site.run()
    waits = "waits for a worker with the label gpu"
    until(lambda: site.step(run, "there").get("why") == waits, 60, "a word on whom it waits for")
    assert waits in site.server.command("run", "show", run).stdout
    assert site.step(run, "there")["state"] == "waiting"
    assert not site.noted("there")
    site.worker("gpu-1")
    until(lambda: site.noted("last"), 60, "the steps after it")
    places = {name: site.noted(name) for name in ("first", "there", "last")}
    assert places == {"first": ["server"], "there": ["gpu-1"], "last": ["server"]}
    assert site.step(run, "there")["ok"]


def test_a_worker_that_is_lost_in_the_middle_of_a_change_leaves_a_question_and_a_page(
    open_site: Callable[..., Site], hook: Receiver
):
    site = open_site(
        fence(
            "there",
            'echo "$PPID" > "$NOTES/group"; echo "$PLACE" >> "$NOTES/begun"\n'
            'while [ ! -e "$NOTES/go" ]; do sleep 0.1; done\n'
            'echo "$PLACE" >> "$NOTES/ended"',
            on="gpu",
        ),
        patience="4s",
    )
    lost = site.worker("gpu-1")
    run = site.run()
    until(lambda: site.noted("begun"), 60, "its begin")
    lost.kill()
    os.killpg(int(*site.noted("group")), signal.SIGKILL)  # the whole machine, as far as the step is concerned
    until(lambda: any("Unknown step" in each for each in subjects(hook)), 60, "the page")
    assert site.step(run, "there")["state"] == "unknown"
    waiting = site.server.get(f"/api/v1/runs/{run}")["waiting_for"]
    assert (waiting["kind"], waiting["step"]) == ("unknown", "there")
    site.worker("gpu-2")
    site.notes.joinpath("go").touch()
    assert site.noted("begun") == ["gpu-1"], "nobody begins it anew before a person says so"
    site.server.post(f"/api/v1/runs/{run}/answer", {"step": "there", "answer": "retry"})
    until(lambda: site.noted("ended"), 60, "the second go")
    assert (site.noted("begun"), site.noted("ended")) == (["gpu-1", "gpu-2"], ["gpu-2"])


def subjects(hook: Receiver) -> list[str]:
    return [body["data"]["subject"] for _, _, body in list(hook.messages)]
