"""What do these arguments make of a program? The programs whose options or embedded language decide.

`curl` is judged by its method, `psql -c` by its SQL, `find -exec` by the command it runs. A judge answers with
reasons, or with None when the table knows better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.act.guard.http import method_level
from tocsin.act.guard.names import names
from tocsin.act.guard.redis import command_level
from tocsin.act.guard.sql import sql_level
from tocsin.act.guard.verdict import Level, Reason, Verdict
from tocsin.act.guard.words import Word, has_flag


@dataclass(frozen=True, slots=True)
class Looking:
    """What a judge may ask of the guard: the verdict on a command, and on a text that a shell would run."""

    command: Callable[[Sequence[Word]], Verdict]
    text: Callable[[str], Verdict]


@dataclass(frozen=True, slots=True)
class Call:
    """A command to judge: its arguments, what is fed to it, and how it looks as written."""

    arguments: tuple[Word, ...]
    part: str
    fed: Word | None  # a here-document or here-string
    piped: bool  # stands behind a `|`
    guard: Looking

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.arguments]

    def reason(self, level: Level, why: str, safer: str = "") -> Reason:
        return Reason(part=self.part, level=level, why=why, safer=safer)

    def values(self, *options: str) -> list[Word]:
        """The values of an option, as `-c X`, `-cX`, `--command X` or `--command=X`."""
        found: list[Word] = []
        for at, word in enumerate(self.arguments):
            for option in options:
                if word.text == option and at + 1 < len(self.arguments):
                    found.append(self.arguments[at + 1])
                elif option.startswith("--") and word.text.startswith(option + "="):
                    found.append(Word(word.text[len(option) + 1 :], word.fixed))
                elif not option.startswith("--") and len(word.text) > 2 and word.text.startswith(option):
                    found.append(Word(word.text[2:], word.fixed))
        return found


Judge = Callable[[Call], list[Reason] | None]

_BUILT = "runs code that is only put together at run time"
_BUILT_SAFER = "hand values over as arguments or environment, not inside the code"

_CURL_SHORT_VALUED = "AbcCdDeEFhHKmoPQrtTuUwxXyYz"
_CURL_LONG_VALUED = names(
    """
    --user-agent --cookie --cookie-jar --data --data-raw --data-binary --data-urlencode --form --header
    --max-time --output --proxy --request --upload-file --url --user --write-out --connect-timeout --retry
    --retry-delay --resolve --cacert --cert --key --referer --json --config --range --interface --dns-servers
    --connect-to --retry-max-time --limit-rate --unix-socket --max-redirs --ciphers --tls-max --form-string
    --oauth2-bearer
    """
)
_CURL_BODY = {"-d", "-F", "-T", "--json", "--form", "--form-string", "--upload-file"}


def _curl(call: Call) -> list[Reason]:
    method = ""
    has_body = False
    asks = False
    writes = ""
    sends_fixed = True
    options = _curl_options(call.arguments)
    for name, value in options:
        if name in ("-X", "--request") and value is not None:
            method = value.text.strip("'\"").upper()
            sends_fixed = sends_fixed and value.fixed
        elif name in _CURL_BODY or name.startswith("--data"):
            has_body = True
        elif name in ("-G", "--get", "-I", "--head"):
            asks = True
        elif name in ("-o", "--output") and value is not None:
            writes = value.text if value.text not in ("/dev/null", "-", "/dev/stdout") else writes
        elif name in ("-O", "--remote-name", "--remote-name-all"):
            writes = "a file named as in the address"
        elif name in ("-K", "--config"):
            return [call.reason("change", "reads its options from a file that is not looked into")]
        elif name in ("-Q", "--quote"):
            return [call.reason("destroy", "sends commands to an FTP server")]
    if not sends_fixed:
        return [call.reason("destroy", "the method is only known at run time", _BUILT_SAFER)]
    if not method:
        method = "GET" if asks or not has_body else "POST"
    level, why = method_level(method)
    found = [call.reason(level, why, "look at it with GET first" if level == "destroy" else "")]
    if writes:
        found.append(call.reason("change", f"writes {writes}"))
    return found


def _curl_options(arguments: Sequence[Word]) -> list[tuple[str, Word | None]]:
    """The options of curl with their values; letters may stand together (`-sSo file`)."""
    found: list[tuple[str, Word | None]] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        text = word.text
        following = arguments[at + 1] if at + 1 < len(arguments) else None
        if text.startswith("--") and len(text) > 2:
            name, equals, value = text.partition("=")
            if equals:
                found.append((name, Word(value, word.fixed)))
            elif name in _CURL_LONG_VALUED or name.startswith("--data"):
                found.append((name, following))
                at += 1
            else:
                found.append((name, None))
        elif text.startswith("-") and len(text) > 1:
            for position, letter in enumerate(text[1:], start=1):
                if letter in _CURL_SHORT_VALUED:
                    rest = text[position + 1 :]
                    found.append((f"-{letter}", Word(rest, word.fixed) if rest else following))
                    at += 0 if rest else 1
                    break
                found.append((f"-{letter}", None))
        at += 1
    return found


def _wget(call: Call) -> list[Reason]:
    texts = call.texts
    if call.values("--method"):
        level, why = method_level(call.values("--method")[0].text)
    elif any(each.startswith(("--post-data", "--post-file", "--body-data", "--body-file")) for each in texts):
        level, why = method_level("POST")
    else:
        level, why = method_level("GET")
    found = [call.reason(level, why)]
    joined = {value.text for value in call.values("-O", "--output-document", "-qO")}
    quiet = "--spider" in texts or bool(joined & {"-", "/dev/null", "/dev/stdout"}) or "-qO-" in texts
    if not quiet:
        found.append(call.reason("change", "writes what it fetched into a file", "wget -O - prints it"))
    return found


def _httpie(call: Call) -> list[Reason]:
    plain = [each for each in call.texts if not each.startswith("-")]
    if plain and plain[0].isupper():
        level, why = method_level(plain[0])
    else:
        sends = any("=" in each.replace("==", "") for each in plain[1:])
        level, why = method_level("POST" if sends else "GET")
    return [call.reason(level, why)]


def _find(call: Call) -> list[Reason]:
    found: list[Reason] = []
    at = 0
    arguments = call.arguments
    while at < len(arguments):
        text = arguments[at].text
        if text == "-delete":
            found.append(
                call.reason("destroy", "removes what it finds", "look at the list without -delete first")
            )
        elif text in ("-fprint", "-fprintf", "-fls", "-fprint0"):
            found.append(call.reason("change", "writes a file"))
        elif text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = at + 1
            while end < len(arguments) and arguments[end].text not in (";", "+", "\\;"):
                end += 1
            inner = [
                Word(each.text, each.fixed and "{}" not in each.text) for each in arguments[at + 1 : end]
            ]
            found.extend(call.guard.command(inner).findings)
            at = end
        at += 1
    return found or [call.reason("read", "lists files")]


_AWK_RUNS = re.compile(r"\bsystem\s*\(|\|\s*[\"'$\w]|\|\s*getline|\|&")
_AWK_WRITES = re.compile(r"\bprintf?\b[^;{}\n]*>")


def _awk(call: Call) -> list[Reason]:
    if has_flag(call.texts, ("-f", "--file")):
        return [call.reason("change", "runs a program that is not looked into")]
    program = next((each for each in call.arguments if not each.text.startswith("-")), None)
    everything = " ".join(call.texts)
    if _AWK_RUNS.search(everything):
        return [call.reason("destroy", "awk starts programs that are put together at run time")]
    if _AWK_WRITES.search(everything) or "inplace" in everything:
        return [call.reason("change", "awk writes files")]
    if program is not None and not program.fixed:
        return [call.reason("destroy", _BUILT, "hand values over with -v name=value")]
    return [call.reason("read", "prints parts of its input")]


_SED_WRITES = re.compile(r"(?:^|[;{}/0-9$|#]\s*)[wW]\s+\S")
_SED_RUNS = re.compile(r"(?:^|[;{}]\s*|\d)e(?:\s|$)|/[gip0-9]*e[gip0-9]*(?:$|[;}])")


def _sed(call: Call) -> list[Reason]:
    if any(
        each.startswith(("-i", "--in-place")) or re.fullmatch(r"-[nErsz]*i\S*", each) for each in call.texts
    ):
        return [call.reason("change", "edits files in place", "sed without -i prints the result")]
    scripts = [each.text for each in call.arguments if not each.text.startswith("-")]
    if any(_SED_RUNS.search(each[:2_000]) for each in scripts[:1]):
        return [call.reason("destroy", "sed starts programs")]
    if any(_SED_WRITES.search(each[:2_000]) for each in scripts[:1]):
        return [call.reason("change", "sed writes files")]
    return [call.reason("read", "prints its input, changed")]


def _dd(call: Call) -> list[Reason]:
    target = next((each.text[3:] for each in call.arguments if each.text.startswith("of=")), "")
    if target in ("", "/dev/null", "/dev/stdout"):
        return [call.reason("read", "copies to nowhere")]
    return [call.reason("destroy", "overwrites its target", "check the device with lsblk first")]


def _git(call: Call) -> list[Reason] | None:
    plain = [each for each in call.texts if not each.startswith("-")]
    if "push" not in plain[:2]:
        return None
    forced = ("-f", "--force", "--force-with-lease", "--delete", "-d", "--mirror", "--prune")
    options = [each for each in call.texts if each.startswith("-")]
    specs = plain[plain.index("push") + 1 :]
    if has_flag(options, forced) or any(each.startswith(("+", ":")) for each in specs):
        return [
            call.reason(
                "destroy", "overwrites or removes what others have pushed", "git revert keeps history"
            )
        ]
    if has_flag(options, ("-n", "--dry-run")):
        return [call.reason("read", "shows what would be pushed")]
    return [call.reason("change", "publishes commits")]


def _redis(call: Call) -> list[Reason]:
    valued = {
        "-h",
        "-p",
        "-s",
        "-a",
        "-u",
        "-r",
        "-i",
        "-n",
        "-d",
        "-x",
        "-t",
        "--user",
        "--pass",
        "--pattern",
    }
    looks = {
        "--latency",
        "--stat",
        "--bigkeys",
        "--memkeys",
        "--hotkeys",
        "--scan",
        "--version",
        "--latency-history",
    }
    words: list[Word] = []
    at = 0
    arguments = call.arguments
    while at < len(arguments):
        text = arguments[at].text
        if words or not text.startswith("-"):
            words.append(arguments[at])
        elif text in looks:
            return [call.reason("read", "only looks")]
        elif text in ("--eval", "--pipe", "--rdb", "--cluster"):
            return [call.reason("destroy", f"{text} runs or replaces things that are not looked into")]
        elif text in valued:
            at += 1
        at += 1
    if not words and call.fed is not None:
        lines = [line.split() for line in call.fed.text.splitlines() if line.strip()]
        if not call.fed.fixed:
            return [call.reason("destroy", _BUILT, _BUILT_SAFER)]
        return [call.reason(*command_level(line)) for line in lines] or [call.reason("read", "does nothing")]
    if not words and call.piped:
        return [call.reason("destroy", "runs commands that are piped in and cannot be seen")]
    if words and not words[0].fixed:
        return [call.reason("destroy", "the command is only known at run time")]
    return [call.reason(*command_level([each.text for each in words]))]


def _sql_client(*options: str, last_word: bool = False) -> Judge:
    """A client that takes SQL after one of `options`, from a here-document or, for sqlite3, as its last word."""

    def judge(call: Call) -> list[Reason]:
        told = call.values(*options)
        if call.fed is not None:
            told.append(call.fed)
        if last_word and not told:
            plain = [each for each in call.arguments if not each.text.startswith("-")]
            told = plain[1:]
        if told:
            if not all(each.fixed for each in told):
                return [call.reason("destroy", _BUILT, "bind the value: psql -v name=value and :'name'")]
            return [reason for each in told for reason in sql_level(each.text).findings] or [
                call.reason("read", "runs nothing")
            ]
        if has_flag(call.texts, ("-l", "--list", "--version", "-V")):
            return [call.reason("read", "only looks")]
        if call.piped:
            return [call.reason("destroy", "runs SQL that is piped in and cannot be seen")]
        return [call.reason("change", "opens a session, or runs a file, that is not looked into")]

    return judge


_SHELLS_C = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")


def _shell(call: Call) -> list[Reason]:
    arguments = call.arguments
    for at, word in enumerate(arguments):
        if _SHELLS_C.fullmatch(word.text) and at + 1 < len(arguments):
            code = arguments[at + 1]
            if not code.fixed:
                return [call.reason("destroy", _BUILT, _BUILT_SAFER)]
            return list(call.guard.text(code.text).findings) or [call.reason("read", "does nothing")]
        if not word.text.startswith(("-", "+")):
            if not word.fixed:
                return [call.reason("destroy", "runs a program that is only known at run time")]
            return [call.reason("change", "runs a file that is not looked into")]
        if word.text in ("--version", "--help"):
            return [call.reason("read", "only looks")]
    if call.fed is not None:
        if not call.fed.fixed:
            return [call.reason("destroy", _BUILT, "quote the mark of the here-document: <<'EOF'")]
        return list(call.guard.text(call.fed.text).findings) or [call.reason("read", "does nothing")]
    if call.piped:
        return [call.reason("destroy", "runs what is piped in, unseen", "save it, read it, then run it")]
    return [call.reason("change", "opens a session that may do anything", "give the command with -c")]


def _interpreter(call: Call) -> list[Reason] | None:
    if call.texts[:2] in (["-m", "json.tool"], ["-m", "this"]):
        return [call.reason("read", "prints its input")]
    if has_flag(call.texts, ("-V", "--version", "-v")) and len(call.texts) == 1:
        return [call.reason("read", "tells its version")]
    codes = call.values("-c", "-e")
    if any(not each.fixed for each in codes):
        return [call.reason("destroy", _BUILT, _BUILT_SAFER)]
    if call.piped and not codes and not [each for each in call.texts if not each.startswith("-")]:
        return [call.reason("destroy", "runs what is piped in, unseen", "save it, read it, then run it")]
    return None


def _eval(call: Call) -> list[Reason]:
    if call.arguments and all(each.fixed for each in call.arguments):
        code = " ".join(call.texts)
        return list(call.guard.text(code).findings) or [call.reason("read", "does nothing")]
    return [call.reason("destroy", _BUILT, "write the command out")]


def _trap(call: Call) -> list[Reason]:
    if not call.arguments or call.texts[0] in ("-", "-l", "-p", ""):
        return [call.reason("read", "shows or clears a trap")]
    if not call.arguments[0].fixed:
        return [call.reason("destroy", _BUILT)]
    return list(call.guard.text(call.texts[0]).findings) or [call.reason("read", "does nothing")]


def _su(call: Call) -> list[Reason]:
    codes = call.values("-c", "--command")
    if not codes:
        return [call.reason("change", "opens a session that may do anything", "su USER -c 'command'")]
    if not codes[0].fixed:
        return [call.reason("destroy", _BUILT, _BUILT_SAFER)]
    return list(call.guard.text(codes[0].text).findings) or [call.reason("read", "does nothing")]


def _tee(call: Call) -> list[Reason]:
    targets = [each for each in call.texts if not each.startswith("-")]
    if all(each in ("/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty") for each in targets):
        return [call.reason("read", "passes its input on")]
    return [call.reason("change", f"writes {', '.join(targets)[:80]}")]


def _source(call: Call) -> list[Reason]:
    if call.arguments and call.arguments[0].fixed:
        return [call.reason("change", "runs a file that is not looked into")]
    return [call.reason("destroy", "runs a file that is only known at run time")]


def _mongo(call: Call) -> list[Reason]:
    codes = call.values("--eval")
    text = " ".join(each.text for each in codes)
    if not codes or not all(each.fixed for each in codes):
        return [
            call.reason("destroy" if codes or call.piped else "change", "runs code that is not looked into")
        ]
    if re.search(
        r"\b(drop\w*|delete\w*|remove\w*|renameCollection|shutdownServer|killOp|killSessions)\s*\(", text
    ):
        return [call.reason("destroy", "drops or deletes documents")]
    if re.search(
        r"\b(insert|update|replace|create|save|set|bulkWrite|grant|revoke|apply|run|admin|re[sS]|eval)\w*",
        text,
    ):
        return [call.reason("change", "may change documents")]
    if re.fullmatch(r"[\s\w.()'\"{}:,$\[\];-]*", text):
        return [call.reason("read", "only looks")]
    return [call.reason("change", "runs code that is not looked into")]


JUDGES: dict[str, Judge] = {
    "curl": _curl,
    "wget": _wget,
    "http": _httpie,
    "https": _httpie,
    "xh": _httpie,
    "find": _find,
    "awk": _awk,
    "sed": _sed,
    "dd": _dd,
    "git": _git,
    "tee": _tee,
    "redis-cli": _redis,
    "psql": _sql_client("-c", "--command"),
    "mysql": _sql_client("-e", "--execute"),
    "clickhouse-client": _sql_client("-q", "--query"),
    "cqlsh": _sql_client("-e", "--execute"),
    "sqlite3": _sql_client("-cmd", last_word=True),
    "mongosh": _mongo,
    "mongo": _mongo,
    **dict.fromkeys(("sh", "bash", "zsh", "dash", "ash", "ksh", "fish"), _shell),
    **dict.fromkeys(("python", "python3", "node", "ruby", "perl", "php", "deno", "bun"), _interpreter),
    "eval": _eval,
    "trap": _trap,
    "su": _su,
    "runuser": _su,
    "source": _source,
    ".": _source,
}
