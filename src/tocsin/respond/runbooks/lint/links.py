"""Where do the links of a document lead, as far as files are concerned?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from tocsin.respond.runbooks.document import Link
from tocsin.respond.runbooks.lint.subject import Subject

_ELSEWHERE = re.compile(r"^(?:[A-Za-z][\w+.-]{0,20}:|//|#|/|$)")
_FILLED_IN = re.compile(r"[{}<>$]")


@dataclass(frozen=True, slots=True)
class Led:
    """A relative link, and the paths that it may mean, spelled like those of the documents."""

    link: Link
    paths: tuple[str, ...]


def relative_links(subject: Subject) -> Iterator[Led]:
    """The links to files. Addresses, anchors, paths from the root of a site and templates are none."""
    folder = posixpath.dirname(subject.document.path)
    seen: set[tuple[int, str]] = set()
    for link in subject.document.links:
        target = link.target.strip()
        if _ELSEWHERE.match(target) or _FILLED_IN.search(target) or (link.line, target) in seen:
            continue
        seen.add((link.line, target))
        bare = unquote(target.partition("#")[0].partition("?")[0])
        if not bare or "\0" in bare:
            continue
        file = posixpath.normpath(posixpath.join(folder, bare))
        # Generators of sites leave the ending away, and give each page a folder of its own.
        page = posixpath.normpath(posixpath.join(subject.document.path.rsplit(".", 1)[0], bare))
        paths = (file, f"{file}.md", f"{file}/_index.md", page, f"{page}.md")
        yield Led(link, paths if bare.endswith("/") or "." not in posixpath.basename(bare) else (file,))
