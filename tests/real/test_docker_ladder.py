"""A drawn ladder climbs against real containers: each fault from its alert to resolved, by the rung that cures it.

Two faults always, the others where TOCSIN_FAULTS=full. A rung below the one that cures must not have helped; on a slow
machine a higher one may have had to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.containers.engine import missing
from demo.containers.faults import CONTAINER_FAULTS, FIRST, SECOND, THIRD

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = ("redis-memory", "everything")
FULL = os.environ.get("TOCSIN_FAULTS") == "full"
RUNGS = {FIRST: "嘗試方案一", SECOND: "嘗試方案二", THIRD: "嘗試方案三", "degrading": "選項 A"}
pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(600),
    pytest.mark.skipif(missing() != "", reason=missing() or "nothing is missing"),
]


@pytest.fixture
def workplace() -> Iterator[Path]:
    """Short, for the sockets in it; nothing is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-ladder-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def told(workplace: Path, **wishes: str) -> tuple[int, str]:
    """The whole story: exit status and text."""
    with subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(workplace), "STACK": "docker"} | wishes,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            text, _ = running.communicate(timeout=540)
        finally:
            running.terminate()
    return running.returncode, text


@pytest.mark.parametrize(
    "fault", [name for name in CONTAINER_FAULTS if name != "everything" and (FULL or name in ALWAYS)]
)
def test_a_fault_is_cured_by_its_rung(workplace: Path, fault: str) -> None:
    status, text = told(workplace, BREAK=fault)
    assert status == 0, text
    assert "is resolved, and a run of the runbook did it" in text
    helped = re.findall(r"(嘗試方案.|選項 .)：.*: it (helped|did not help)", text)
    order = list(RUNGS.values())
    cure = RUNGS[CONTAINER_FAULTS[fault].cured_by]
    assert helped[-1][1] == "helped", helped
    assert order.index(helped[-1][0]) >= order.index(cure), helped
    assert [did for _, did in helped[:-1]] == ["did not help"] * (len(helped) - 1)


def test_when_every_rung_fails_the_service_degrades_and_the_whole_team_is_called(workplace: Path) -> None:
    status, text = told(workplace, BREAK="everything", ASLEEP="1")
    assert status == 0, text
    climbed = [text.index(rung) for rung in RUNGS.values()]
    assert climbed == sorted(climbed)
    helped = re.findall(r"(嘗試方案.|選項 .)：.*: it (helped|did not help)", text)
    assert [did for _, did in helped] == ["did not help"] * 3 + ["helped"]
    assert "Escalation reached step 2 of 2" in text
    assert re.search(r"Waits for approval by\s+operator", text)


def test_nothing_of_the_engine_is_left(workplace: Path) -> None:
    """Whoever is impatient leaves neither a namespace nor a process."""
    before = _namespaces()
    running = subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(workplace), "STACK": "docker"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    with running.stdout as lines:
        for line in lines:
            if "readers a second, all of them served" in line:
                running.terminate()
                break
        else:
            raise AssertionError("the story did not begin")
        lines.read()
    running.wait(timeout=120)
    mine = [each for each in Path("/proc").glob("[0-9]*/cmdline") if str(workplace) in _read(each)]
    assert mine == []
    assert _namespaces() - before == set()


def _namespaces() -> set[str]:
    folder = Path("/var/run/netns")
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
