"""Which programs run another program that their arguments name?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that runs another one, given in its arguments.

    `valued` are its own options with a value, `skip` the number of its own arguments before the command, `text`
    that the rest is joined and run by a shell.
    """

    valued: frozenset[str] = frozenset()
    skip: int = 0
    text: bool = False


def _wrapper(valued: str = "", skip: int = 0, text: bool = False) -> Wrapper:
    return Wrapper(frozenset(valued.split()), skip, text)


WRAPPERS: dict[str, Wrapper] = {
    "sudo": _wrapper("-u --user -g --group -h --host -p --prompt -C -r -t -U -D -R -T"),
    "doas": _wrapper("-u -C"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "time": _wrapper("-f -o"),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n -p"),
    "stdbuf": _wrapper("-i -o -e"),
    "timeout": _wrapper("-s --signal -k --kill-after", skip=1),
    "gtimeout": _wrapper("-s --signal -k --kill-after", skip=1),
    "chroot": _wrapper("--userspec --groups", skip=1),
    "flock": _wrapper("-w --timeout -E", skip=1),
    "strace": _wrapper("-e -o -p -s -f"),
    "command": _wrapper(),
    "builtin": _wrapper(),
    "exec": _wrapper("-a"),
    "gosu": _wrapper(skip=1),
    "su-exec": _wrapper(skip=1),
    "unbuffer": _wrapper(),
    "chronic": _wrapper(),
    "nsenter": _wrapper("-t --target -S -G"),
    "xargs": _wrapper("-I -n -P -L -d -E -s -a --max-args --max-procs --delimiter --replace --max-lines"),
    "parallel": _wrapper("-j --jobs -N --colsep"),
    "watch": _wrapper("-n --interval", text=True),
    "ssh": _wrapper("-i -p -l -o -F -J -L -R -D -b -c -E -e -I -m -O -Q -S -W -w -B", skip=1, text=True),
    "docker exec": _wrapper("-u --user -w --workdir -e --env --env-file --detach-keys", skip=1),
    "docker container exec": _wrapper("-u --user -w --workdir -e --env --env-file", skip=1),
    "docker compose exec": _wrapper("-u --user -w --workdir -e --env --index", skip=1),
    "kubectl exec": _wrapper("-c --container -n --namespace --context --kubeconfig -f --filename"),
    "heroku run": _wrapper("-a --app"),
}
"""Programs that run what their arguments say; the verdict is that of the inner command."""
