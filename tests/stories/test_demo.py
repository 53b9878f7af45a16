"""The main job on real input: `python -m demo`, as `make demo` calls it, judged by its output and exit status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "demo" / "config"
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    """Where the demo makes its folder, so that a test leaves nothing behind; short, for the sockets in it."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"tocsin-test-{os.getpid()}-{tmp_path.name[-1:]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def demo(workplace: Path, **wishes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(workplace)} | wishes,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(workplace: Path, **wishes: str) -> tuple[int, str]:
    """The whole story: exit status and text."""
    with demo(workplace, **wishes) as running:
        try:
            text, _ = running.communicate(timeout=220)
        finally:
            running.terminate()
    return running.returncode, text


def test_a_killed_api_is_brought_back_by_the_first_attempt(workplace: Path) -> None:
    status, text = told(workplace)
    assert status == 0, text
    assert "Attempt 1" in text
    assert "Attempt 2" not in text
    assert "a run of the runbook did it" in text
    assert re.search(r"Mei opens the link in it and presses “.+”", text)
    for name in ("detected", "acknowledged", "restored", "resolved"):
        assert re.search(rf"{name}\s+\d+\.\d s", text), text
    (report,) = workplace.rglob("INC-*.md")
    assert report.read_text().startswith("#")


@pytest.mark.parametrize(
    ("fault", "cure"), [("redis-memory", "Attempt 2"), ("slow-database", "Attempt 3")], ids=lambda each: each
)
def test_each_fault_is_cured_by_its_own_attempt(workplace: Path, fault: str, cure: str) -> None:
    status, text = told(workplace, BREAK=fault)
    assert status == 0, text
    helped = re.findall(r"(Attempt \d): .*: it (helped|did not help)", text)
    assert helped[-1] == (cure, "helped")
    assert [did for _, did in helped[:-1]] == ["did not help"] * (int(cure[-1]) - 1)


def test_when_nothing_helps_the_service_lives_on_degraded(workplace: Path) -> None:
    status, text = told(workplace, BREAK="everything")
    assert status == 0, text
    climbed = [text.index(each) for each in ("Attempt 1", "Attempt 2", "Attempt 3", "Option A")]
    assert climbed == sorted(climbed)


def test_a_changed_threshold_changes_the_level(workplace: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    policy = folder / "tocsin.yaml"
    text = policy.read_text()
    assert "m.availability < 0.5" in text
    text = text.replace("m.availability < 0.5", "m.availability < -1.0").replace("expect: P0", "expect: P1")
    policy.write_text(text)
    with demo(workplace, CONFIG=str(folder)) as running:
        assert running.stdout
        opened = next((line for line in running.stdout if "Opened as" in line), "")
        (pid_file,) = workplace.rglob("supervisord.pid")
        supervisor = int(pid_file.read_text())
        running.terminate()
        running.communicate(timeout=30)
    assert "P1" in opened
    assert running.returncode == 130
    with pytest.raises(ProcessLookupError):  # ended early, it leaves nothing running
        os.kill(supervisor, 0)


def test_without_its_runbook_nobody_brings_it_back(workplace: Path) -> None:
    status, text = told(workplace, WITHOUT_RUNBOOK="1")
    assert status == 1, text
    assert "no runbook was started" in text


def test_a_fault_that_there_is_not_is_a_clear_message(workplace: Path) -> None:
    status, text = told(workplace, BREAK="nonsense")
    assert status == 2
    assert "there is api-killed, redis-memory, slow-database, everything" in text
