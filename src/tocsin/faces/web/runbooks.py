"""Which runbooks are there, and which of them can be trusted? The library: by category, filtered by links, searched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.respond.runbooks.library import Library, Shelved
from tocsin.respond.runbooks.preconditions_store import Check, failed
from tocsin.respond.runbooks.reading.headings import plain
from tocsin.respond.runbooks.review import Due, edited, queue
from tocsin.respond.runbooks.search import Hit, words_of
from tocsin.respond.runbooks.usage import Usage, proven_hashes, usages

pages = Pages()
_PAGE = 50
_MOST_HITS = 200
_STATES = ("due", "broken", "unproven")
_FILTERS = ("severity", "category", "service", "state")
_NONE = "-"
"""In an address: those that have no severity, category or service."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A runbook as the library shows it. `proof` is worked, changed (since it worked) or never."""

    shelved: Shelved
    usage: Usage
    due: Due | None
    broken: Sequence[Check]
    proof: str
    hit: Hit | None = None

    @property
    def states(self) -> set[str]:
        found = {"due"} if self.due and self.due.overdue else set[str]()
        if self.broken:
            found.add("broken")
        if self.proof != "worked":
            found.add("unproven")
        return found

    def holds(self, name: str) -> set[str]:
        """What this runbook has of a filter."""
        match name:
            case "severity":
                return {self.shelved.severity or _NONE}
            case "category":
                return {self.shelved.category or _NONE}
            case "service":
                return {self.shelved.document.service or _NONE}
            case _:
                return self.states


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One link of a filter: what it is called in the address, how many it leaves, where it leads."""

    value: str
    count: int
    href: str
    chosen: bool


@pages.get("/runbooks", Permission.READ)
def listing(visit: Visit) -> Response:
    context, query = visit.context, visit.query
    library = context.library
    wanted = query.get("q", "").strip()[:100]
    with context.store.read() as conn:
        rows = list(_rows(conn, library, context.clock.now()))
    everything = len(rows)
    if wanted:
        rows = list(_found(rows, library.search(wanted, _MOST_HITS)))
    chosen = {name: query[name] for name in _FILTERS if query.get(name)}
    by = "severity" if query.get("by") == "severity" and not wanted else "category"
    if by == "severity":
        rows.sort(key=lambda row: (not row.shelved.severity, row.shelved.severity))
    left = [row for row in rows if all(value in row.holds(name) for name, value in chosen.items())]
    page = query.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 5 and int(page) else 1
    shown = left[(number - 1) * _PAGE : number * _PAGE]
    said = chosen | ({"q": wanted} if wanted else {}) | ({"by": by} if by == "severity" else {})

    def link(**changed: str) -> str:
        return f"/runbooks?{urlencode({name: value for name, value in (said | changed).items() if value})}"

    return visit.page(
        "runbooks.html",
        groups=[("", shown)]
        if wanted
        else [(name, list(group)) for name, group in groupby(shown, _group(by))],
        by=by,
        wanted=wanted,
        looked_for=words_of(wanted),
        marked=marked,
        plain=_told,
        everything=everything,
        left=len(left),
        chosen=chosen,
        filters={name: _choices(rows, name, chosen, link) for name in _FILTERS},
        link=link,
        titles={name: each.title or name for name, each in context.catalogue().services.items()},
        before=link(page=str(number - 1)) if number > 1 else "",
        after=link(page=str(number + 1)) if number * _PAGE < len(left) else "",
        apart=[] if wanted or chosen or number > 1 else [*library.indexes(), *library.policies()],
        missing=[] if wanted or chosen or number > 1 else library.missing(),
        trouble=library.trouble(),
    )


def _rows(conn: Connection, library: Library, now: datetime) -> Iterator[Row]:
    used, broken, proven = usages(conn), failed(conn), proven_hashes(conn)
    due = {each.path: each for each in queue(conn, library, now, used)}
    for category in library.categories():
        for shelved in category.items:
            path = shelved.document.path
            changed = edited(conn, library, shelved.document, proven)
            yield Row(
                shelved=shelved,
                usage=used.get(path, Usage()),
                due=due.get(path),
                broken=broken.get(path, ()),
                proof="never" if path not in proven else "changed" if changed else "worked",
            )


def _found(rows: Sequence[Row], hits: Iterable[Hit]) -> Iterator[Row]:
    """The rows that were found, the best first, and indexes and policies among them as rows of their own."""
    known = {row.shelved.document.path: row for row in rows}
    for hit in hits:
        row = known.get(hit.document.path)
        shelved = Shelved(document=hit.document, category="", severity=hit.document.severity, threshold="")
        yield Row(
            shelved=row.shelved if row else shelved,
            usage=row.usage if row else Usage(),
            due=row.due if row else None,
            broken=row.broken if row else (),
            proof=row.proof if row else "worked",
            hit=hit,
        )


def _group(by: str) -> Callable[[Row], str]:
    return lambda row: row.shelved.severity if by == "severity" else row.shelved.category


def _choices(
    rows: Sequence[Row], name: str, chosen: Mapping[str, str], link: Callable[..., str]
) -> list[Choice]:
    """What a filter offers among the rows that the other filters leave."""
    others = {each: value for each, value in chosen.items() if each != name}
    counts: Counter[str] = Counter()
    for row in rows:
        if all(value in row.holds(each) for each, value in others.items()):
            counts.update(row.holds(name))
    if name in chosen:
        counts.setdefault(chosen[name], 0)
    values = _STATES if name == "state" else sorted(counts, key=lambda each: (each == _NONE, each.casefold()))
    return [
        Choice(
            value=value,
            count=counts[value],
            href=link(**{name: "" if chosen.get(name) == value else value}),
            chosen=chosen.get(name) == value,
        )
        for value in values
        if counts[value] or chosen.get(name) == value
    ]


def _told(snippet: str) -> str:
    """A line of Markdown as a person reads it; cells of a table stand apart."""
    return " · ".join(cell for each in snippet.strip("|").split("|") if (cell := plain(each).lstrip("#>- ")))


def marked(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """A line in parts, each with whether it is one of the words that were looked for."""
    if not words:
        return [(text, False)]
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return [(part, bool(at % 2)) for at, part in enumerate(re.split(f"((?i:{pattern}))", text)) if part]
