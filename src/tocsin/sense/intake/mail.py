"""What does a mail say? Headers and text of a message from a stranger, read within bounds (RFC 5322, 2045 to 2047).

Headers are read here, since a reader that repairs everything can be kept busy for minutes. The parts of a body are read
by Python's own parser, once the message has been found to be of a size and depth that it reads at once; of any other
the text stays unread, and the mail says so.
"""

from __future__ import annotations

import binascii
import codecs
import email
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.render.plain import text_of
from tocsin.sense.intake.text import clean

ENVELOPE_FROM = "envelope-from"
"""The header in which the listener says whom the envelope names; `<>` is nobody."""
HEADERS_BYTES = 32 * 1024
LINES = 50_000
PARTS = 100
BOUNDARIES = 10
NESTED_MAILS = 10
_HEADER_LINES = 1_000
_VALUE_KEPT = 2_000
_PART_HEADER_BYTES = 4_000
_DATE_KEPT = 100
UNREAD = "the mail has too many parts: its text was not read"
_CHARSETS = {
    "ascii", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis",
    "euc_jp", "iso2022_jp", "euc_kr", "koi8-r", "koi8-u", "tis-620", *(f"iso8859-{n}" for n in range(1, 17)),
    *(f"cp125{n}" for n in range(9)), "cp932", "cp949", "cp950", "cp936",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail as it was read: `sender` is the address in From, `text` what its author wrote, at any length.

    `headers` holds the first value of each header by its name in lower case. `unread` says why `text` is empty.
    """

    subject: str
    sender: str
    text: str
    date: datetime | None
    message_id: str
    list_id: str
    headers: Mapping[str, str]
    unread: str = ""

    @property
    def is_automatic_reply(self) -> bool:
        """A bounce, an absence note, a receipt: what answers one of our own mails must never become an alert."""
        submitted = self.headers.get("auto-submitted", "").lower()
        kind = self.headers.get("content-type", "").lower()
        return (
            submitted.startswith(("auto-replied", "auto-notified"))
            or any(name in self.headers for name in ("x-autoreply", "x-autorespond", "x-failed-recipients"))
            or self.headers.get("precedence", "").lower() in ("auto_reply", "auto-reply")
            or kind.startswith("multipart/report")
        )


def read_mail(raw: bytes) -> Mail:
    """Reads one message. Raises Invalid for headers beyond the bounds."""
    plain = raw.replace(b"\r\n", b"\n")
    block, _, _ = (b"\n" + plain).partition(b"\n\n")
    if len(block) > HEADERS_BYTES:
        fix = "Send a mail with shorter headers."
        raise Invalid(f"the headers of a mail have at most {HEADERS_BYTES} bytes", field="headers", fix=fix)
    headers = _headers(block)
    text, unread = _text(plain)
    return Mail(
        subject=_line(headers.get("subject", "")),
        sender=_address(headers.get("from", "")),
        text=clean(text),
        date=_date(headers.get("date", "")),
        message_id=_line(headers.get("message-id", ""))[:250],
        list_id=_line(headers.get("list-id", ""))[:250],
        headers=headers,
        unread=unread,
    )


def _headers(block: bytes) -> dict[str, str]:
    """The first value of each header, unfolded and decoded, cut at 2,000 characters."""
    unfolded: list[bytes] = []
    for line in block.split(b"\n")[:_HEADER_LINES]:
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1] += b" " + line.strip()
        else:
            unfolded.append(line)
    found: dict[str, str] = {}
    for line in unfolded:
        name, colon, value = line.partition(b":")
        if colon and name.strip().isascii():
            found.setdefault(name.strip().decode().lower(), _decoded(value.strip()[:_VALUE_KEPT]))
    return found


def _decoded(value: bytes) -> str:
    """A header as it is meant: UTF-8 or Latin-1 as it stands, encoded words decoded."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    if "=?" not in text:
        return text
    try:
        parts = decode_header(text)
    except (HeaderParseError, binascii.Error, ValueError):
        return text
    return "".join(each if isinstance(each, str) else _said(each, charset) for each, charset in parts)


def _said(data: bytes, charset: str | None) -> str:
    """Bytes in the charset that they claim, if it is one that people write mail in."""
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        name = "utf-8"
    return data.decode(name if name in _CHARSETS else "utf-8", "replace")


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _address(text: str) -> str:
    """`Shop <shop@example.com>` → shop@example.com."""
    inner = text.rpartition("<")[2].partition(">")[0] if "<" in text else text
    return next((word for word in _line(inner).split() if "@" in word), "")[:320]


def _date(text: str) -> datetime | None:
    try:
        said = parsedate_to_datetime(text[:_DATE_KEPT])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(plain: bytes) -> tuple[str, str]:
    """What the author wrote, or why it was not read."""
    if not _is_readable(plain):
        return "", UNREAD
    page = ""
    for part in _texts(email.message_from_bytes(plain)):
        kind = part.get_content_type()
        if kind == "text/plain" and (said := _payload(part)).strip():
            return said, ""
        if kind == "text/html" and not page:
            page = text_of(_payload(part))
    return page, ""


def _is_readable(plain: bytes) -> bool:
    """Is it of a size and depth that the parser reads in a moment? It may take its time for every line and boundary."""
    lower = plain.lower()
    return (
        plain.count(b"\n") <= LINES
        and lower.count(b"boundary") <= BOUNDARIES
        and lower.count(b"message/") <= NESTED_MAILS
        and all(length <= _PART_HEADER_BYTES for length in _lengths(lower, b"content-type:"))
    )


def _lengths(lower: bytes, name: bytes) -> Iterator[int]:
    """How long each header of that name is with its folded lines."""
    start = lower.find(name)
    while start >= 0:
        end = lower.find(b"\n", start)
        while end >= 0 and lower[end + 1 : end + 2] in (b" ", b"\t"):
            end = lower.find(b"\n", end + 1)
        yield (len(lower) if end < 0 else end) - start
        if end < 0:
            return
        start = lower.find(name, end)


def _texts(message: Message) -> Iterator[Message]:
    """The parts that are text and stand in the mail itself, in their order."""
    for number, part in enumerate(message.walk()):
        if number >= PARTS:
            return
        is_text = part.get_content_maintype() == "text" and not part.is_multipart()
        if is_text and part.get_content_disposition() != "attachment":
            yield part


def _payload(part: Message) -> str:
    data = part.get_payload(decode=True)
    return _said(data, part.get_content_charset()) if isinstance(data, bytes) else ""


_STATES = {
    "up", "down", "ok", "not", "resolved", "unresolved", "recovered", "recovery", "cleared", "closed", "problem",
    "critical", "warning", "unknown", "firing", "alerting", "triggered", "failed", "failing", "back", "again", "re",
    "fwd", "aw", "is", "was",
}  # fmt: skip


def thread_of(subject: str) -> str:
    """What a subject is about, whatever it says of its state: `Shop is DOWN` and `[Resolved] Shop is UP` are one."""
    words: Sequence[str] = "".join(each if each.isalnum() else " " for each in subject.casefold()).split()
    kept: list[str] = []
    for at, word in enumerate(words):
        counts = word.isdecimal() and at > 0 and words[at - 1] in ("firing", "resolved")  # as in [FIRING:2]
        if word not in _STATES and not counts:
            kept.append(word)
    return " ".join(kept) or " ".join(words)
