"""`tocsin monitor try`: what would be measured, from the configuration alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.cli.main import main

CONFIGURATION = """
services: {shop: {title: Shop}}
monitors:
  queue: {service: shop, measure: queue_depth, unit: jobs, probe: {kind: command, run: echo 12 of 40}}
  broken: {service: shop, measure: disk, probe: {kind: command, run: exit 3}}
  users: {service: shop, measure: users}
"""


def run(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["monitor", "try", *words, "--config", str(folder)])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out + told.err


def test_a_probe_is_tried_without_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "tocsin.yaml").write_text(CONFIGURATION, encoding="utf-8")
    status, told = run(tmp_path, capsys, "queue")
    assert (status, told.strip()) == (0, "✓ m.queue_depth = 40 jobs  (exit 0: 12 of 40)")
    status, told = run(tmp_path, capsys, "queue", "--json")
    assert json.loads(told)["value"] == 40
    status, told = run(tmp_path, capsys, "broken")
    assert status == 1
    assert "not measured: exit 3" in told
    for which, words in (("users", "its number is pushed"), ("nothing", "there is no monitor nothing")):
        status, told = run(tmp_path, capsys, which)
        assert status != 0
        assert words in told
