"""What would this SQL do? Statements are parsed, for PostgreSQL and for MySQL, never searched for words.

A SELECT is not always a look: a part may delete (`WITH … DELETE`), lock, or call a function that acts. Statements,
forms and functions that act stand in `rules/statements.py`; a function that nobody knows is *change*. What no
dialect can parse is *destroy*. Where the two dialects may see different statements in the same letters, both are
asked and the stronger answer counts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence

import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

from tocsin.act.guard.names import names
from tocsin.act.guard.rules.statements import (
    FORMS,
    FUNCTIONS,
    LOOKING,
    LOOKING_BEGINS,
    STATEMENTS,
    Statement,
)
from tocsin.act.guard.sql_text import OpenQuote, Piece, Reading, reads_twice, split
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Level, Reason, Verdict, highest, shorten

# sqlglot logs a warning for each statement that it keeps as a bare command; those are judged below by their words.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_LONGEST = 50_000
_MOST_STATEMENTS = 1_000
_DEEPEST = 4  # EXPLAIN ANALYZE EXPLAIN …
_READINGS: tuple[Reading, ...] = ("postgres", "mysql")
_HARMLESS = (exp.Query, exp.Describe, exp.Use, exp.Show, exp.Values)
_WORD = re.compile(r"[A-Za-z_]\w*|\S", re.ASCII)
_BY_WORDS: dict[tuple[str, ...], Statement] = {tuple(each.words.split()): each for each in STATEMENTS}
_MOST_WORDS = max(len(words) for words in _BY_WORDS)
_EXPLAINS = frozenset({"EXPLAIN", "DESCRIBE", "DESC"})
_STATEMENT_WORDS = frozenset(
    {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TABLE", "VALUES"}
)
_KEPT = re.compile(
    r"(?:PREPARE\s+\w+\s*(?:\([^)]*\)\s*)?AS|DECLARE\s+\w+\s+[\w\s]{0,80}?\bCURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR)\s+",
    re.IGNORECASE | re.ASCII,
)
"""What keeps a statement, or a place in its rows, for later."""
_FILE = re.compile(r"\bINTO\s+(?:OUTFILE|DUMPFILE)\s+(?:'[^']*'|\"[^\"]*\")", re.IGNORECASE)
_PSQL_VALUE = re.compile(r"(?<![:\w]):(?:'(\w+)'|\"(\w+)\")", re.ASCII)
_CAMEL = re.compile(
    r"(?:to|count|sum|avg|min|max|any|arg|uniq|quantiles?|group|array|format|json|date|str|is|has|if|JSON)[A-Z0-9]\w*",
    re.ASCII,
)


def sql_level(text: str, *dialects: str) -> Verdict:
    """The verdict on a piece of SQL, statement by statement; psql's own commands (`\\dt`) are understood too.

    `dialects` are tried in their order; without any, PostgreSQL and MySQL.
    """
    if len(text) > _LONGEST:
        return _unread(text, f"it is longer than {_LONGEST} characters")
    readings: Sequence[Reading] = _READINGS
    if dialects:
        readings = ["mysql" if "mysql" in dialects else "postgres"]
    elif not reads_twice(text):
        readings = _READINGS[:1]
    verdicts = [_read(text, reading, dialects or _READINGS) for reading in readings]
    understood = [each for each in verdicts if each.parsed] or verdicts[:1]
    strongest = highest(each.level for each in understood)
    return next(each for each in understood if each.level == strongest)


def _read(text: str, reading: Reading, dialects: Sequence[str]) -> Verdict:
    try:
        pieces = split(text, reading)
    except OpenQuote:
        return _unread(text, "a quote or a comment is not closed")
    if len(pieces) > _MOST_STATEMENTS:
        return _unread(text, f"there are more than {_MOST_STATEMENTS} statements")
    reasons: list[Reason] = []
    understood = True
    tried = sorted(dialects, key=lambda each: each != reading)
    for piece in pieces:
        if piece.meta:
            reasons.append(_meta(piece))
            continue
        found = _statement(piece.text, tried, _DEEPEST)
        understood = understood and found is not None
        reasons.extend(
            found if found is not None else _unread(piece.text, "it cannot be parsed as SQL").findings
        )
    return Verdict.of(reasons, parsed=understood)


def _statement(text: str, dialects: Sequence[str], depth: int) -> list[Reason] | None:
    """The reasons of one statement, None where it is not understood."""
    words = tuple(each.upper() for each in _WORD.findall(text[:400])[:8])
    part = shorten(text)
    if depth <= 0 or not words:
        return None
    if words[0] in _EXPLAINS or (words[0] == "ANALYZE" and words[1:2] != ("TABLE",) and _runs(words)):
        return _explain(text, words, dialects, depth)
    if words[0] == "COPY":
        return _copy(text, part, dialects, depth)
    if words[0] == "SET":
        return [_set(words, part)]
    into_file = _FILE.search(text)
    if into_file is not None:
        inner = _statement(f"{text[: into_file.start()]} {text[into_file.end() :]}", dialects, depth - 1)
        why = Reason(part=part, level="change", why="writes a file on the database server")
        return None if inner is None else [why, *(each for each in inner if each.level != "read")]
    later = _KEPT.match(text)
    if later is not None:
        return _statement(text[later.end() :], dialects, depth - 1)
    if _longest(words, at_least=2) is not None:
        return _by_words(words, text, part)
    parsed = _parse(text, dialects)
    if parsed is None or isinstance(parsed, exp.Command) or not _is_statement(parsed):
        return _by_words(words, text, part)
    return list(_judge(parsed, part))


def _parse(text: str, dialects: Sequence[str]) -> Expr | None:
    for dialect in dialects:
        plain = (
            _PSQL_VALUE.sub(lambda found: f":{found[1] or found[2]}", text) if dialect == "postgres" else text
        )
        try:
            found = [each for each in sqlglot.parse(plain, read=dialect) if isinstance(each, Expr)]
        except (SqlglotError, RecursionError, ValueError, LookupError):  # the last: a fault of its parser
            continue
        if len(found) == 1 and (_is_statement(found[0]) or dialect == dialects[-1]):
            return found[0]
    return None


def _is_statement(tree: Expr) -> bool:
    """Whether the parser saw a statement, and not a bare name or value such as `STOP SLAVE` reads."""
    known = (*_HARMLESS, exp.Update, exp.Set, exp.Pragma, exp.Transaction, exp.Commit, exp.Rollback, exp.Kill)
    return isinstance(tree, known) or any(isinstance(tree, each.kinds) for each in FORMS)


def _longest(words: tuple[str, ...], at_least: int = 1) -> Statement | None:
    """The statement of the table that these words begin."""
    lengths = range(min(_MOST_WORDS, len(words)), at_least - 1, -1)
    return next((_BY_WORDS[words[:length]] for length in lengths if words[:length] in _BY_WORDS), None)


def _by_words(words: tuple[str, ...], text: str, part: str) -> list[Reason] | None:
    found = _longest(words)
    if found is None:
        return None
    level, why, safer = found.level, found.does, found.safer
    if words[0] == "ALTER" and _GONE.intersection(_WORD.findall(_without_quotes(text).upper())):
        level, why, safer = "destroy", "drops or empties a part of an object", "keep a copy of it first"
    return [Reason(part=part, level=level, why=f"{found.words} {why}", safer=safer)]


_GONE = frozenset({"DROP", "TRUNCATE", "DISCARD"})


_STRINGS = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")


def _without_quotes(text: str) -> str:
    return _STRINGS.sub("''", text)


def _judge(tree: Expr, part: str) -> Iterator[Reason]:
    said = 0
    for form in FORMS:
        if not any(True for _ in tree.find_all(*form.kinds)):
            continue
        said += 1
        yield Reason(part=part, level=form.level, why=form.does, safer=form.safer)
    for update in tree.find_all(exp.Update):
        said += 1
        if _keeps_all(update.args.get("where")):
            yield Reason(part=part, level="destroy", why="overwrites every row", safer="add a WHERE")
        else:
            yield Reason(part=part, level="change", why="changes rows", safer="SELECT the same rows first")
    if any(str(when.args.get("then")).upper() == "DELETE" for when in tree.find_all(exp.When)):
        yield Reason(part=part, level="destroy", why="deletes rows", safer="SELECT the same rows first")
    if isinstance(tree, exp.Pragma):
        said += 1
        writes = any(True for _ in tree.find_all(exp.EQ))
        yield Reason(
            part=part, level="change" if writes else "read", why="asks or sets a property of the database"
        )
    if isinstance(tree, exp.Kill):
        said += 1
        known = _BY_WORDS[("KILL", "QUERY") if str(tree.args.get("kind")).upper() == "QUERY" else ("KILL",)]
        yield Reason(part=part, level=known.level, why=known.does, safer=known.safer)
    for call in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc):
        acting = _function(call.name)
        if acting is not None:
            said += 1
            yield Reason(part=part, level=acting[0], why=f"{call.name}() {acting[1]}", safer=acting[2])
    if said == 0:
        yield Reason(part=part, level="read", why="only looks")


def _keeps_all(where: object) -> bool:
    """Whether a condition is none: absent, `TRUE`, `1 = 1`."""
    if not isinstance(where, Expr):
        return True
    condition = where.this
    if isinstance(condition, exp.EQ) and condition.this == condition.expression:
        return True
    return isinstance(condition, exp.Boolean | exp.Literal)


def _function(told: str) -> tuple[Level, str, str] | None:
    """What a function does; None where it only computes or looks."""
    name = told.lower()
    known = FUNCTIONS.get(name)
    if known is not None:
        return known.level, known.does, known.safer
    begins = next((each for each in LOOKING_BEGINS if name.startswith(each)), "")
    if name in LOOKING or (begins and begins != "pg_") or _CAMEL.fullmatch(told):
        return None
    if destroys(name):
        return "destroy", "says by its name that it deletes", "look at what it does first"
    return None if begins else ("change", "is not known and may act", "")


def _runs(words: Sequence[str]) -> bool:
    """`ANALYZE SELECT` of MariaDB runs the statement; `ANALYZE orders` computes statistics."""
    return words[1:2] == ("FORMAT",) or words[1] in _STATEMENT_WORDS if len(words) > 1 else False


def _explain(text: str, words: tuple[str, ...], dialects: Sequence[str], depth: int) -> list[Reason] | None:
    """EXPLAIN looks; EXPLAIN ANALYZE runs the statement."""
    part = shorten(text)
    inner = _beginning_of_statement(text)
    head = text if inner is None else text[:inner]
    runs = re.search(r"\bANALYZE\b(?!\s*(?:=\s*)?(?:false|off|0)\b)", head, re.IGNORECASE) is not None
    if not runs:
        return [
            Reason(part=part, level="read", why=f"{words[0]} shows the plan or the form, and runs nothing")
        ]
    found = _statement(text[inner:], dialects, depth - 1) if inner is not None else None
    if found is None:
        return None
    level = highest(each.level for each in found)
    why = f"{words[0]}{' ANALYZE' if words[0] != 'ANALYZE' else ''} runs the statement"
    told = "; ".join(dict.fromkeys(each.why for each in found if each.level == level))
    return [
        Reason(part=part, level=level, why=f"{why}: {told}", safer="" if level == "read" else "EXPLAIN alone")
    ]


_BEGINS = re.compile(
    r"\b(?:SELECT|WITH|INSERT|UPDATE|DELETE|REPLACE|MERGE|TABLE|VALUES|CREATE|EXECUTE|DECLARE|REFRESH|CALL|DO)\b",
    re.IGNORECASE,
)


def _beginning_of_statement(text: str) -> int | None:
    found = _BEGINS.search(text)
    return None if found is None else found.start()


def _copy(text: str, part: str, dialects: Sequence[str], depth: int) -> list[Reason] | None:
    """COPY of PostgreSQL, its direction and its other end."""
    rest = text[4:].lstrip()
    found: list[Reason] = []
    if rest.startswith("("):
        end = _closing(rest)
        if end is None:
            return None
        inner = _statement(rest[1:end], dialects, depth - 1)
        if inner is None:
            return None
        found, rest = [each for each in inner if each.level != "read"], rest[end + 1 :]
    bare = " ".join(_WORD.findall(_without_quotes(rest))).upper()
    direction = re.search(r"\b(TO|FROM)\b (\S+)", bare)
    if direction is None:
        return None
    if direction[2] == "PROGRAM":
        why = "COPY runs a program on the database server"
        return [*found, Reason(part=part, level="destroy", why=why, safer="\\copy … TO STDOUT, and a pipe")]
    if direction[1] == "FROM":
        return [*found, Reason(part=part, level="change", why="COPY adds rows")]
    if direction[2] == "STDOUT":
        return [*found, Reason(part=part, level="read", why="COPY prints rows")]
    why = "COPY writes a file on the database server"
    return [*found, Reason(part=part, level="change", why=why, safer="COPY … TO STDOUT prints it")]


def _closing(text: str) -> int | None:
    """Where the bracket that the text begins with is closed."""
    depth = 0
    for found in re.finditer(r"'[^']*'|\"[^\"]*\"|[()]", text):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return found.start()
    return None


def _set(words: tuple[str, ...], part: str) -> Reason:
    # `@@global.name` reads as @ @ GLOBAL . NAME
    named = tuple(each for each in words if each not in ("@", "."))
    for length in (3, 2, 1):
        found = _BY_WORDS.get(named[:length])
        if found is not None:
            return Reason(part=part, level=found.level, why=f"{found.words} {found.does}", safer=found.safer)
    return Reason(part=part, level="read", why="sets something for this session only")


_META_LOOKS = names(
    """
    a c C conninfo connect crosstabview d echo qecho encoding f g G gx gdesc gset h H help l list x t T timing
    pset q quit r reset p print s set unset sf sv z ? copyright warn if elif else endif watch errverbose bind
    parse close errors status u use W nowarning ;
    """
)
_META_CHANGES: dict[str, str] = {
    "i": "runs a file that is not looked into",
    "ir": "runs a file that is not looked into",
    "include": "runs a file that is not looked into",
    "include_relative": "runs a file that is not looked into",
    ".": "runs a file that is not looked into",
    "source": "runs a file that is not looked into",
    "o": "writes the output into a file",
    "out": "writes the output into a file",
    "w": "writes a file",
    "write": "writes a file",
    "e": "opens an editor",
    "edit": "opens an editor",
    "ef": "opens an editor",
    "ev": "opens an editor",
    "cd": "changes the folder",
    "password": "changes a password",
    "prompt": "asks for a value",
    "lo_import": "stores a large object",
    "lo_export": "writes a file",
}


def _meta(piece: Piece) -> Reason:
    """psql and mysql: `\\dt` looks, `\\i` runs a file, `\\!` a program, `\\gexec` what the query returns."""
    part = shorten(piece.text)
    word, _, rest = piece.text[1:].partition(" ")
    word = word.rstrip("+;S") or word
    if word in ("copy",):
        bare = _without_quotes(rest).upper()
        if "PROGRAM" in bare or re.search(r"\b(?:DELETE|DROP|TRUNCATE|UPDATE)\b", bare):
            return Reason(
                part=part, level="destroy", why="\\copy runs a program, or a statement that deletes"
            )
        reads = re.search(r"\bTO\s+STDOUT\b", bare) is not None
        return Reason(part=part, level="read" if reads else "change", why="\\copy copies rows in or out")
    if word in ("g", "gx", "o", "out", "w", "write") and rest.strip():
        if rest.strip().startswith("|"):
            return Reason(part=part, level="destroy", why="hands the rows to a program")
        return Reason(part=part, level="change", why="writes the rows into a file")
    if word in _META_LOOKS or (word.startswith(("d", "l")) and word.isalpha() and len(word) <= 4):
        return Reason(part=part, level="read", why="a command of the client that only looks")
    if word in _META_CHANGES:
        return Reason(part=part, level="change", why=f"\\{word} {_META_CHANGES[word]}")
    why = "a command of the client that runs programs or built statements, or is not known"
    return Reason(part=part, level="destroy", why=why, safer="write the statement out")


def _unread(text: str, why: str) -> Verdict:
    reason = Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")
    return Verdict.of([reason], parsed=False)
