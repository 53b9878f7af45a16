"""How much do we take? Every bound of intake, and the body held to them before anything else looks at it."""

from __future__ import annotations

import zlib

from tocsin.ground.kernel.errors import Invalid, Malformed, TocsinError, TooLarge

BODY = 512 * 1024
BATCH_BODY = 5 * 1024 * 1024
"""For senders that put hundreds of alerts into one request and never send a refused one again (Prometheus does)."""
BODY_SECONDS = 10.0
HEADERS = 100
HEADER_BYTES = 16 * 1024
QUERY_BYTES = 8 * 1024
DEPTH = 32
LABELS = 200
LABEL_NAME_BYTES = 256
LABEL_VALUE_BYTES = 1024
ANNOTATION_BYTES = 32 * 1024
DEDUP_KEY = 255
URL = 2048
_RATIO = 10


class WrongType(TocsinError):
    """The body is of a kind or an encoding that this route does not read; send what `fix` names."""

    code = "unsupported_media_type"
    status = 415


class TooSlow(TocsinError):
    """The body did not arrive in time; send it again."""

    code = "timeout"
    status = 408


class HeadersTooLarge(TocsinError):
    """Fewer or shorter headers, please."""

    code = "headers_too_large"
    status = 431


def check_headers(headers: list[tuple[bytes, bytes]]) -> None:
    if len(headers) > HEADERS or sum([len(name) + len(value) for name, value in headers]) > HEADER_BYTES:
        raise headers_too_large()


def headers_too_large() -> HeadersTooLarge:
    message = f"at most {HEADERS} headers and {HEADER_BYTES} bytes of them"
    return HeadersTooLarge(message, fix="Send fewer or shorter headers.")


def check_content_type(value: str | None, wanted: tuple[str, ...]) -> None:
    """`application/json` with or without charset=utf-8; anything else is refused with what is wanted."""
    kind, _, parameters = (value or "").partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, text = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = text.strip().strip('"').lower()
    if kind.strip().lower() not in wanted or charset not in ("", "utf-8", "utf8", "us-ascii"):
        shown = f"not {value[:100]!r}" if value else "and it is missing"
        fix = f"Send it with Content-Type: {wanted[0]}."
        raise WrongType(
            f"the Content-Type must be {' or '.join(wanted)}, {shown}", field="Content-Type", fix=fix
        )


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"at most {limit} bytes a request", field="body", fix="Send it in several requests.")


def decode(body: bytes, encoding: str, limit: int, *, binary: bool = False) -> bytes:
    """The body as the sender wrote it: decompressed within bounds, UTF-8 without a byte order mark.

    A `binary` one may hold anything.
    """
    coding = encoding.strip().lower()
    if coding == "gzip":
        body = _gunzip(body, min(limit, max(BODY, _RATIO * len(body))))
    elif coding not in ("", "identity"):
        raise WrongType(
            f"Content-Encoding {encoding[:50]!r} is not read",
            field="Content-Encoding",
            fix="Send gzip or none.",
        )
    if binary:
        return body
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(
            f"the body is not UTF-8 (byte {error.start})", field="body", fix="Send the text as UTF-8."
        ) from None
    return body.removeprefix(b"\xef\xbb\xbf")


def _gunzip(body: bytes, limit: int) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(body, limit + 1)
    except zlib.error:
        fix = "Send gzip, or leave the header Content-Encoding out."
        raise Malformed("the body is not gzip, though its header says so", field="body", fix=fix) from None
    if len(plain) > limit:
        raise too_large(limit)
    if not unzip.eof or unzip.unused_data:
        fix = "Send one whole gzip stream."
        raise Malformed("the gzip body is cut or has something behind it", field="body", fix=fix)
    return plain


def too_deep() -> Invalid:
    return Invalid(f"nested more than {DEPTH} deep", field="body", fix="Send a flatter document.")
