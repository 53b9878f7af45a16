"""A machine with a worker of Tocsin, as it is named: targets: {gpu: {kind: worker, worker: gpu}}"""

from __future__ import annotations

from typing import Literal

from tocsin.act.targets.target import TargetSettings


class WorkerTarget(TargetSettings):
    """Steps run in the process that was started with this `--label`."""

    kind: Literal["worker"] = "worker"
