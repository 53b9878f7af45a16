"""Does the tree keep the house rules? Each rule is a class of mistake that cannot be made any more.

`python tools/rules.py` prints `file:line: what is wrong`, with the reason and the way out, and exits with 1. A rule
is a function over one parsed module or over the whole tree. Rules for modules look at `src/` only: tests and the
demo must be free to do what Tocsin may not. What ruff, the type checker and the import contract can say is theirs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One Python file of `src/`: its path from the root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    def breach(self, node: ast.AST, message: str) -> Breach:
        return Breach(path=self.path, line=getattr(node, "lineno", 1), message=message)


ModuleRule = Callable[[Module], Iterator[Breach]]
TreeRule = Callable[[Path, list[str]], Iterator[Breach]]


# ── what a module may not do ────────────────────────────────────────────────────────────────────────────

_NEVER_CALLED = {
    "eval": "text never becomes code; for conditions there is CEL in ground/kernel/conditions.py",
    "exec": "text never becomes code",
    "compile": "text never becomes code",
    "os.system": "a command is a list of words; use subprocess with a list",
    "os.popen": "a command is a list of words; use subprocess with a list",
    "subprocess.getoutput": "it runs a shell; use subprocess with a list",
    "subprocess.getstatusoutput": "it runs a shell; use subprocess with a list",
    "yaml.load": "there is one loader, ground/kernel/yaml.py: no aliases, no duplicate keys, limited depth",
}


def no_text_that_becomes_code(module: Module) -> Iterator[Breach]:
    """`eval`, `exec`, shells."""
    for call in _calls(module.tree):
        name = _dotted(call.func)
        if name in _NEVER_CALLED:
            yield module.breach(call, f"{name}(…): {_NEVER_CALLED[name]}")
        for keyword in call.keywords:
            shell = keyword.arg == "shell" and not _is_false(keyword.value)
            if shell:
                yield module.breach(
                    call,
                    "shell=…: values would become text in a script; pass a list and put values into `env`",
                )


_OUTBOUND = "src/tocsin/ground/kernel/outbound.py"
_NETWORK = {
    "httpx", "requests", "aiohttp", "urllib3", "socket", "ssl", "ftplib", "telnetlib", "poplib", "imaplib",
    "urllib.request", "http.client", "xmlrpc", "websockets",
}  # fmt: skip
_MAIL = "src/tocsin/act/notify/channels/email.py"
_LISTENS = {"src/tocsin/sense/intake/smtp.py": {"ssl"}}
"""What a listener needs, which opens no connection: the certificate that it shows."""
_CARRIES = {"src/tocsin/act/notify/requests_transport.py": {"requests"}}
"""What takes the place of a library's own client, so that its requests leave through ours."""


def one_way_out(module: Module) -> Iterator[Breach]:
    """Connections are opened in one file, so that one check at connect time guards them all."""
    for node, name in _imports(module.tree):
        excused = _LISTENS.get(module.path, set()) | _CARRIES.get(module.path, set())
        allowed = module.path == _OUTBOUND or _within(name, excused)
        if _within(name, _NETWORK) and not allowed:
            yield module.breach(
                node,
                f"import {name}: requests leave through ground/kernel/outbound.py, which checks the address",
            )
        if name == "smtplib" and module.path != _MAIL:
            yield module.breach(node, f"import smtplib: mail is sent by {_MAIL} alone")


_UNSAFE_FORMATS = {"pickle", "marshal", "shelve", "dill", "yaml"}


def no_loader_that_runs_code(module: Module) -> Iterator[Breach]:
    """Pickle and its family, and the YAML library that builds objects."""
    for node, name in _imports(module.tree):
        if _within(name, _UNSAFE_FORMATS):
            yield module.breach(
                node, f"import {name}: what it reads can run code; use JSON or ground/kernel/yaml.py"
            )


def no_template_from_text(module: Module) -> Iterator[Breach]:
    """Templates are files of the package; text of a user is a value in them, never a template."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "jinja2":
            for each in node.names:
                if each.name == "Template":
                    yield module.breach(node, "jinja2.Template: load a template by its name from the package")
    for call in _calls(module.tree):
        name = _dotted(call.func)
        if name.endswith(".from_string") or name == "jinja2.Template":
            yield module.breach(call, f"{name}(…): load a template by its name from the package")


_SQL = {"text", "execute", "exec_driver_sql", "executemany", "literal_column", "DDL"}


def no_value_in_sql(module: Module) -> Iterator[Breach]:
    """A statement is a constant or built by SQLAlchemy; values are bound."""
    touches_sql = any(
        _within(name, {"sqlalchemy", "psycopg", "sqlite3"}) for _, name in _imports(module.tree)
    )
    if not touches_sql and not module.path.endswith("store.py"):
        return
    for call in _calls(module.tree):
        name = _dotted(call.func).rsplit(".", 1)[-1]
        if name in _SQL and call.args and _is_composed(call.args[0]):
            yield module.breach(
                call,
                f"{name}(…) with text put together here: bind values, or use SQLAlchemy's expressions",
            )


def one_clock(module: Module) -> Iterator[Breach]:
    """Dates come from the injected clock, or a test cannot say "three minutes later"."""
    if module.path == "src/tocsin/ground/kernel/clock.py":
        return
    for call in _calls(module.tree):
        name = _dotted(call.func)
        if re.search(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$", name):
            yield module.breach(
                call, f"{name}(): take the time from the clock that is passed in (ground/kernel/clock.py)"
            )


EXTENSION_FOLDERS = (
    "src/tocsin/sense/intake/sources/",
    "src/tocsin/act/notify/channels/",
    "src/tocsin/act/actions/kinds/",
    "src/tocsin/act/checks/probes/",
)


def an_extension_has_a_manual(module: Module) -> Iterator[Breach]:
    """The docstring of an extension's file is its page in the reference."""
    inside = module.path.startswith(EXTENSION_FOLDERS) and not module.path.endswith("__init__.py")
    if inside and not (ast.get_docstring(module.tree) or "").strip():
        yield Breach(
            path=module.path,
            line=1,
            message="no docstring: it is the manual page of this extension; say what it is for",
        )


_SILENCER = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore)(?P<what>[^#]*)(?P<rest>#.*)?$")
_CODES = re.compile(r"^[:\s]*(\[[^\]]*\]|[A-Z]+[0-9]+(\s*,\s*[A-Z]+[0-9]+)*)?")


def a_silencer_says_why(module: Module) -> Iterator[Breach]:
    """`noqa` and `ignore` carry their reason on the same line or in a comment right above."""
    lines = module.text.splitlines()
    for number, line in enumerate(lines, 1):
        found = _SILENCER.search(line)
        if not found:
            continue
        reason = _CODES.sub("", found["what"]).strip(" -—:")
        above = lines[number - 2].strip().startswith("#") if number > 1 else False
        if not (reason or found["rest"] or above):
            yield Breach(
                path=module.path,
                line=number,
                message="a silenced check without its reason: say why beside it",
            )


# ── what the tree may not hold ──────────────────────────────────────────────────────────────────────────

_CATCH_ALL = re.compile(r"^(utils?|helpers?|managers?|models?|services?|common|misc|base_?utils)\.py$")


def files_are_named_by_the_domain(root: Path, paths: list[str]) -> Iterator[Breach]:
    """A file that can hold anything will."""
    for path in paths:
        if path.endswith(".py") and _CATCH_ALL.match(Path(path).name):
            yield Breach(
                path=path,
                line=1,
                message="a catch-all name: call the file by the word of the domain that it is about",
            )


# In parts, since this file stands in the tree too.
_REGISTRIES = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
)


def no_registry_is_named(root: Path, paths: list[str]) -> Iterator[Breach]:
    """Where packages come from is the business of the machine: its mirror must work as well."""
    for path in paths:
        for number, line in enumerate(_text(root / path).splitlines(), 1):
            for host in _REGISTRIES:
                if host in line:
                    yield Breach(
                        path=path,
                        line=number,
                        message=f"{host} is a package registry: name the package, never the host",
                    )


_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links_lead_somewhere(root: Path, paths: list[str]) -> Iterator[Breach]:
    """A relative link in the documentation names a file that is there."""
    for path in paths:
        documentation = path.startswith(("docs/", "changelog/")) or "/" not in path
        if not (path.endswith(".md") and documentation):
            continue
        text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), _text(root / path))
        for number, line in enumerate(text.splitlines(), 1):
            for target in _LINK.findall(line):
                file = target.split("#", 1)[0]
                if not file or re.match(r"[a-z]+:", file):
                    continue
                if not (root / path).parent.joinpath(file).exists():
                    yield Breach(path=path, line=number, message=f"the link leads nowhere: {target}")


def a_change_has_its_note(root: Path, paths: list[str]) -> Iterator[Breach]:
    """Between two releases there is something to say, one file a change."""
    notes = [
        path for path in paths if path.startswith("changelog/unreleased/") and not path.endswith("README.md")
    ]
    if not notes:
        yield Breach(
            path="changelog/unreleased",
            line=1,
            message="no note: add NNNN-what.md, a sentence for who runs Tocsin (changelog/README.md)",
        )
    for path in notes:
        if not re.fullmatch(r"changelog/unreleased/\d{4}-[a-z0-9-]+\.md", path):
            yield Breach(path=path, line=1, message="a note is called NNNN-what-it-is-about.md")


_README_LINES = 150


def the_readme_is_a_page(root: Path, paths: list[str]) -> Iterator[Breach]:
    """What does not fit belongs into docs/."""
    for path in ("README.md", "README.zh-Hant.md"):
        if path not in paths:
            yield Breach(path=path, line=1, message="is missing")
            continue
        lines = len(_text(root / path).splitlines())
        if lines >= _README_LINES:
            yield Breach(
                path=path,
                line=lines,
                message=f"{lines} lines; under {_README_LINES}, the rest belongs into docs/",
            )


MODULE_RULES: tuple[ModuleRule, ...] = (
    no_text_that_becomes_code,
    one_way_out,
    no_loader_that_runs_code,
    no_template_from_text,
    no_value_in_sql,
    one_clock,
    an_extension_has_a_manual,
    a_silencer_says_why,
)
TREE_RULES: tuple[TreeRule, ...] = (
    files_are_named_by_the_domain,
    no_registry_is_named,
    links_lead_somewhere,
    a_change_has_its_note,
    the_readme_is_a_page,
)


def breaches(root: Path, paths: list[str]) -> list[Breach]:
    """Everything that the files `paths` (relative to `root`) do against the rules, by file and line."""
    found: list[Breach] = []
    for path in paths:
        if path.startswith("src/") and path.endswith(".py"):
            text = _text(root / path)
            module = Module(path=path, text=text, tree=ast.parse(text, path))
            for rule in MODULE_RULES:
                found.extend(rule(module))
    for rule in TREE_RULES:
        found.extend(rule(root, paths))
    return sorted(found, key=lambda breach: (breach.path, breach.line, breach.message))


def files_of(root: Path) -> list[str]:
    """The files that git knows or would take, without what it ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(path for path in set(listed.split("\0")) if path and (root / path).is_file())


# ── reading Python ──────────────────────────────────────────────────────────────────────────────────────


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node, each.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module
            for each in node.names:
                if f"{node.module}.{each.name}" in _NETWORK:
                    yield node, f"{node.module}.{each.name}"


def _within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_composed(node: ast.expr) -> bool:
    """Is the text put together at run time: an f-string with values, `+`, `%`, `.format(…)`, `.join(…)`?"""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(
            isinstance(side, ast.JoinedStr)
            or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in (node.left, node.right)
        ) or _is_composed(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join") and isinstance(
            node.func.value, ast.Constant | ast.JoinedStr
        )
    return False


def _text(path: Path) -> str:
    """The file as text; a file that is none (a picture) is empty."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def main() -> int:
    found = breaches(ROOT, files_of(ROOT))
    for breach in found:
        print(breach)
    print(f"house rules: {len(found)} broken" if found else "house rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
