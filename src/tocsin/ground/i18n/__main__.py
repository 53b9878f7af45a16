"""`python -m tocsin.ground.i18n check|extract`: are the catalogs complete?"""

from __future__ import annotations

import sys

from tocsin.ground.i18n.extraction import extract, problems


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check"]:
            found = problems()
            print("\n".join(found) or "Every text is said in every language.")
            if found:
                print(
                    f"\n{len(found)} to mend: python -m tocsin.ground.i18n extract, then fill in the .po files."
                )
            return bool(found)
        case ["extract"]:
            left = extract()
            print("\n".join(left) or "Nothing left to translate.")
            return 0
        case _:
            print("usage: python -m tocsin.ground.i18n check|extract", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
