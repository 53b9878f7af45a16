"""A bundle that leaves the house holds no credential, also none that nobody told Tocsin of."""

from __future__ import annotations

import time

import pytest

from tocsin.respond.diagnosis.masking import masked


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("DATABASE_URL=postgresql://shop:s3cr3t-word@db/shop", "s3cr3t-word"),
        ("connecting to redis://:pa55-word@cache:6379/0", "pa55-word"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ('{"password": "open sesame", "user": "mei"}', "open sesame"),
        ("api_key = 'abc def ghi'", "abc def ghi"),
        ("client-secret=zzz-yyy-xxx&grant=code", "zzz-yyy-xxx"),
        ("Set-Cookie: session_id=9f8e7d6c5b4a", "9f8e7d6c5b4a"),
        ("key AKIAIOSFODNN7EXAMPLE is used", "AKIAIOSFODNN7EXAMPLE"),
        ("pushed with ghp_0123456789abcdefghij0123456789abcdef", "ghp_0123456789"),
        ("xoxb-1234567890-abcdefghij", "1234567890-abcdefghij"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZWkifQ.c2lnbmF0dXJl end", "c2lnbmF0dXJl"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
            "MIIEowIBAAKCAQEA",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA", "MIIEowIBAAKCAQEA"),
    ],
)
def test_what_looks_like_a_credential_is_masked_and_the_line_stays(line: str, secret: str):
    told = masked(line)
    assert secret not in told
    assert "***" in told


def test_what_is_none_stays_as_it_is():
    text = "GET /tokens 200 in 12 ms; passed 3 of 4; https://example.com/a?b=c; 10.0.0.1:5432"
    assert masked(text) == text


def test_a_text_made_to_be_slow_is_not():
    for hostile in (
        "a" * 300_000,
        "password" * 30_000,
        "x://" * 60_000,
        "eyJ" * 80_000,
        "-----BEGIN " * 20_000,
    ):
        began = time.process_time()
        masked(hostile)
        assert time.process_time() - began < 20, hostile[:20]
