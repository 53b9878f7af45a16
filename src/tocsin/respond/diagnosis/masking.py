"""What must not leave the house with a bundle? Known secrets by their value, others by their shape.

A bundle is mailed around, so it is held to more than a page: what looks like a credential is masked even where nobody
told Tocsin of it. The shapes are those that their makers document; a line is never dropped, only the value in it.
"""

from __future__ import annotations

import re

from tocsin.ground.kernel.secret import MASK, scrub

_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|"
    r"client[-_]?secret|credential|authorization|cookie|session[-_]?id"
)
# Each is linear: one class repeated with a bound, between fixed words.
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
        ),
        MASK,
    ),
    (
        re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}:)[^\s/@]{1,500}(?=@)", re.IGNORECASE),
        r"\1" + MASK,
    ),
    (re.compile(r"\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,4000}", re.IGNORECASE), r"\1 " + MASK),
    (
        re.compile(r"\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{0,2000}"),
        MASK,
    ),  # RFC 7519
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),  # AWS, unique identifiers of IAM
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})"), MASK),  # GitHub
    (re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{10,255}"), MASK),  # Slack
    (re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}"), MASK),  # Stripe
    (
        re.compile(
            rf"""((?:{_NAMES})["']?\s{{0,3}}[=:]\s{{0,3}})(?:"[^"\n]{{1,2000}}"|'[^'\n]{{1,2000}}'|[^\s"',;&]{{1,2000}})""",
            re.IGNORECASE,
        ),
        r"\1" + MASK,
    ),
)


def masked(text: str) -> str:
    """The text with every secret masked that Tocsin knows, and everything that looks like one."""
    text = scrub(text)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text
