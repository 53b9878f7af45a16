"""Tocsin as several processes on one Postgres: one that serves the web and some that work, as a team would run them."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from served import TOCSIN, Served
from waiting import until


class Worker:
    """One `tocsin worker` in a process of its own."""

    def __init__(self, folder: Path, number: int, env: dict[str, str], *, labels: Sequence[str] = ()) -> None:
        self._log = folder / f"worker-{number}.log"
        told = [word for label in labels for word in ("--label", label)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [TOCSIN, "worker", "--config", str(folder), *told],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=env,
            )

    def log(self) -> str:
        return self._log.read_text()

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log()[-4000:]
        return " works as " in self.log()

    @property
    def boot(self) -> str:
        """The name that its claims carry."""
        return self.log().partition(" works as ")[2].split()[0]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop_the_clock(self) -> None:
        """SIGSTOP: it lives, and does nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.wake()
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
                raise AssertionError(f"a worker did not stop:\n{self.log()[-8_000:]}") from None


class Cluster:
    """`web` is a `tocsin up --role web`; `workers` are as many as were asked for."""

    def __init__(self, folder: Path, *, workers: int) -> None:
        self.web = Served(folder, role="web")
        self._count = workers
        self.workers: list[Worker] = []

    def start(self) -> Cluster:
        self.web.start()
        for _ in range(self._count):
            self.add()
        for worker in self.workers:
            until(worker.ready, 40, f"a worker's start (see {worker.log()[-2000:]})")
        return self

    def add(self) -> Worker:
        worker = Worker(self.web.folder, len(self.workers) + 1, self.web.env)
        self.workers.append(worker)
        return worker

    def logs(self) -> str:
        """The end of what each process said."""
        told = [self.web.log(), *(worker.log() for worker in self.workers)]
        return "\n---\n".join(each[-1_500:] for each in told)

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.web.stop()
