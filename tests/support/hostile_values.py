"""Three hundred values that would do something if anything ever read them as text: `MARK` is a file they would make."""

from __future__ import annotations

import itertools
from pathlib import Path

_COMMANDS = (
    "touch MARK", "touch${IFS}MARK", ">MARK", "/usr/bin/touch MARK", "python3 -c 'open(\"MARK\",\"w\")'",
    "sh -c 'touch MARK'", "curl -o MARK file:///etc/passwd", "tee MARK", "cp /etc/hostname MARK",
)  # fmt: skip
_AROUND = (
    "; {0} ;", "| {0}", "|| {0} ||", "&& {0} &&", "& {0} &", "\n{0}\n", "\r\n{0}\r\n", "$({0})", "`{0}`",
    "'; {0}; '", '"; {0}; "', "'\"; {0}; \"'", "$(({0}))", "<({0})", "\\'; {0}; \\'", "';{0} #", '";{0} #',
    "){0}(", "}};{0};{{", "{0}\n.", "EOF\n{0}\nEOF", "x\t;{0}", "a=b {0}",
)  # fmt: skip
_SQL = (
    "' OR '1'='1", "'; DROP TABLE orders; --", "\"; DROP TABLE orders; --", "x'); DELETE FROM orders; --",
    "1; DELETE FROM orders", "' UNION SELECT sql FROM sqlite_master --", "\\'; DROP TABLE orders; --",
    "'||(SELECT 1)||'", "/* */; DROP TABLE orders", "$$; DROP TABLE orders; $$",
    "'; COPY orders TO PROGRAM 'touch MARK'; --", ":OTHER", "%(OTHER)s", "%s", "%%", "::text",
    "'; ATTACH DATABASE 'MARK' AS x; --", "' AND load_extension('MARK') --", "0x27", "ʼ OR 1=1 --",
)  # fmt: skip
_OPTIONS = (
    "-rf", "--", "-", "--help", "-oProxyCommand=touch MARK", "--output=MARK", "-c 'touch MARK'",
    "--config=/dev/null", "-exec touch MARK ;", "--privileged", "-v /:/host", "--eval=touch MARK", "@MARK",
    "@/etc/passwd", "+x", "/etc/passwd", "../../../../etc/passwd", "..", ".", "~", "~root", "*", "?",
    "[a-z]*", "{a,b}", "!!", "!touch MARK", "^a^b", "#", "%1",
)  # fmt: skip
_TEMPLATES = (
    "{{7*7}}", "${7*7}", "{%print(7)%}", "#{7*7}", "<%= 7*7 %>", "{0.__class__}", "{VALUE}", "${VALUE}",
    "$VALUE", "$OTHER", "${OTHER}", "${PATH}", "$PATH", "${IFS}", "%PATH%", "$0", "$$", "$?", "${VALUE:-x}",
    "\\${OTHER}", "%n%n%s", "\\x41", "\\u0041",
)  # fmt: skip
_CONDITIONS = (
    "true", "1 == 1", '" == "" || true || "', 'good" || "a" == "a', "exit == 0", "stdout == stdout",
    "[1].all(x, true)", "''.size() == 0", "has(json.a) || true", "r'good'", "\"\"\"", "!false", "null",
    "status == 200", "(true)", "ms >= 0.0",
)  # fmt: skip
_WIRE = (
    "x\r\nFLUSHALL\r\n", "\r\nSET a b\r\n", "*1\r\n$8\r\nFLUSHALL\r\n", '" FLUSHALL "',
    "x\r\nX-Injected: 1", "\nHost: evil.example", "x HTTP/1.1\r\nHost: evil\r\n\r\n", "a&admin=true",
    "a?b=c#d", "//evil.example/", "http://169.254.169.254/", "file:///etc/passwd", "evil.example@127.0.0.1",
    "a/../../admin", "%2e%2e%2f", "%00", "%0d%0aX: 1", '","admin":true,"x":"', "a\\", '"', "'", "\\", "`",
    "key: value", "- item", "!!python/object/apply:os.system ['touch MARK']", "&a [*a,*a]", "<<: *a", "? x",
    "null", "~", "yes", "<script>x()</script>", "]]>", "<!--", "\x1b[2J", "\x1b]0;x\x07", "\b\b\b", "\x7f",
    "\u202etxt.exe", "\u200b", "\ufeff", "Ω 漢字 🙂", "\u2028", "\x85", "a\0b", "\0", "x" * 15_000,
    "(" * 3_000, "{" * 3_000, "'" * 2_001, "", " ", "\t", "\n", "nan", "-0", "1e999",
)  # fmt: skip


def hostile_values(mark: Path) -> list[str]:
    """All of them, each once; `mark` is what none of them may make."""
    commands = (around.format(command) for command, around in itertools.product(_COMMANDS, _AROUND))
    every = (*commands, *_SQL, *_OPTIONS, *_TEMPLATES, *_CONDITIONS, *_WIRE)
    return list(dict.fromkeys(each.replace("MARK", str(mark)) for each in every))
