"""Does a step wait for somebody at a terminal?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.commands import Command
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_SSH_VALUED = names("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -P -Q -R -S -W -w")
_EXEC_VALUED = names("-e --env --env-file -u --user -w --workdir --detach-keys -n --namespace -c --container")
_SHELLS = names("bash sh zsh ash dash")
_REPLS = names("python python3 node irb ruby php lua iex ghci")


@dataclass(frozen=True, slots=True)
class _Habit:
    """Programs that wait for a person, unless `harmless` says that this command does not."""

    programs: frozenset[str]
    why: str
    cure: str
    harmless: Callable[[Command], bool]


def _never(command: Command) -> bool:
    return False


def _told_what(*options: str) -> Callable[[Command], bool]:
    return lambda command: command.fed or command.has(*options, "--version", "-V", "--help")


_HABITS = (
    _Habit(
        names("vi vim nvim nano emacs pico ed visudo vipw mcedit joe"),
        "opens an editor",
        "change the file with sed, tee or a here-document, or leave it to a person as a numbered item",
        lambda command: command.has("-c", "-es", "-Es", "--batch", "-s", "--version"),
    ),
    _Habit(names("less more most pg"), "shows one page and waits", "use cat, head or tail", _never),
    _Habit(
        names("top"),
        "draws a screen and never ends",
        "use `top -b -n 1`",
        lambda command: command.has("-b", "-l"),
    ),
    _Habit(
        names("htop atop nmon glances iftop nethogs k9s lazydocker mc tmux screen"),
        "draws a screen and never ends",
        "use a command that prints and ends, such as `top -b -n 1`",
        lambda command: (
            command.has("-b", "-dm", "-ls", "-X", "--stdout", "-w", "-t") or bool(command.plain())
        ),
    ),
    _Habit(
        names("psql"),
        "opens a session",
        "say what to ask: `psql -c '…'`, or a sql block",
        _told_what("-c", "--command", "-f", "--file", "-l", "--list"),
    ),
    _Habit(
        names("mysql mariadb"),
        "opens a session",
        "say what to ask: `mysql -e '…'`, or a sql block",
        _told_what("-e", "--execute"),
    ),
    _Habit(
        names("mongo mongosh"),
        "opens a session",
        "say what to ask: `mongosh --eval '…'`",
        lambda command: (
            _told_what("--eval", "-f", "--file")(command)
            or any(word.endswith(".js") for word in command.arguments)
        ),
    ),
    _Habit(
        names("redis-cli valkey-cli"),
        "opens a session",
        "say what to ask: `redis-cli info memory`, or a redis block",
        lambda command: (
            command.fed
            or bool(command.plain(names("-h -p -a -u -n -s --user --pass --cacert --cert --key")))
            or any(word.startswith("--") for word in command.arguments)
        ),
    ),
    _Habit(
        names("sqlite3"),
        "opens a session",
        "say what to ask: `sqlite3 file '…'`",
        lambda command: command.fed or len(command.plain()) > 1,
    ),
    _Habit(
        names("passwd mysql_secure_installation"),
        "asks for a password",
        "leave it to a person as a numbered item, or use a secret input",
        lambda command: command.fed or command.has("--stdin", "-l", "-u", "-d", "-S"),
    ),
    _Habit(
        _REPLS,
        "opens a session",
        "say what to run: a script, or `-c '…'`",
        lambda command: command.fed or bool(command.arguments),
    ),
    _Habit(
        names("su"),
        "opens a session, and asks for a password",
        "say what to run: `sudo -n -u NAME COMMAND`",
        lambda command: command.fed or command.has("-c", "--command"),
    ),
)

_HOW_ASKED = "answer beforehand"
_ASKING: dict[tuple[str, ...], tuple[str, ...]] = {
    ("apt", "install"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("apt", "remove"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("apt", "upgrade"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("apt-get", "install"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("apt-get", "remove"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("apt-get", "upgrade"): ("-y", "--yes", "--assume-yes", "-qq"),
    ("yum", "install"): ("-y", "--assumeyes"),
    ("dnf", "install"): ("-y", "--assumeyes"),
    ("docker", "system", "prune"): ("-f", "--force"),
    ("docker", "volume", "prune"): ("-f", "--force"),
    ("docker", "image", "prune"): ("-f", "--force"),
    ("docker", "container", "prune"): ("-f", "--force"),
    ("docker", "builder", "prune"): ("-f", "--force"),
    ("terraform", "apply"): ("-auto-approve", "--auto-approve", "-input"),
    ("terraform", "destroy"): ("-auto-approve", "--auto-approve"),
    ("az", "group", "delete"): ("-y", "--yes"),
    ("az", "login"): ("--service-principal", "--identity", "-i"),
    ("az", "aks", "delete"): ("-y", "--yes"),
    ("gcloud", "auth", "login"): ("--cred-file",),
    ("gh", "auth", "login"): ("--with-token",),
    ("aws", "configure"): (),
    ("aws", "sso", "login"): (),
    ("git", "rebase", "-i"): (),
    ("git", "add", "-p"): (),
    ("crontab", "-e"): (),
    ("kubectl", "edit"): (),
    ("systemctl", "edit"): ("--stdin",),
    ("docker", "attach"): ("--no-stdin",),
    ("docker", "login"): ("-p", "--password", "--password-stdin"),
    ("rails", "console"): (),
    ("gitlab-rails", "console"): (),
    ("rails", "c"): (),
}
"""Commands that ask or open something, each with the options that answer beforehand."""


class Interactive(Rule):
    id = "interactive"
    level = "warning"
    title = "A step waits for somebody at a terminal"
    why = "A run has no terminal: the step hangs until its timeout, while everybody believes that it works."
    fix = "use a form that asks nothing, or write it as a numbered item for a person"
    example = """\
## Diagnosis

```bash
docker exec -it shop-db psql -U shop
```
"""
    fixed = """\
## Diagnosis

```bash
docker exec shop-db psql -U shop -c 'select count(*) from orders'
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        for step, command in subject.commands():
            found = _waits(command) or (_sudo(command) if subject.by_itself else None)
            if found is not None:
                yield self.at(subject.line_of(step, command.row), f"{_short(command)} {found[0]}", found[1])


def _waits(command: Command) -> tuple[str, str] | None:
    """Why a command waits for a person, and what to write in its stead."""
    program = command.program
    for habit in _HABITS:
        if program in habit.programs:
            return None if habit.harmless(command) else (habit.why, habit.cure)
    if program in ("docker", "podman", "nerdctl", "docker-compose", "kubectl", "oc", "lxc"):
        found = _inside(command)
        if found is not None:
            return found
    if program == "oc" and not command.fed:
        found = _session_of_oc(command)
        if found is not None:
            return found
    if program == "ssh":
        return _ssh(command)
    if program in _SHELLS and not command.arguments and not command.fed:
        return "opens a shell", "write the commands themselves"
    if program == "read" and command.has("-p", "-s") and not command.fed:
        return "asks a question", "use a placeholder such as <NAME>: it is asked for before anything runs"
    if command.wrappers and command.wrappers[0].startswith("sudo -i") and not command.arguments:
        return "opens a session", "say what to run"
    return _asks(command)


def _inside(command: Command) -> tuple[str, str] | None:
    """`docker exec -it`, `kubectl run -it`: what stands inside runs without a terminal as well."""
    verb = next((each for each in command.plain(_EXEC_VALUED) if each in ("exec", "run")), "")
    if not verb:
        return None
    at = command.words.index(verb)
    own: list[str] = []
    for word in command.words[at + 1 :]:
        if word == "--" or (not word.startswith("-") and command.program not in ("kubectl", "oc")):
            break
        own.append(word)
    outside = Command(("exec", *own), (), command.row, looped=False, fed=command.fed)
    if not outside.has("-t", "--tty", "-ti", "-it"):
        return None
    return "wants a terminal", "take `-t` away and say what to run"


def _session_of_oc(command: Command) -> tuple[str, str] | None:
    """`oc rsh POD` and `oc debug NODE` without what to run there."""
    verb, *rest = command.plain(_EXEC_VALUED) or [""]
    if (verb == "rsh" and len(rest) == 1) or (verb == "debug" and "--" not in command.words):
        return "opens a session", f"say what to run there: `oc {verb} … -- COMMAND`"
    return None


def _ssh(command: Command) -> tuple[str, str] | None:
    if command.fed or command.has("-N", "-V", "-O", "-G", "-Q", "-f"):
        return None
    if len(command.plain(_SSH_VALUED)) == 1:
        return "opens a session on the other machine", "say what to run there: `ssh HOST 'COMMAND'`"
    return None


def _sudo(command: Command) -> tuple[str, str] | None:
    """Nobody can type a password in an automatic run."""
    wrapper = next((each for each in command.wrappers if each.startswith("sudo")), "")
    options = wrapper.split()[1:]
    if not wrapper or any(each == "-n" or each == "--non-interactive" for each in options):
        return None
    return "may be asked for a password by sudo", "write `sudo -n`: then it fails at once instead of waiting"


def _asks(command: Command) -> tuple[str, str] | None:
    if command.fed:
        return None
    for words, answers in _ASKING.items():
        if command.words[: len(words)] == words:
            if answers and command.has(*answers):
                return None
            if words == ("aws", "configure") and len(command.words) > 2:
                return None
            if words[:2] == ("terraform", "apply") and command.plain()[1:]:
                return None  # a plan that was made before is applied without a question
            cure = f"add `{answers[0]}`" if answers else "use a form that asks nothing"
            return "asks a person", cure
    return None


def _short(command: Command) -> str:
    words = " ".join(command.words)
    return words if len(words) <= 60 else words[:59] + "…"
