"""How often do the rules of the linter speak on runbooks that other people wrote? Measures it, for the reference.

`python tools/corpus.py FOLDER` lints every file below FOLDER, a folder with one folder per public collection, and
writes `docs/reference/runbook-rules.json`. The page of the rules shows these figures; `make check` compares the page
with the file, so that the check needs no collection.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from tocsin.respond.runbooks.lint import Surroundings, lint_folder, rules

TABLE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "runbook-rules.json"


def measure(corpus: Path) -> dict[str, object]:
    """Files of each collection; for each rule, in how many files it speaks, and how often.

    What hangs on the day of the measurement, such as an overdue review, is left out.
    """
    collections: dict[str, int] = {}
    files: Counter[str] = Counter()
    findings: Counter[str] = Counter()
    for folder in sorted(each for each in corpus.iterdir() if each.is_dir()):
        told = lint_folder([folder], Surroundings())
        collections[folder.name] = len(told)
        for each in told:
            findings.update(finding.rule for finding in each.findings)
            files.update({finding.rule for finding in each.findings})
    return {
        "collections": collections,
        "rules": {name: {"files": files[name], "findings": findings[name]} for name in rules()},
    }


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0] or not Path(arguments[0]).is_dir():
        print("usage: make corpus CORPUS=FOLDER, a folder with one folder per collection", file=sys.stderr)
        return 2
    measured = measure(Path(arguments[0]))
    TABLE.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{TABLE.name} is written; `make docs` puts it into the page of the rules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
