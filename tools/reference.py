"""What does the code say about itself? Writes `docs/reference/` from it, so that no page can be older than the code.

`python tools/reference.py` writes, `--check` compares and names each page that would change. Everything comes from
what the program uses itself: the models of the configuration, the commands, the routes, the kinds of events, the
extensions.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import typer.main
from pydantic import BaseModel
from typer.core import TyperArgument, TyperGroup, TyperOption

import tocsin
from tocsin.act.actions.described import described, one
from tocsin.act.actions.toolbox import Verb, toolboxes
from tocsin.act.guard import KINDS, MEANINGS, http_level
from tocsin.act.guard.rules import TABLES, Rule
from tocsin.act.guard.rules.looking import LOOKING
from tocsin.act.guard.rules.redis_commands import COMMANDS
from tocsin.act.guard.rules.rehearsals import REHEARSALS
from tocsin.act.guard.rules.speaking import ONLY_DESTROYING, SPEAKING
from tocsin.act.guard.rules.statements import FORMS, FUNCTIONS, STATEMENTS
from tocsin.act.guard.rules.wrappers import WRAPPERS
from tocsin.act.guard.verbs import CHANGING, DESTROYING, READING
from tocsin.cli.main import application
from tocsin.configuration import Configuration
from tocsin.faces.api import Context, make_api
from tocsin.ground import i18n, timeline
from tocsin.ground.kernel.settings import AsWritten
from tocsin.respond.runbooks.lint import rules, shown

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by `make docs` from the code. Do not edit. -->"

Schema = dict[str, Any]


def pages() -> dict[str, str]:
    """Every page, by file name."""
    made = {
        "configuration.md": configuration_page(Configuration.model_json_schema(schema_generator=AsWritten)),
        "commands.md": commands_page(),
        "http.md": http_page(make_api(cast("Context", None)).openapi()),
        "timeline.md": timeline_page(),
        "extensions.md": extensions_page(),
        "actions.md": actions_page(),
        "guard.md": guard_page(),
        "runbook-rules.md": rules_page(
            json.loads((FOLDER / "runbook-rules.json").read_text(encoding="utf-8"))
        ),
    }
    return {name: f"{WRITTEN}\n\n{text.strip()}\n" for name, text in made.items()}


# Configuration


def configuration_page(schema: Schema) -> str:
    models: dict[str, Schema] = schema.get("$defs", {})
    parts = [
        "# Configuration",
        "One folder: `tocsin.yaml`, and `runbooks/` beside it. Every key of the file stands here; an unknown key is "
        "an error. `tocsin config check` says what is wrong, with file, line and column; `tocsin config schema` prints "
        "the same as JSON Schema for an editor.",
        "Durations are written like `30s`, `15m`, `1h30m`, `3d`. Secrets are references, `env:NAME` or `file:PATH`.",
        "## tocsin.yaml",
        _keys_table(schema, models),
    ]
    for name in sorted(models):
        model = models[name]
        if model.get("type") != "object":
            continue
        parts += [f"## {name}", _prose(model.get("description", "")), _keys_table(model, models)]
    return "\n\n".join(part for part in parts if part)


def _keys_table(model: Schema, models: dict[str, Schema]) -> str:
    required = set(model.get("required", ()))
    rows = [
        (
            f"`{name}`",
            _type(each, models),
            "required" if name in required else _default(each),
            _prose(each.get("description", "")),
        )
        for name, each in model.get("properties", {}).items()
    ]
    return _table(("key", "type", "default", "what it is"), rows) if rows else ""


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default is None or default in ({}, [], ""):
        return ""
    text = json.dumps(default, ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else "see below"


def _type(schema: Schema, models: dict[str, Schema]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        target = models.get(name, {})
        if target.get("type") == "object" or not target:
            return f"[{name}](#{_anchor(name)})"
        return _type(target, models)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            kinds = dict.fromkeys(_type(each, models) for each in schema[union])
            return " or ".join(kind for kind in kinds if kind != "null") or "anything"
    if schema.get("title") in ("Duration", "Deadline"):
        return "duration" if schema["title"] == "Duration" else "duration or `none`"
    kind = schema.get("type")
    if kind == "array":
        item = schema.get("items") or {}
        return f"list of {_type(item, models)}" if item else "list"
    if kind == "object":
        values = schema.get("additionalProperties") or next(
            iter(schema.get("patternProperties", {}).values()), None
        )
        return f"map to {_type(values, models)}" if isinstance(values, dict) and values else "map"
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    if isinstance(kind, list):
        return " or ".join(names.get(each, each) for each in kind if each != "null")
    return names.get(kind or "", kind or "anything")


# Commands


def commands_page() -> str:
    root = typer.main.get_command(application())
    parts = [
        "# Commands",
        "A command with `--config` works on that folder (else the present one, else `$TOCSIN_CONFIG`). All others "
        "speak to a running Tocsin: `TOCSIN_URL` says where it is, `TOCSIN_TOKEN` who you are.",
    ]
    for path, command in _walk(root, ("tocsin",)):
        parts += _command(path, command)
    return "\n\n".join(parts)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            if not each.hidden:
                yield from _walk(each, (*path, name))
    else:
        yield path, command


def _command(path: tuple[str, ...], command: Any) -> list[str]:
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if isinstance(each, TyperOption) and not each.hidden]
    words = [" ".join(path), *(_argument(each) for each in arguments)]
    parts = [
        f"## {' '.join(path[1:])}",
        f"```sh\n{' '.join(words)}\n```",
        _prose(inspect.cleandoc(command.help or "")),
    ]
    rows = [
        (
            f"`{'`, `'.join([*each.opts, *each.secondary_opts])}`",
            _metavar(each),
            _option_default(each),
            _prose(each.help or ""),
        )
        for each in options
        if each.name != "help"
    ]
    if rows:
        parts.append(_table(("option", "value", "default", "what it does"), rows))
    return [part for part in parts if part]


def _argument(argument: TyperArgument) -> str:
    name = (argument.metavar or argument.name or "").upper()
    many = f"{name}..." if argument.nargs == -1 else name
    return many if argument.required else f"[{many}]"


def _metavar(option: TyperOption) -> str:
    if option.is_flag:
        return ""
    annotation = option.type_descriptor.annotation
    return option.metavar or getattr(annotation, "__name__", str(annotation))


def _option_default(option: TyperOption) -> str:
    default = option.default
    plain = default is not None and not callable(default) and default not in ((), [], "", False)
    return f"`{default}`" if plain and isinstance(default, str | int | float | Path) else ""


# HTTP


def http_page(document: Schema) -> str:
    schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})
    operations = [
        (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [
        "# HTTP",
        f"The REST API stands under `/api/v1`; `/api/v1/openapi.json` describes it in OpenAPI {document['openapi']}. "
        "Send `Authorization: Bearer TOKEN`; make one with `tocsin token create`. Times are UTC in ISO 8601.",
        "A list is `{items, next}`: give `next` as `after` to get what follows; null is the end. What goes wrong is "
        "`{error: {code, field, message, fix}}` with a fitting status.",
        "Beside it: `/api/v2/alerts` as Alertmanager has it, `/in/KEY/…` for senders that cannot set a header, "
        "`/healthz`, `/readyz`, `/metrics`.",
        _table(
            ("", "path", "permission", "what it does"),
            [
                (
                    f"`{method}`",
                    f"[`{path}`](#{_anchor(f'{method} {path}')})",
                    f"`{each['x-permission']}`",
                    each["summary"],
                )
                for path, method, each in operations
            ],
        ),
    ]
    for path, method, operation in operations:
        parts += _operation(path, method, operation, schemas)
    parts.append("## Objects")
    for name in sorted(schemas):
        if name.endswith("ValidationError"):
            continue
        shape = schemas[name]
        parts += [
            f"### {_object_name(name)}",
            _prose(shape.get("description", "")),
            _fields_table(shape, schemas),
        ]
    return "\n\n".join(part for part in parts if part)


def _operation(path: str, method: str, operation: Schema, schemas: dict[str, Schema]) -> list[str]:
    parts = [f"## {method} {path}", f"{operation['summary']}.", _prose(operation.get("description", ""))]
    rows = [
        (
            f"`{each['name']}`",
            each["in"],
            _http_type(each["schema"], schemas),
            _prose(each.get("description") or each["schema"].get("description", "")),
        )
        for each in operation.get("parameters", ())
    ]
    if rows:
        parts.append(_table(("parameter", "in", "type", "what it is"), rows))
    body = operation.get("requestBody")
    if body:
        shape = next(iter(body["content"].values()))["schema"]
        parts.append(f"Body: {_http_type(shape, schemas)}.")
    answer = (
        operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    )
    if answer:
        parts.append(f"Answer: {_http_type(answer, schemas)}.")
    return parts


def _http_type(schema: Schema, schemas: dict[str, Schema]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{_object_name(name)}](#{_anchor(_object_name(name))})"
    if "anyOf" in schema:
        kinds = [_http_type(each, schemas) for each in schema["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_http_type(schema.get('items') or {}, schemas)}"
    if schema.get("format") == "date-time":
        return "time"
    return _type(schema, schemas)


def _object_name(name: str) -> str:
    return re.sub(r"Page_(\w+)_", r"Page of \1", name)


def _fields_table(shape: Schema, schemas: dict[str, Schema]) -> str:
    rows = [
        (f"`{name}`", _http_type(each, schemas), _prose(each.get("description", "")))
        for name, each in shape.get("properties", {}).items()
    ]
    return _table(("field", "type", ""), rows) if rows else ""


# Timeline


def timeline_page() -> str:
    for module in pkgutil.walk_packages(tocsin.__path__, "tocsin."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    rows = [
        (
            f"`{kind.name}`",
            ", ".join(f"`{name}`" for name in re.findall(r"{(\w+)", kind.sentence)),
            _raw(kind.sentence),
            _raw(
                i18n.translate(
                    "zh_Hant", kind.sentence, **{name: f"{{{name}}}" for name in _names(kind.sentence)}
                )
            ),
        )
        for kind in timeline.kinds().values()
    ]
    return "\n\n".join(
        [
            "# Timeline",
            "Every kind of event that can stand on the timeline of an incident, with the values it carries and the "
            "sentence that tells it. Events are added and never changed.",
            _table(("kind", "values", "English", "繁體中文"), rows),
        ]
    )


def _names(sentence: str) -> list[str]:
    return re.findall(r"{(\w+)", sentence)


# Extensions

EXTENSIONS = (
    ("Sources", "tocsin.sense.intake.sources", "What a key stands for: `tocsin key create KIND`."),
    ("Channels", "tocsin.act.notify.channels", "How messages travel: `kind:` of an entry under `channels:`."),
    (
        "Probes",
        "tocsin.act.checks.probes",
        "What a check looks at: `kind:` of an entry under a service's `checks:`.",
    ),
    ("Actions", "tocsin.act.actions.kinds", "What a step of a runbook can be."),
)


def extensions_page() -> str:
    parts = [
        "# Extensions",
        "Each of them is one file; the name of the file is its kind. An installed package can add its own through an "
        "entry point.",
    ]
    for title, folder, what in EXTENSIONS:
        parts += [f"## {title}", what]
        for name, extension in _extensions(folder):
            module = sys.modules[extension.__module__]
            parts += [f"### {name}", _prose(inspect.cleandoc(module.__doc__ or ""))]
            settings = getattr(extension, "Settings", None)
            if inspect.isclass(settings) and issubclass(settings, BaseModel):
                schema = settings.model_json_schema(schema_generator=AsWritten)
                parts.append(_keys_table(schema, schema.get("$defs", {})))
            examples = getattr(extension, "examples", ())
            parts += [_example(name, each) for each in examples if isinstance(each, dict)]
    return "\n\n".join(part for part in parts if part)


def _extensions(folder: str) -> Iterator[tuple[str, type]]:
    package = importlib.import_module(folder)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{folder}.{info.name}")
        for _, each in inspect.getmembers(module, inspect.isclass):
            if each.__module__ != module.__name__ or not hasattr(each, "title") or inspect.isabstract(each):
                continue
            if not issubclass(each, Verb):  # those have a page of their own
                yield info.name, each


def _example(kind: str, settings: dict[str, Any]) -> str:
    body = json.dumps({"kind": kind, **settings}, ensure_ascii=False)
    return f"```yaml\n{body}\n```"


# Actions


def actions_page() -> str:
    parts = [
        "# Actions",
        "What a step of a runbook can do besides commands, statements and requests. In an `action` block it is one "
        "map, `postgres.lock_waits: {}`, with the service's target on a line `On: db`; from a terminal it is `tocsin "
        "action run postgres.lock_waits --service shop --on db`. `tocsin action plan` says what it would do. "
        "[Use actions](../how-to/use-actions.md) tells more.",
        "`${NAME}` in a text is filled in after the block was read, so a value stays data. Where the level depends on "
        "the arguments, the table names the usual one; values that make it stronger than was approved are refused.",
        _table(
            ("Action", "Level", "What it does"),
            [
                (f"[{each.name}](#{_anchor(each.name)})", _level(each.level), each.title)
                for each in described()
            ],
        ),
    ]
    for kind, toolbox in toolboxes().items():
        parts += [f"## {kind}", _prose(inspect.cleandoc(sys.modules[toolbox.__module__].__doc__ or ""))]
        for verb in toolbox.verbs:
            told = one(f"{kind}.{verb.named()}")
            again = " Runs again after a crash." if told.idempotent else ""
            parts += [f"### {told.name}", f"{told.title}. {_level(told.level)}.{again}", _prose(told.about)]
            if told.arguments.get("properties"):
                parts.append(_keys_table(told.arguments, told.arguments.get("$defs", {})))
            parts += [
                f"```yaml\n{told.name}: {json.dumps(each, ensure_ascii=False)}\n```" for each in told.examples
            ]
    return "\n\n".join(part for part in parts if part)


# Rules of the linter


def rules_page(measured: dict[str, Any]) -> str:
    collections: dict[str, int] = measured["collections"]
    hits: dict[str, dict[str, int]] = measured["rules"]
    whole = sum(collections.values())
    named = " and ".join(f"{name} ({files} files)" for name, files in collections.items())
    parts = [
        "# Rules for runbooks",
        "`tocsin runbook lint` looks at runbooks with these rules. [Lint runbooks](../how-to/lint-runbooks.md) tells "
        "how to run it and how to silence a rule; `tocsin runbook rules ID` shows the same in a terminal. An installed "
        "package can bring rules of its own through the entry point `tocsin.lint_rules`.",
        f"The last two columns tell how often a rule speaks on public runbooks, {named}: in how many of the "
        f"{whole} files, and how many times. `make corpus CORPUS=FOLDER` measures it anew.",
        _table(
            ("rule", "level", "what is wrong", "files", "findings"),
            [
                (
                    f"[`{name}`](#{name})",
                    rule.level,
                    rule.title,
                    f"{hits[name]['files']} ({hits[name]['files'] / whole:.0%})" if name in hits else "–",
                    str(hits[name]["findings"]) if name in hits else "–",
                )
                for name, rule in rules().items()
            ],
        ),
    ]
    for name, rule in rules().items():
        parts += [f"## {name}", f"{rule.title}. {rule.why}", f"The cure: {rule.fix}."]
        language = "markdown" if rule.file.endswith(".md") else "yaml"
        parts += [f"``````{language}\n{shown(text)}\n``````" for text in (rule.example, rule.fixed)]
    return "\n\n".join(parts)


# The guard

_SHAPES = {"read": "○", "change": "◆", "destroy": "▲"}
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE")


def guard_page() -> str:
    parts = [
        "# The guard",
        "What each command, statement and request counts as. [What the levels mean and how the guard reads]"
        "(../explanation/the-guard.md) stands elsewhere; `tocsin guard 'COMMAND'` asks it. Kinds: "
        + ", ".join(f"`{kind}`" for kind in KINDS)
        + ".",
        _table(("level", "meaning"), [(_level(level), meaning) for level, meaning in MEANINGS.items()]),
        "## Programs",
        "A pattern is the program and its leading words; options do not count, except those that stand in it. `*` is "
        "any word, `...` up to four, `$` the end, `a|b` either. The most precise pattern wins. What stands nowhere is "
        "*change*.",
    ]
    for title, rules_of_it in TABLES.items():
        parts += [f"### {title}", _told([(_pattern(each), each) for each in rules_of_it])]
    parts += [
        "### Programs that only look",
        _words(LOOKING),
        "### Programs that run another",
        "The verdict is that of what they run.",
        _table(
            ("program", "what it does"),
            [(f"`{name}`", wrapper.sentence) for name, wrapper in sorted(WRAPPERS.items())],
        ),
        "### Options that make a rehearsal of it",
        _table(
            ("command", "options"),
            [
                (f"`{' '.join(words)}`", ", ".join(f"`{each}`" for each in flags))
                for words, flags in REHEARSALS
            ],
        ),
        "### Words that say what is done",
        "Of these programs the words are believed, those that look as well: " + _words(SPEAKING),
        "Of these only the words that delete: " + _words(ONLY_DESTROYING),
        "They delete: " + _words(DESTROYING),
        "They look: " + _words(READING),
        "They change: " + _words(CHANGING),
        "## SQL",
        "### Statements",
        _told([(each.words, each) for each in STATEMENTS]),
        "### Wherever they stand in a statement",
        _table(
            ("level", "for example", "what it does", "safer"),
            [(_level(each.level), f"`{each.example}`", each.does, each.safer) for each in FORMS],
        ),
        "### Functions",
        "Any other function only computes, if the guard knows it, and is *change* if not.",
        _told(list(FUNCTIONS.items())),
        "## HTTP",
        _table(
            ("method", "level", "what it does"),
            [
                (f"`{method}`", _level(verdict.level), verdict.findings[0].why)
                for method in _METHODS
                for verdict in [http_level(method)]
            ],
        ),
        "A header that names another method counts, and so does an address or a body that says that something is "
        "deleted. A POST to an address that only searches is *read*.",
        "## Redis",
        _told([(each.words, each) for each in COMMANDS]),
    ]
    return "\n\n".join(parts)


def _told(named: list[tuple[str, Any]]) -> str:
    """What counts alike in one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name, each in named:
        rows.setdefault((each.level, each.does, each.safer), []).append(name)
    return _table(
        ("level", "what it does", "commands", "safer"),
        [
            (_level(level), does, ", ".join(f"`{each}`" for each in _joined(told)), safer)
            for (level, does, safer), told in rows.items()
        ],
    )


def _pattern(rule: Rule) -> str:
    return " ".join([rule.words, "|".join(rule.flags)]).strip()


def _joined(patterns: list[str]) -> Iterator[str]:
    """`docker ps`, `docker logs` → `docker ps|logs`."""
    last: dict[str, list[str]] = {}
    for pattern in patterns:
        head, _, word = pattern.rpartition(" ")
        last.setdefault(head, []).append(word)
    for head, words in last.items():
        yield f"{head} {'|'.join(words)}".strip()


def _level(level: str) -> str:
    return f"{_SHAPES[level]} {level}"


def _words(told: frozenset[str]) -> str:
    return " ".join(f"`{each}`" for each in sorted(told)) + "."


# Markdown


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def _prose(text: str) -> str:
    return inspect.cleandoc(text).strip()


def _raw(text: str) -> str:
    """Text in which nothing is Markdown."""
    return f"`{text}`"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def main(arguments: list[str]) -> int:
    made = pages()
    if arguments == ["--check"]:
        stale = [name for name, text in made.items() if _on_disk(name) != text]
        for name in stale:
            print(f"docs/reference/{name}: older than the code; run `make docs`")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _on_disk(name: str) -> str:
    file = FOLDER / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
