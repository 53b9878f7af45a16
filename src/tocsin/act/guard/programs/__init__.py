"""What do these arguments make of a program? The programs whose options or embedded language decide.

`curl` is judged by its method, `psql -c` by its SQL, `find -exec` by the command it runs. A judge answers with
reasons, or with None when the table knows better.
"""

from tocsin.act.guard.programs import (
    code,
    databases,
    files,
    fleets,
    processes,
    requests,
    shells,
    texts,
    version_control,
)
from tocsin.act.guard.programs.call import Call, Judge, Looking

JUDGES: dict[str, Judge] = {
    **code.JUDGES,
    **databases.JUDGES,
    **files.JUDGES,
    **fleets.JUDGES,
    **processes.JUDGES,
    **requests.JUDGES,
    **shells.JUDGES,
    **texts.JUDGES,
    **version_control.JUDGES,
}
"""By the words that a command begins with."""

__all__ = ["JUDGES", "Call", "Judge", "Looking"]
