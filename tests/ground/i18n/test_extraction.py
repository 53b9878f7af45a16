"""No text without its translation: the check finds each kind of gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.ground.i18n import extraction, texts


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one text in Python and one in a template, and catalogs of its own."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "events.py").write_text(
        'declare("page.sent", N_("Paged " "{person}"))\ntranslate(language, "Hello")\n'
    )
    (folder / "page.html").write_text('<p title="{{ _("Who is on call") }}">{{ _(computed) }}</p>')
    monkeypatch.setattr(texts, "LOCALES", tmp_path / "locale")
    return folder


def write(text: str) -> None:
    path = texts.catalog_path("zh_Hant")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


FULL = """
msgid "Hello"
msgstr "你好"

msgid "Paged {person}"
msgstr "已通知 {person}"

msgid "Who is on call"
msgstr "誰在值班"
"""


def test_a_full_catalog_has_no_problems(package: Path):
    write(FULL)
    assert extraction.problems(package) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('msgid "Hello"\nmsgstr "你好"', "", "no translation of 'Hello' (events.py)"),
        ('"你好"', '""', "not translated: 'Hello'"),
        ('msgid "Hello"', '#, fuzzy\nmsgid "Hello"', "fuzzy: 'Hello'"),
        ("已通知 {person}", "已通知", "person on one side only"),
        ('msgid "Hello"', 'msgid "Gone"\nmsgstr "走了"\n\nmsgid "Hello"', "no longer used: 'Gone'"),
    ],
)
def test_each_gap_is_named(package: Path, old: str, new: str, complaint: str):
    write(FULL.replace(old, new))
    found = extraction.problems(package)
    assert len(found) == 1
    assert complaint in found[0]


def test_extraction_keeps_what_was_said_and_asks_for_the_rest(package: Path):
    write('msgid "Hello"\nmsgstr "你好"\n\nmsgid "Gone"\nmsgstr "走了"\n')
    left = extraction.extract(package)
    assert left == ["zh_Hant: 'Paged {person}'", "zh_Hant: 'Who is on call'"]
    catalog = texts.catalog_path("zh_Hant").read_text(encoding="utf-8")
    assert "你好" in catalog
    assert "Gone" not in catalog


def test_a_second_extraction_changes_nothing(package: Path):
    write(FULL)
    extraction.extract(package)
    first = texts.catalog_path("zh_Hant").read_bytes()
    extraction.extract(package)
    assert texts.catalog_path("zh_Hant").read_bytes() == first
