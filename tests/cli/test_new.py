"""A channel of one's own begins as a template that works: its test passes, and Tocsin finds it once it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.ground.kernel.errors import Conflict, Invalid

ROOT = Path(__file__).resolve().parent.parent.parent


def new(*arguments: str) -> str:
    result = CliRunner().invoke(application(), ["new", "channel", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def run(*arguments: str, path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_template_passes_its_own_test(tmp_path: Path):
    folder = tmp_path / "pigeon"
    said = json.loads(new("carrier_pigeon", "--into", str(folder), "--title", "Carrier pigeon", "--json"))
    assert said["kind"] == "carrier_pigeon"
    assert all(Path(each).is_file() for each in said["files"])
    out = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder), path=folder
    )
    assert "7 passed" in out


def test_installed_it_is_found_by_its_name(tmp_path: Path):
    folder = tmp_path / "pigeon"
    new("carrier_pigeon", "--into", str(folder))
    # What an installation leaves beside the package.
    info = folder / "tocsin_channel_carrier_pigeon-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tocsin-channel-carrier-pigeon\nVersion: 0.1.0\n"
    )
    (info / "entry_points.txt").write_text(
        "[tocsin.channels]\ncarrier_pigeon = tocsin_channel_carrier_pigeon.carrier_pigeon:CarrierPigeon\n"
    )
    assert 'carrier_pigeon = "tocsin_channel_carrier_pigeon' in (folder / "pyproject.toml").read_text()
    found = "from tocsin.act.notify.section import kinds; print(kinds()['carrier_pigeon'].title)"
    assert run("-c", found, path=folder) == "Carrier pigeon\n"


def test_in_tocsins_own_source_it_keeps_the_contract_of_all_channels(tmp_path: Path):
    for part in ("tests", "src"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    new("carrier_pigeon", "--source", str(tmp_path))
    contract = str(tmp_path / "tests/contracts/test_channels.py")
    chosen = ("-k", "carrier_pigeon and not any_text", "--rootdir", str(tmp_path))
    out = run("-m", "pytest", "-p", "no:cacheprovider", *chosen, contract, path=tmp_path / "src")
    assert out.count(".") > 30


def test_a_name_that_is_taken_or_no_name_is_refused(tmp_path: Path):
    for name, error in (
        ("email", Conflict),
        ("Carrier-Pigeon", Invalid),
        ("../x", Invalid),
        ("x" * 99, Invalid),
    ):
        with pytest.raises(error):
            new(name, "--into", str(tmp_path / "there"))
    assert not (tmp_path / "there").exists()


def test_nothing_is_written_over(tmp_path: Path):
    new("carrier_pigeon", "--into", str(tmp_path))
    mine = tmp_path / "tocsin_channel_carrier_pigeon" / "carrier_pigeon.py"
    mine.write_text("mine")
    with pytest.raises(Conflict):
        new("carrier_pigeon", "--into", str(tmp_path))
    assert mine.read_text() == "mine"


def test_another_folder_is_not_taken_for_the_source(tmp_path: Path):
    with pytest.raises(Invalid):
        new("carrier_pigeon", "--source", str(tmp_path))
