"""The table of hit rates counts files and findings of each collection."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.respond.runbooks.lint import rules

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus", ROOT / "tools" / "corpus.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "corpus", module)
    spec.loader.exec_module(module)
    return module


def test_files_and_findings_are_counted_by_rule(corpus: ModuleType, tmp_path: Path) -> None:
    twice = "## Diagnosis\n\nThis:\n\n```bash\n$ uptime\n```\n\nThat:\n\n```bash\n$ df -h\n```\n"
    for name, text in {"one/a.md": twice, "one/b.md": "# B\n", "two/c.md": "# C\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "LICENSE").write_text("to read\n")

    measured = corpus.measure(tmp_path)

    assert measured["collections"] == {"one": 2, "two": 1}
    assert measured["rules"]["prompt"] == {"files": 1, "findings": 2}
    assert set(measured["rules"]) == set(rules())


def test_without_a_folder_it_says_how_to_call_it(
    corpus: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert corpus.main([""]) == 2
    assert "CORPUS=FOLDER" in capsys.readouterr().err
