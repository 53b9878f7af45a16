"""What does code do that stands on the command line: `python -c`, `perl -e`, `node -e`?

Python is parsed. The other languages are read by the words that act in them: one that deletes or starts programs is
*destroy*, a line that only prints is *read*, everything else *change*, as a file is that nobody looks into.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tocsin.act.guard.names import names
from tocsin.act.guard.programs.call import BUILT, BUILT_SAFER, UNSEEN, UNSEEN_SAFER, Call, Judge
from tocsin.act.guard.programs.shells import is_input
from tocsin.act.guard.verbs import destroys
from tocsin.act.guard.verdict import Level, Reason
from tocsin.act.guard.words import Word, has_flag

_LONGEST = 10_000
_LevelOf = Callable[[str], tuple[Level, str]]

_PY_MODULES = names(
    """
    argparse base64 binascii bisect calendar cmath codecs collections configparser copy csv datetime decimal difflib
    email enum fnmatch fractions functools getpass glob grp gzip hashlib heapq hmac html http.client importlib.metadata
    io ipaddress itertools json locale math operator os os.path pathlib pkgutil platform pprint pwd random re
    resource secrets select shlex site socket ssl stat statistics string struct sys sysconfig tempfile textwrap time
    timeit tomllib traceback types typing unicodedata urllib urllib.error urllib.parse urllib.request uuid xml
    xml.etree.ElementTree yaml zipfile zlib zoneinfo
    """
)
"""Modules that only compute or look, unless a function below is called."""
_PY_RUNS = names(
    """
    system popen popen2 spawn spawnl spawnv spawnve execl execv execve execvp execvpe exec eval compile Popen
    check_call check_output getoutput getstatusoutput run call fork import_module __import__ run_module run_path
    """
)
_PY_LOSES = names(
    """
    rmtree remove unlink rmdir removedirs truncate kill killpg abort drop_all dropDatabase
    """
)
_PY_WRITES = names(
    """
    write writelines write_text write_bytes dump mkdir makedirs mkdtemp mkstemp NamedTemporaryFile rename renames
    symlink link chmod chown touch send sendall sendto post put patch request urlretrieve connect execute executemany
    commit publish set setex hset lpush rpush setattr extractall extract move copy2 copyfile copytree copy signal alarm
    putenv utime Request
    """
)
_PY_BASES = names("stdout stderr sys.stdout sys.stderr")
_SQL_GONE = re.compile(
    r"\b(?:DELETE\s+FROM|TRUNCATE\s+\w|DROP\s+(?:TABLE|DATABASE|SCHEMA|INDEX|VIEW|USER|ROLE))\b",
    re.IGNORECASE,
)


def python_level(code: str) -> tuple[Level, str]:
    """The level of Python code, and why."""
    if len(code) > _LONGEST:
        return "destroy", f"is longer than {_LONGEST} characters"
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "destroy", "cannot be parsed as Python"
    level: Level = "read"
    why = "only computes and prints"
    for node in ast.walk(tree):
        for found, said in _judged(node):
            if found == "destroy":
                return found, said
            if level == "read":
                level, why = found, said
    return level, why


def _judged(node: ast.AST) -> Iterator[tuple[Level, str]]:
    match node:
        case ast.Import():
            yield from (_imported(each.name) for each in node.names)
        case ast.ImportFrom():
            yield _imported(node.module or "")
        case ast.Constant(value=str() as text) if _SQL_GONE.search(text):
            yield "destroy", "holds SQL that deletes"
        case ast.Call():
            yield _called(node)
        case ast.Name() | ast.Attribute():
            # A function may be handed on without being called here: `map(os.remove, …)`.
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in _PY_LOSES or (name in _PY_RUNS and name not in ("run", "call", "compile")):
                yield "destroy", f"{name} removes something or starts programs"
        case _:
            return


def _imported(module: str) -> tuple[Level, str]:
    if module in ("subprocess", "ctypes", "pickle", "marshal", "pty", "code", "runpy", "multiprocessing"):
        return "destroy", f"{module} starts programs, or loads code"
    if module == "shutil":
        return "read", "only looks"
    known = module in _PY_MODULES or module.partition(".")[0] in _PY_MODULES
    return ("read", "only looks") if known else ("change", f"the module {module} is not known")


def _called(node: ast.Call) -> tuple[Level, str]:
    name = _name(node.func)
    last = name.rpartition(".")[2]
    base = name.rpartition(".")[0]
    if last == "open":
        mode = next((each.value for each in node.keywords if each.arg == "mode"), None)
        mode = node.args[1] if len(node.args) > 1 else mode
        reads = mode is None or (isinstance(mode, ast.Constant) and not set("wax+") & set(str(mode.value)))
        return ("read", "reads a file") if reads else ("change", "writes a file")
    if last in _PY_LOSES or last in _PY_RUNS or (isinstance(node.func, ast.Attribute) and destroys(last)):
        return "destroy", f"{last}() removes something or starts programs"
    if last in _PY_WRITES and base not in _PY_BASES:
        return "change", f"{last}() changes something"
    return "read", "only computes"


def _name(node: ast.expr) -> str:
    """`os.path.join` of a called expression; only the last name where it is computed."""
    told: list[str] = []
    while isinstance(node, ast.Attribute) and len(told) < 10:
        told.append(node.attr)
        node = node.value
    told.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(told))


_ACTS = re.compile(
    r"\b(?:unlink\w*|destroy\w*|wipe\w*|purge\w*|rm_?rf?|rm_?tree|rmSync|rmdir\w*|rmdirSync|remove\w*|delete\w*|drop\w*|truncate\w*|system|exec\w*"
    r"|spawn\w*|popen\w*|passthru|shell_exec|proc_open|pcntl_\w+|eval|kill|qx|fork|child_process|instance_eval"
    r"|FileUtils|IO\.popen|Open3|File\.delete|Deno\.remove|Deno\.Command|Bun\.spawn)\b|`"
)
_WRITES = re.compile(
    r"\b(?:write\w*|append\w*|open|rename\w*|mkdir\w*|chmod\w*|chown\w*|copy\w*|symlink\w*|touch\w*|fs|net|http|https|fetch"
    r"|socket|require|import|use|load|include|file_put_contents|fopen|curl_\w+|mysqli\w*|PDO|DBI|print\s*\{|open\w*)\b|>>?\s*[\"'$\w]"
)
_SAFE_REQUIRES = re.compile(
    r"require\(\s*[\"'](?:node:)?(?:os|path|url|util|crypto|process|assert|v8|[./\w-]{1,80}\.json)[\"']\s*\)"
)
_PERL_SAFE_USES = re.compile(
    r"\buse\s+(?:strict|warnings|POSIX|Time::\w+|List::Util|JSON(?:::PP)?|Data::Dumper)\b[^;]{0,80};?"
)
_QUOTED = re.compile(
    r"\"(?:[^\"\\$#]|\\.){0,2000}\"|'(?:[^'\\]|\\.){0,2000}'|(?<![\w)])/(?:[^/\\\n]|\\.){0,2000}/"
)
_PRINTS = re.compile(
    r"^\s*(?:print|say|printf|puts|pp?|echo|console\.\w+|process\.|JSON|var_dump|phpinfo|print_r|if\b|BEGIN|END"
    r"|\$|@|s/|s\{|tr/|y/|next|\d|use\b|require\()"
)


def words_level(code: str) -> tuple[Level, str]:
    """The level of code in another language, by the words that act in it."""
    if len(code) > _LONGEST:
        return "destroy", f"is longer than {_LONGEST} characters"
    bare = _PERL_SAFE_USES.sub("", _SAFE_REQUIRES.sub("", code))
    found = _ACTS.search(bare)
    if found:
        return "destroy", f"{found[0]} removes something or starts programs"
    if _SQL_GONE.search(code):
        return "destroy", "holds SQL that deletes"
    without = _QUOTED.sub('""', bare)
    if _WRITES.search(without) or _DELETES_BY_METHOD.search(code):
        return "change", "runs code that may change something"
    return ("read", "only computes and prints") if _PRINTS.match(bare) else ("change", "runs code of its own")


_DELETES_BY_METHOD = re.compile(r"[\"'](?:POST|PUT|PATCH|DELETE)[\"']")
_RUN = "runs a program that is not looked into"
_PY_TOOLS = names(
    "json.tool this platform site sysconfig tabnanny timeit calendar base64 pydoc pip.list ensurepip.version"
)


def _python(call: Call) -> list[Reason] | None:
    texts = call.texts
    if has_flag(texts[:1], ("-V", "--version", "--help")):
        return [call.reason("read", "tells its version")]
    own = _before_file(call)
    module = own.values("-m", flags="uBIEsSO")
    if module:
        return _python_module(call, module[0])
    codes = own.values("-c", flags="uBIEsSOqi")
    if codes:
        return _codes(call, codes[:1], python_level)
    handed = call.values("-c", "--command")  # `manage.py shell -c '…'`
    return _codes(call, handed, python_level) if handed else _file_or_input(call, python_level)


def _before_file(call: Call) -> Call:
    """The call up to the file that it runs, and one word more: what belongs to the interpreter itself."""
    for at, word in enumerate(call.arguments):
        if not word.text.startswith("-") and (at == 0 or call.texts[at - 1] not in ("-W", "-X", "-c", "-m")):
            cut = at if at == 0 or not _TAKES_CODE.fullmatch(call.texts[at - 1]) else at + 1
            return replace(call, arguments=call.arguments[:cut])
    return call


def _python_module(call: Call, module: Word) -> list[Reason] | None:
    if module.text in _PY_TOOLS:
        return [call.reason("read", "prints what it read")]
    if module.text in ("pip", "uv"):
        return list(
            call.guard.command([Word("pip"), *call.arguments[call.texts.index(module.text) + 1 :]]).findings
        )
    return _by_arguments(call)


def _codes(call: Call, codes: list[Word], level_of: _LevelOf) -> list[Reason]:
    if not all(each.fixed for each in codes):
        return [call.reason("destroy", BUILT, BUILT_SAFER)]
    level, why = level_of("\n".join(each.text for each in codes))
    return [
        call.reason(
            level, why, "write what it does into a script that somebody reads" if level == "destroy" else ""
        )
    ]


def _file_or_input(call: Call, level_of: _LevelOf) -> list[Reason] | None:
    files = call.plain
    if files and not is_input(files[0]):
        if not files[0].fixed:
            return [call.reason("destroy", "runs a program that is only known at run time", "name the file")]
        return _by_arguments(call)
    if call.fed is not None:
        return _codes(call, [call.fed], level_of)
    if call.piped or files:
        return [call.reason("destroy", UNSEEN, UNSEEN_SAFER)]
    return None


def _by_arguments(call: Call) -> list[Reason] | None:
    """`manage.py flush`, `artisan migrate:fresh`: the words behind the file say what it does."""
    for each in call.plain[:4]:
        name = each.text.rsplit("/", 1)[-1]
        if " " not in name and len(name) < 60 and (destroys(name) or name in _FRESH):
            return [call.reason("destroy", f"says that it deletes: {name}", "look at what it does first")]
    return None


_FRESH = frozenset({"migrate:fresh", "migrate:refresh", "migrate:rollback"})
_TAKES_CODE = re.compile(r"-[uBIEsSOqi]*[cm]")


def _perl(call: Call) -> list[Reason] | None:
    flags = "nplawsWxtTuUi0123456789FE"
    codes = call.values("-e", "-E", flags=flags)
    if not codes:
        return _other(call)
    if any(
        each.startswith("-") and not each.startswith("--") and "i" in each.split("e", 1)[0]
        for each in call.texts
    ):
        found = _codes(call, codes, words_level)
        return [*found, call.reason("change", "edits files in place", "without -i it prints the result")]
    return _codes(call, codes, words_level)


def _other(call: Call) -> list[Reason] | None:
    if has_flag(call.texts[:1], ("-v", "-V", "--version", "--help")) and len(call.texts) == 1:
        return [call.reason("read", "tells its version")]
    printed = call.values("-p", "-pe", "--print")
    if printed:
        return _codes(call, [Word(f"print {each.text}", each.fixed) for each in printed], words_level)
    codes = call.values("-e", "--eval", "-E")
    if codes:
        return _codes(call, codes, words_level)
    return _file_or_input(call, words_level)


def _php(call: Call) -> list[Reason] | None:
    codes = call.values("-r", "--run", "-B", "-R", "-E")
    return _codes(call, codes, words_level) if codes else _other(call)


def _runner(call: Call) -> list[Reason]:
    """`rails runner 'code'`; a name of a file is not looked into."""
    code = call.plain[0] if call.plain else Word("")
    if not code.text or code.text.endswith(".rb"):
        return [call.reason("change", _RUN)]
    return _codes(call, [code], words_level)


JUDGES: dict[str, Judge] = {
    **dict.fromkeys(
        ("python", "python2", "python3", "python3.11", "python3.12", "pypy3", "ipython"), _python
    ),
    "perl": _perl,
    **dict.fromkeys(("node", "ruby", "deno", "bun", "lua", "nodejs", "Rscript"), _other),
    "php": _php,
    "rails runner": _runner,
}
