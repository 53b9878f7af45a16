"""How is it told that Tocsin is not well? By a channel directly, since the queue of pages may be what is broken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from tocsin.act.notify import Channel, Directory, Message
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.timeline import told
from tocsin.learn.watch.section import Fallback
from tocsin.learn.watch.store import Finding

_SUBJECT = N_("Tocsin itself is not well: {part}")
_WELL = N_("Tocsin is well again")
_OPEN = N_("Open Tocsin")
_log = structlog.get_logger(__name__)


def tell(
    found: Sequence[Finding],
    fallback: Sequence[Fallback],
    *,
    directory: Directory,
    channel: Callable[[str], Channel[Any] | None],
    links: Links,
) -> None:
    """Sends one message about these findings, or that all is well again where there are none, by every fallback at
    once. Returns at once; what cannot be sent is told in the log.
    """
    for each in fallback:
        way, person = channel(each.channel), directory.people.get(each.person)
        if way is None or person is None:
            continue
        address = way.room or way.address(person)
        if address is None:
            _log.error("a fallback has no address", channel=each.channel, person=each.person)
            continue
        language = person.language or directory.language
        message = _message(found, each.person, language, links)
        threading.Thread(
            target=_send, args=(way, message, address, each.channel), name="fallback", daemon=True
        ).start()


def _message(found: Sequence[Finding], person: str, language: str, links: Links) -> Message:
    parts = ", ".join(dict.fromkeys(each.part for each in found))
    return Message(
        kind="page",
        subject=translate(language, _SUBJECT, part=parts) if found else translate(language, _WELL),
        lines=tuple(told(each.said, language) for each in found),
        person=person,
        language=language,
        link=links.home(),
        link_label=translate(language, _OPEN),
    )


def _send(way: Channel[Any], message: Message, address: str, name: str) -> None:
    try:
        way.send(message, address, new_id("wch"))
    except Exception as error:
        _log.error("a fallback could not tell that Tocsin is not well", channel=name, error=scrub(str(error)))
