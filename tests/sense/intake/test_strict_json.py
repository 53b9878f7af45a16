"""Hostile JSON: refused with a reason, or read to one meaning."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.sense.intake.strict_json import read_json

ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(ANY)
def test_what_is_well_formed_is_read_as_it_is(value: object):
    assert read_json(msgspec.json.encode(value)) == (value, ())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"{'a': 1}",
        b"[1] [2]",
        b'"\x00"',
        b"{}}",
    ],
)
def test_what_is_no_json_is_malformed(payload: bytes):
    with pytest.raises(Malformed):
        read_json(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a": 1, "a": 2}',
        b'[{"labels": {"x": "1", "x": "2"}}]',
        b'{"a": {"b": [{"c": 1, "c": 1}]}}',
        rb'{"a": 1, "\u0061": 2}',
        rb'{"a\"": 1, "a\"": 2}',
        rb'{"\\": 1, "\\": 2}',
    ],
)
def test_a_key_that_stands_twice_is_malformed(payload: bytes):
    with pytest.raises(Malformed, match="twice"):
        read_json(payload)


def test_keys_that_differ_by_case_are_two():
    assert read_json(b'{"name": 1, "Name": 2}')[0] == {"name": 1, "Name": 2}


def test_signs_of_structure_within_a_text_are_text():
    text = '{"a": "[[[[:::{{{\\"}\\\\", "b": ":"}'
    assert read_json(text.encode())[0] == {"a": '[[[[:::{{{"}\\', "b": ":"}


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1e-999", b"9" * 5_000, b"18446744073709551616"])
def test_a_number_that_does_not_fit_is_invalid(number: bytes):
    with pytest.raises(Invalid):
        read_json(b'{"value": ' + number + b"}")


@pytest.mark.parametrize("number", [b"-0", b"1.0", b"0.0", b"0e5", b"9223372036854775807"])
def test_a_number_that_fits_is_taken(number: bytes):
    assert isinstance(read_json(number)[0], int | float)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth_is_bounded_before_parsing(opening: bytes):
    closing = b"]" if opening == b"[" else b"}"
    assert read_json(opening * 31 + b"[]" + closing * 31)
    with pytest.raises(Invalid, match="deep"):
        read_json(opening * 32 + b"[]" + closing * 32)
    begun = time.monotonic()
    for payload in (opening * 100_000, opening * 100_000 + b"1" + closing * 100_000):
        with pytest.raises(Invalid, match="deep"):
            read_json(payload)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (rb'"a\ud800b"', "a�b"),
        (rb'"a\udc00"', "a�"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d\ud83d\ude00"', "�😀"),
        (rb'"\\ud800"', "\\ud800"),
    ],
)
def test_half_a_character_is_replaced(payload: bytes, text: str):
    value, flags = read_json(payload)
    assert value == text
    assert bool(flags) == ("�" in text)
