"""`tocsin key create --set` and `tocsin key kinds`: what a kind asks for, told right or refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.cli.main import main
from tocsin.ground.accounts import Accounts
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.store import Store
from tocsin.sense.intake import every_source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tocsin.yaml").write_text("services: {shop: {title: Shop}}\n")
    (tmp_path / "grafana-secret").write_text("a long secret\n")
    monkeypatch.setenv("TOCSIN_CONFIG", str(tmp_path))
    monkeypatch.chdir("/")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_a_secret_file_is_named_from_the_folder_and_found_by_the_server(folder: Path, capsys):
    code, out, err = run(
        capsys, "key", "create", "grafana", "--json",
        "--set", "secret=file:grafana-secret", "--set", "alerts_per_minute=90",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out)["settings"] == {"secret": "file:grafana-secret", "alerts_per_minute": 90}
    assert "a long secret" not in out
    store = Store.open(f"sqlite:///{folder / 'tocsin.db'}")
    (key,) = Accounts(store, SystemClock()).keys()
    store.close()
    settings = every_source(folder)["grafana"].settings_of(key)
    assert settings.secret.reveal() == "a long secret"


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("secrte=env:A", "secret"),
        ("secret=plain", "env:NAME"),
        ("alerts_per_minute=many", "a whole number"),
        ("alerts_per_minute", "NAME=VALUE"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_the_cure(folder: Path, capsys, pair: str, said: str):
    code, _, err = run(capsys, "key", "create", "grafana", "--set", pair)
    assert code == 1
    assert said in err


def test_lists_and_maps_are_written_with_commas(folder: Path, capsys):
    _, out, _ = run(
        capsys, "key", "create", "statuspage", "--set", "components=API, Web", "--set", "incidents=false", "--json"
    )  # fmt: skip
    assert json.loads(out)["settings"] == {"components": ["API", "Web"], "incidents": False}
    _, out, _ = run(
        capsys, "key", "create", "github", "--set", "services=acme/shop=shop, acme/pay=pay", "--json"
    )
    assert json.loads(out)["settings"] == {"services": {"acme/shop": "shop", "acme/pay": "pay"}}


def test_every_kind_is_listed_with_what_it_may_be_told(folder: Path, capsys):
    _, out, _ = run(capsys, "key", "kinds")
    assert all(kind in out for kind in every_source())
    assert "--set secret=…" in out
    _, out, _ = run(capsys, "key", "kinds", "webhook", "--json")
    assert json.loads(out)["items"][0]["title"] == "Webhook (JSON)"
