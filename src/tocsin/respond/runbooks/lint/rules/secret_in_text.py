"""Does a secret stand in the text?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.rule import EVERY_PAGE, Rule, Subject

_KNOWN = re.compile(
    r"""
      \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                                        # Amazon
    | \bgh[pousr]_[A-Za-z0-9]{36,80}\b | \bgithub_pat_\w{50,100}\b          # GitHub
    | \bglpat-[\w-]{20,40}\b                                              # GitLab
    | \bxox[abeoprs]-[\w-]{20,120}                                         # Slack
    | \bsk_live_[0-9A-Za-z]{20,120}\b                                      # Stripe
    | \bSG\.[\w-]{20,24}\.[\w-]{40,46}\b                                  # SendGrid
    | \bAIza[\w-]{35}\b                                                   # Google
    | \beyJ[\w-]{15,2000}\.eyJ[\w-]{15,4000}\.[\w-]{20,1000}             # a signed token
    | -----BEGIN[ ](?:[A-Z]{2,10}[ ]){0,3}PRIVATE[ ]KEY-----
    """,
    re.VERBOSE,
)
_GIVEN = re.compile(
    r"""
      (?:^|[\s"'`(,{;&?-])(?:[A-Za-z]{1,20}[_-]){0,4}
      (?:password|passwd|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key)
      ["']?\s{0,3}(?:=|:\s)\s{0,3}["']?(?P<value>[^\s"',;&)}]{8,200})
    | \b(?:IDENTIFIED\s{1,3}BY|PASSWORD)\s{1,3}'(?P<sql>[^'\s]{6,200})'
    | PGPASSWORD=["']?(?P<pg>[^\s"';]{4,200})
    | \bBearer\s+(?P<bearer>[\w.~+/-]{12,2000}=*)
    | \bmysql(?:dump|admin)?\s[^|;\n]{0,200}?\s-p(?P<mysql>[^\s-][^\s]{3,100})
    | \bsshpass\s+-p\s?["']?(?P<ssh>[^\s"']{4,100})
    | [a-z][a-z0-9+]{1,20}://[\w.-]{1,100}:(?P<url>[^\s@/:"'<]{4,200})@
    | \bcurl\s[^|;\n]{0,300}?(?:-u|--user)\s?["']?[\w.@-]{1,100}:(?P<curl>[^\s"']{4,200})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"[<>${}\[\]()*…%`\\]|\.\.\.|^env:|^file:|^/|^\./|x{3,}|your|example|change|placeholder|redacted|dummy|hunter|sample|hidden"
    r"|secret|passw|token|^(?-i:[a-z0-9.-]{1,60}/[a-z0-9./-]{1,200})$|^(?:null|none|true|false|string|required|optional|postgres|root|admin|guest|user)",
    re.IGNORECASE,
)


class SecretInText(Rule):
    id = "secret-in-text"
    level = "error"
    title = "A secret stands in the text"
    why = (
        "Everybody who can read the repository has it, now and in its history. It is also the one that was changed "
        "last month, so the command fails."
    )
    fix = "change the secret, and write a placeholder such as $DATABASE_PASSWORD: its value comes from the environment"
    example = """\
## Diagnosis

```bash
PGPASSWORD=Winter-2031 psql -h db -U shop -c 'select 1'
```
"""
    fixed = """\
## Diagnosis

```bash
PGPASSWORD="$DATABASE_PASSWORD" psql -h db -U shop -c 'select 1'
```
"""
    kinds = EVERY_PAGE

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Once for a file, whatever documents stand in it. The message never tells the secret."""
        if subject.outer is not None:
            return
        for number, line in enumerate(subject.lines, 1):
            text = line[:4_000]
            known = _KNOWN.search(text)
            if known and "EXAMPLE" not in known.group():
                yield self.at(number, "this looks like a key or token that opens something")
            elif any(_is_secret(found) for found in _GIVEN.finditer(text)):
                yield self.at(number, "a password or token is written out here")


def _is_secret(found: re.Match[str]) -> bool:
    value = next((each for each in found.groups() if each), "").strip("`.,")
    return len(value) >= 4 and not _NO_SECRET.search(value) and _is_mixed(value)


def _is_mixed(value: str) -> bool:
    """Words of the language are no secrets: a secret has a digit, and something else."""
    return any(each.isdigit() for each in value) and any(each.isalpha() for each in value)
