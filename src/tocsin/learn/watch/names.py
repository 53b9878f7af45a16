"""Which names must resolve for pages to leave? The hosts of the channels, as far as they are names."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from tocsin.act.notify import Channel, Directory

_MOST = 20


def names_of(
    directory: Directory, channel: Callable[[str], Channel[Any] | None], *urls: str | None
) -> list[str]:
    """Host names, each once, no more than 20: those of `urls`, then those of the channels as people are reached."""
    found = dict.fromkeys(
        host for host in (*_of_urls(urls), *_of_channels(directory, channel)) if _is_name(host)
    )
    return list(found)[:_MOST]


def _of_urls(urls: tuple[str | None, ...]) -> Iterator[str]:
    for url in urls:
        if url:
            yield urlsplit(url).hostname or ""


def _of_channels(directory: Directory, channel: Callable[[str], Channel[Any] | None]) -> Iterator[str]:
    for name in directory.channels:
        way = channel(name)
        if way is None:
            continue
        addresses = [way.room] if way.room else [way.address(each) for each in directory.people.values()]
        for address in addresses:
            if address:
                receiver = way.receiver(address)
                yield (
                    urlsplit(receiver).hostname or ""
                    if "://" in receiver
                    else receiver.rpartition("@")[2].partition(":")[0]
                )


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host or host == "localhost"
    return False
