"""Can every attempt of a ladder be reached?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Document, Finding, Ladder, Rung
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_GIVES_UP = re.compile(
    r"(?:^|[:：–—-])\W{0,4}(?:give up|escalate|call for help|ask for help|hand (?:it )?over|page the|call the"
    r"|contact (?:the|support)|wake |open a (?:ticket|case)|放棄|放弃|上報|上报|通報|通报|聯絡|联系|聯繫|尋求協助)",
    re.IGNORECASE,
)


class UnreachableRung(Rule):
    id = "unreachable-rung"
    level = "warning"
    title = "An attempt is never reached"
    why = "The best idea of the page stands behind one that cannot fail, so nobody ever gets to it."
    fix = "give the attempt before it a check, or a verification to the page"
    example = """\
## Resolution

### Option 1: Restart

```bash
systemctl restart shop
```

### Option 2: Restart again

```bash
systemctl restart shop
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""
    fixed = """\
## Resolution

### Option 1: Restart

```bash
systemctl restart shop
```

### Option 2: Go back to the version before

```bash
kubectl rollout undo deployment/shop
```

## Verification

```http
GET http://127.0.0.1:8080/health
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for ladder in subject.document.ladders:
            yield from self._repeated(ladder)
            yield from self._behind_the_end(ladder)
            yield from self._behind_no_check(subject.document, ladder)

    def _repeated(self, ladder: Ladder) -> Iterator[Finding]:
        first: dict[tuple[str, ...], Rung] = {}
        for rung in ladder.rungs:
            does = _does(rung)
            if does and does in first:
                message = f"it does the same as line {first[does].line}, which did not help"
                yield self.at(rung.line, message, "take it away, or say what it does differently")
            first.setdefault(does, rung)

    def _behind_the_end(self, ladder: Ladder) -> Iterator[Finding]:
        for rung, following in zip(ladder.rungs, ladder.rungs[1:], strict=False):
            by_hand = all(step.by_hand for step in (*rung.steps, *rung.checks))
            if by_hand and _GIVES_UP.search(rung.title):
                message = f"whoever reads this has given up on line {rung.line}: {rung.title}"
                yield self.at(following.line, message, "put what hands the trouble over last")
                return

    def _behind_no_check(self, document: Document, ladder: Ladder) -> Iterator[Finding]:
        """Where nothing at all is checked, `no-verification` says so; here it is forgotten for one."""
        if document.verification or not any(map(_is_measured, ladder.rungs)):
            return
        for rung, following in zip(ladder.rungs, ladder.rungs[1:], strict=False):
            if not _is_judged(rung):
                message = f"nothing tells whether line {rung.line} has helped, so nobody knows when to go on to this"
                yield self.at(following.line, message)
                return


def _does(rung: Rung) -> tuple[str, ...]:
    """What it runs, blanks and case left out of account; () where a person acts, whose words are not compared."""
    if any(step.by_hand for step in rung.steps):
        return ()
    return tuple(" ".join(step.text.split()) for step in rung.steps)


def _is_measured(rung: Rung) -> bool:
    return bool(rung.checks) or any(step.expect or step.expect_text for step in rung.steps)


def _is_judged(rung: Rung) -> bool:
    """A person who does something sees whether it has helped."""
    return _is_measured(rung) or any(step.by_hand for step in rung.steps)
