"""How is it broken? Each fault is a real one, and only the commands of one rung of the runbook's ladder cure it.

Rung 1 restarts the API, rung 2 Postgres and Redis and then the API, rung 3 makes every container anew. What a fault
did to a process is gone after a restart; what it did to Redis or to the sessions of Postgres, after theirs; what it did
to a container, its limits, its network or the data in its layer, only when there is a new one.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from demo.containers.stack import COMMAND_WITHIN_S, ContainerStack
from demo.faults import Damage, Fault
from demo.stack import StackBroken

FIRST, SECOND, THIRD = "attempt 1", "attempt 2", "attempt 3"
CLIENTS = 40
COPIES = 40


def _kill_api(stack: ContainerStack) -> str:
    _done(stack.compose("kill", "api"))
    return "SIGKILL to the three API processes, by hand: nobody starts them again"


def _freeze_api(stack: ContainerStack) -> str:
    _done(stack.compose("kill", "--signal", "STOP", "api"))
    return "SIGSTOP to the three API processes: they hold their ports and say nothing"


def _fill_spool(stack: ContainerStack) -> str:
    for index in _replicas(stack):
        words = ("exec", "-T", "--index", index, "api", "sh", "-c")
        stack.compose(*words, "yes | head -c 2M > /srv/spool/core.dump")  # ends with an error: no space left
    return "a core dump fills the spool of each API container"


def _fill_redis(stack: ContainerStack) -> str:
    filled = "for i = 1, 5000 do redis.call('rpush', 'sessions', string.rep('x', 4096)) end "
    _redis(stack, "eval", f"{filled} redis.call('copy', 'sessions', 'sessions:backup')", "0")
    return "a job copied the sessions without an expiry: Redis holds more than its 24 MB"


def _freeze_redis(stack: ContainerStack) -> str:
    _done(stack.compose("kill", "--signal", "STOP", "redis"))
    return "SIGSTOP to Redis"


def _crowd_redis(stack: ContainerStack) -> str:
    holders = f"for i in $(seq {CLIENTS}); do redis-cli subscribe nothing & done; wait"
    _done(stack.compose("exec", "-d", "redis", "sh", "-c", holders))
    deadline = time.monotonic() + COMMAND_WITHIN_S
    while _redis(stack, "client", "list", "type", "pubsub").count("laddr=") < CLIENTS:
        if time.monotonic() > deadline:
            raise StackBroken("the subscribers did not come")
        time.sleep(0.1)
    # By one connection, which is in already: a second one might find no place any more.
    shut = f"config set maxclients {CLIENTS}\\nclient kill type normal\\n"
    _done(stack.compose("exec", "-T", "redis", "sh", "-c", f"printf '{shut}' | redis-cli -e"))
    return f"{CLIENTS} subscribers hold the {CLIENTS} places that Redis has"


def _spoil_settings(stack: ContainerStack) -> str:
    _redis(stack, "set", "settings", "{limit: 10")
    return "settings that are no JSON were stored in Redis: each API process ends a second after its start"


def _lock_tables(stack: ContainerStack) -> str:
    _psql(stack, "begin; lock table rating in access exclusive mode; select pg_sleep(36000)", detach=True)
    return "a session of Postgres holds a lock on the ratings and never ends"


def _crowd_postgres(stack: ContainerStack) -> str:
    holder = f"for i in $(seq {CLIENTS}); do psql -U reco -c 'select pg_sleep(36000)' & done; wait"
    _done(stack.compose("exec", "-d", "postgres", "sh", "-c", holder))
    return f"{CLIENTS} sessions sleep in Postgres, which takes 30"


def _slow_database(stack: ContainerStack) -> str:
    """The copies first, which disturb nobody; without its index the table is slow from one moment to the next."""
    copied = f"insert into rating select reader, title, stars from rating, generate_series(2, {COPIES})"
    _psql(stack, copied)
    _psql(stack, "drop index rating_reader")
    return "a migration dropped the index rating_reader and left forty copies of every rating"


def _throttle_api(stack: ContainerStack) -> str:
    _done(stack.engine.docker("update", "--cpus", "0.02", *stack.containers("api")))
    return "each API container has a fiftieth of a processor left"


def _starve_api(stack: ContainerStack) -> str:
    limit = ("--memory", "24m", "--memory-swap", "24m")
    processes = stack.containers("api")
    # What they hold already is more, so that they would not take the limit.
    _done(stack.compose("kill", "api"))
    _done(stack.engine.docker("update", *limit, *processes))
    _done(stack.engine.docker("start", *processes))
    return "each API container has 24 MB left: killed for want of memory, again and again"


def _cut_network(stack: ContainerStack) -> str:
    for container in stack.containers("postgres"):
        _done(stack.engine.docker("network", "disconnect", "reco_default", container))
    return "Postgres is cut off the network of the others"


def _ruin_everything(stack: ContainerStack) -> str:
    for file in sorted(stack.seed.glob("*.csv")):
        _garbage(file)
    _psql(stack, "drop table rating, neighbour")
    return "the tables are dropped, and the seed that they are built from is garbage"


def _fault(name: str, cured_by: str, break_it: Callable[[ContainerStack], str]) -> Fault[ContainerStack]:
    def damage(stack: ContainerStack) -> Damage:
        at = time.time()
        return Damage(at=at, text=break_it(stack))

    return Fault(name=name, cured_by=cured_by, break_it=damage)


CONTAINER_FAULTS = {
    fault.name: fault
    for fault in (
        _fault("api-killed", FIRST, _kill_api),
        _fault("api-frozen", FIRST, _freeze_api),
        _fault("spool-full", FIRST, _fill_spool),
        _fault("redis-memory", SECOND, _fill_redis),
        _fault("redis-frozen", SECOND, _freeze_redis),
        _fault("redis-clients", SECOND, _crowd_redis),
        _fault("crash-loop", SECOND, _spoil_settings),
        _fault("postgres-locked", SECOND, _lock_tables),
        _fault("postgres-clients", SECOND, _crowd_postgres),
        _fault("slow-database", THIRD, _slow_database),
        _fault("cpu-throttled", THIRD, _throttle_api),
        _fault("out-of-memory", THIRD, _starve_api),
        _fault("network-cut", THIRD, _cut_network),
        _fault("everything", "degrading", _ruin_everything),
    )
}


def _replicas(stack: ContainerStack) -> list[str]:
    return [str(number + 1) for number in range(len(stack.containers("api")))]


def _redis(stack: ContainerStack, *words: str) -> str:
    done = stack.compose("exec", "-T", "redis", "redis-cli", "-e", *words)
    _done(done)
    return done.stdout


def _psql(stack: ContainerStack, statement: str, *, detach: bool = False) -> None:
    words = ("-d" if detach else "-T", "postgres", "psql", "-h", "127.0.0.1", "-U", "reco", "-c", statement)
    _done(stack.compose("exec", *words))


def _garbage(file: Path) -> None:
    """Over the first half; in place, since the containers mount this very file."""
    with file.open("r+b") as stream:
        stream.write(b"\xde\xad\xbe\xef" * (file.stat().st_size // 8))


def _done(done: subprocess.CompletedProcess[str]) -> None:
    """Raises StackBroken where a command of the fault itself went wrong."""
    if done.returncode:
        raise StackBroken(f"{' '.join(done.args)}: {done.stderr}")
