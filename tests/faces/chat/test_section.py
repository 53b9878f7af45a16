"""The settings of chat, and what is said about them where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin import configuration

CHANNEL = 'channels: {chat: {kind: slack, token: "env:SLACK_BOT_TOKEN"}}\n'


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "a secret of some length")


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "tocsin.yaml").write_text(text)
    return [(each.level, each.message) for each in configuration.load(folder).problems]


@pytest.mark.parametrize(
    "way", ["app_token: env:SLACK_APP_TOKEN", "signing_secret: env:SLACK_SIGNING_SECRET"]
)
def test_one_way_in_is_enough(tmp_path: Path, way: str) -> None:
    assert problems(tmp_path, f"{CHANNEL}slack: {{bot_token: env:SLACK_BOT_TOKEN, {way}}}\n") == []


def test_without_a_way_in_nothing_of_slack_arrives(tmp_path: Path) -> None:
    found = problems(tmp_path, f"{CHANNEL}slack: {{bot_token: env:SLACK_BOT_TOKEN}}\n")
    assert found == [("error", "nothing of Slack can reach Tocsin")]


def test_buttons_that_lead_nowhere_are_told_of(tmp_path: Path) -> None:
    assert problems(tmp_path, CHANNEL) == [("warning", "its buttons lead nowhere without slack:")]
    assert problems(tmp_path, CHANNEL.replace("token:", "buttons: false, token:")) == []


def test_a_token_is_never_written_in_plain(tmp_path: Path) -> None:
    found = problems(tmp_path, "slack: {bot_token: xoxb-plain, app_token: env:SLACK_APP_TOKEN}\n")
    assert [level for level, _ in found] == ["error"]
