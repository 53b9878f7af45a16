"""A secret is a reference until it is used, prints as ***, and is found in every disguise."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import BaseModel, ValidationError

from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.secret import Secret, SecretOrText, know, reveal, scrub

CANARY = 'c4nary/+ "pass" word'


class Mail(BaseModel):
    password: Secret
    environment: dict[str, SecretOrText] = {}


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Secret:
    monkeypatch.setenv("MAIL_PASSWORD", CANARY)
    return Secret.from_reference("env:MAIL_PASSWORD")


def test_it_prints_as_stars_and_only_reveal_gives_the_value(canary: Secret) -> None:
    assert [str(canary), f"{canary}", f"{canary!r}", f"{canary:>9}"] == ["***", "***", "Secret(***)", "***"]
    assert canary.reveal() == CANARY


def test_a_model_keeps_the_reference_and_never_the_value(canary: Secret) -> None:
    mail = Mail.model_validate(
        {"password": "env:MAIL_PASSWORD", "environment": {"PASS": "env:MAIL_PASSWORD", "URL": "http://x"}}
    )
    assert CANARY not in repr(mail) + mail.model_dump_json() + str(mail.model_dump())
    assert mail.model_dump()["password"] == "env:MAIL_PASSWORD"
    assert reveal(mail.environment["PASS"]) == CANARY
    assert reveal(mail.environment["URL"]) == "http://x"


@pytest.mark.parametrize(
    "written", ["hunter2", "", "env:", "file:", "env", "vault:x", "env:A=B", 12, None, ["env:A"]]
)
def test_plain_text_is_refused_with_the_cure(written: object) -> None:
    with pytest.raises(ValidationError, match="write env:NAME") as refused:
        Mail.model_validate({"password": written})
    assert "hunter2" not in refused.value.errors()[0]["msg"]


def test_a_rotated_file_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("first-value\n")
    secret = Secret.from_reference("file:smtp", folder=tmp_path)
    assert secret.reveal() == "first-value"
    (tmp_path / "smtp").write_text("second-value\n")
    assert secret.reveal() == "second-value"
    assert scrub("first-value and second-value") == "*** and ***"


def test_a_relative_file_is_meant_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("from-the-folder")
    mail = Mail.model_validate({"password": "file:smtp"}, context={"folder": tmp_path})
    assert mail.password.reveal() == "from-the-folder"


@pytest.mark.parametrize(
    "reference", ["env:TOCSIN_TEST_ABSENT", "file:absent", "file:empty", "file:huge", "file:binary"]
)
def test_what_cannot_be_revealed_says_what_to_do(reference: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "huge").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    secret = Secret.from_reference(reference, folder=tmp_path)
    with pytest.raises(Invalid) as refused:
        secret.reveal()
    assert refused.value.fix
    assert secret.missing() == refused.value.message


def test_scrub_finds_the_value_in_every_disguise(canary: Secret) -> None:
    disguises = [
        CANARY,
        quote(CANARY, safe=""),
        json.dumps({"p": CANARY}),
        base64.b64encode(CANARY.encode()).decode(),
        f"Authorization: Basic x\nPASS={CANARY}!",
    ]
    for text in disguises:
        scrubbed = scrub(text)
        assert "***" in scrubbed
        assert "c4nary" not in scrubbed
        assert base64.b64encode(CANARY.encode()).decode().rstrip("=") not in scrubbed


def test_the_password_inside_an_address_is_scrubbed_on_its_own() -> None:
    know("postgresql://shop:s3cr3t-word@db.example.com/shop")
    assert scrub("auth failed for s3cr3t-word") == "auth failed for ***"


def test_short_values_do_not_blot_out_the_log() -> None:
    know("abc")
    assert scrub("abc") == "abc"
