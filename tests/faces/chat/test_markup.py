"""What people write in Slack is read as they see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.act.notify.channels.slack import escape
from tocsin.faces.chat.markup import mentioned, plain


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("disk &lt; 5 % &amp;amp; falling", "disk < 5 % &amp; falling"),
        ("ask <@U0MEI>", "ask @Mei"),
        ("ask <@U0MEI|mei>", "ask @mei"),
        ("in <#C024BE91L|general> and <#C024BE91L>", "in #general and #C024BE91L"),
        ("<!here> <!subteam^S1|@ops> <!subteam^S1>", "@here @ops @subteam"),
        ("<https://a.example/?x=1&amp;y=2|this>", "this (https://a.example/?x=1&y=2)"),
        ("<https://a.example>", "https://a.example"),
        ("a < b, and <never closed", "a < b, and <never closed"),
        ("<>", ""),
    ],
)
def test_markup_is_read_as_text(written: str, seen: str) -> None:
    assert plain(written, lambda user: {"U0MEI": "Mei"}.get(user, user)) == seen


@pytest.mark.parametrize(
    ("word", "user"),
    [("<@U0MEI>", "U0MEI"), ("<@U0MEI|mei>", "U0MEI"), ("@mei", ""), ("<@U 1>", ""), ("<@>", "")],
)
def test_a_mention_names_a_user(word: str, user: str) -> None:
    assert mentioned(word) == user


@given(st.text())
def test_text_that_was_escaped_is_read_as_it_was(text: str) -> None:
    assert plain(escape(text)) == text
