"""Each house rule bites, and says why; what is allowed stays allowed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("house_rules", ROOT / "tools" / "rules.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["house_rules"] = module
    spec.loader.exec_module(module)
    return module


rules = _load()


@pytest.fixture
def house(tmp_path: Path):
    """A small tree that keeps every rule; a test breaks one."""

    def build(**files: str) -> list[str]:
        tree = {
            "README.md": "# Tocsin\n",
            "README.zh-Hant.md": "# Tocsin\n",
            "changelog/unreleased/0001-spine.md": "The spine.\n",
            **files,
        }
        for path, text in tree.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return [str(breach) for breach in rules.breaches(tmp_path, sorted(tree))]

    return build


def in_module(house, code: str, path: str = "src/tocsin/respond/thing.py") -> list[str]:
    return house(**{path: code})


def test_a_tree_that_keeps_the_rules_has_nothing_to_say(house):
    assert house() == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import subprocess\nsubprocess.run('ls', shell=True)\n", "shell=…"),
        ("import subprocess\nsubprocess.run('ls', shell=flag)\n", "shell=…"),
        ("import os\nos.system('ls')\n", "os.system"),
        ("eval('1')\n", "CEL"),
        ("exec('1')\n", "never becomes code"),
        ("import pickle\n", "can run code"),
        ("from pickle import loads\n", "can run code"),
        ("import yaml\nyaml.load('a')\n", "one loader"),
        ("import httpx\n", "outbound.py"),
        ("from requests import get\n", "outbound.py"),
        ("import socket\n", "outbound.py"),
        ("from urllib import request\n", "outbound.py"),
        ("import urllib.request\n", "outbound.py"),
        ("import http.client\n", "outbound.py"),
        ("import smtplib\n", "email.py"),
        ("from jinja2 import Template\n", "by its name"),
        ("environment.from_string(source)\n", "by its name"),
        ("import sqlalchemy\ntext(f'select {name}')\n", "bind values"),
        ("import sqlalchemy\nconn.execute('select ' + name)\n", "bind values"),
        ("import sqlalchemy\nsqlalchemy.text('select %s' % name)\n", "bind values"),
        ("import sqlalchemy\nconn.execute('select {}'.format(name))\n", "bind values"),
        ("import sqlalchemy\ntext('select ' + column + ' from x')\n", "bind values"),
        ("from datetime import datetime\ndatetime.now()\n", "clock"),
        ("import datetime\ndatetime.datetime.utcnow()\n", "clock"),
        ("x = 1  # noqa: F401\n", "say why"),
        ("x = 1  # type: ignore[arg-type]\n", "say why"),
    ],
)
def test_a_module_that_breaks_a_rule_is_named_with_the_reason(house, code, word):
    (breach,) = {line for line in in_module(house, code) if word in line}
    assert breach.startswith("src/tocsin/respond/thing.py:")


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("import httpx\nimport socket\n", "src/tocsin/ground/kernel/outbound.py"),
        ("import smtplib\n", "src/tocsin/act/notify/channels/email.py"),
        ("from urllib.parse import urlsplit\nfrom http import HTTPStatus\n", "src/tocsin/respond/links.py"),
        ("from datetime import datetime\ndatetime.now()\n", "src/tocsin/ground/kernel/clock.py"),
        ("import subprocess\nsubprocess.run(['ls'], shell=False)\n", "src/tocsin/respond/thing.py"),
        ("text('select 1')\nconn.execute(select(table))\n", "src/tocsin/respond/thing.py"),
        ("model.model_evaluate('1')\nself.eval('1')\n", "src/tocsin/respond/thing.py"),
        ("x = 1  # noqa: F401 - imported for its side effect\n", "src/tocsin/respond/thing.py"),
        ("# the library has no types\nx = 1  # pyright: ignore[reportAny]\n", "src/tocsin/respond/thing.py"),
        ("import httpx\nimport socket\n", "tests/ground/test_thing.py"),
    ],
)
def test_what_is_allowed_passes(house, code, path):
    prefix = '"""A page."""\n' if path.startswith("src/tocsin/act") else ""
    assert in_module(house, prefix + code, path) == []


@pytest.mark.parametrize(
    "name", ["utils.py", "helpers.py", "manager.py", "models.py", "service.py", "services.py", "common.py"]
)
def test_a_catch_all_name_is_refused(house, name):
    (breach,) = in_module(house, '"""Things."""\n', f"src/tocsin/respond/{name}")
    assert "catch-all" in breach


def test_an_extension_without_a_manual_page_is_refused(house):
    (breach,) = in_module(house, "class Pager: ...\n", "src/tocsin/act/notify/channels/pager.py")
    assert "manual page" in breach


def test_the_folder_of_extensions_itself_needs_none(house):
    assert in_module(house, "", "src/tocsin/act/notify/channels/__init__.py") == []


def test_a_package_registry_is_not_named_anywhere(house):
    host = ".".join(("files", "pythonhosted", "org"))
    (breach,) = house(**{"requirements/base.txt": f"--index-url {host}\n"})
    assert breach.startswith("requirements/base.txt:1:")


def test_a_link_that_leads_nowhere_is_named_by_line(house):
    (breach,) = house(
        **{"docs/a.md": "# A\n\nSee [b](b.md), [the web](https://example.com) and [here](#a).\n"}
    )
    assert breach == "docs/a.md:3: the link leads nowhere: b.md"


def test_a_link_in_a_code_block_is_only_text(house):
    assert house(**{"docs/a.md": "# A\n\n```md\n[b](b.md)\n```\n\nand `[c](c.md)`\n"}) == []


def test_a_tree_without_a_note_of_change_is_told_so(tmp_path):
    for name in ("README.md", "README.zh-Hant.md"):
        (tmp_path / name).write_text("# Tocsin\n")
    (breach,) = rules.breaches(tmp_path, ["README.md", "README.zh-Hant.md"])
    assert "no note" in str(breach)


def test_a_note_has_a_number_and_a_name(house):
    (breach,) = house(**{"changelog/unreleased/Spine.md": "x\n"})
    assert "NNNN" in breach


def test_a_long_readme_is_refused(house):
    (breach,) = house(**{"README.md": "line\n" * 150})
    assert "150 lines" in breach


def test_a_missing_translation_of_the_readme_is_told(tmp_path):
    (tmp_path / "README.md").write_text("# Tocsin\n")
    note = tmp_path / "changelog/unreleased/0001-spine.md"
    note.parent.mkdir(parents=True)
    note.write_text("x\n")
    found = rules.breaches(tmp_path, ["README.md", "changelog/unreleased/0001-spine.md"])
    assert [str(breach) for breach in found] == ["README.zh-Hant.md:1: is missing"]
