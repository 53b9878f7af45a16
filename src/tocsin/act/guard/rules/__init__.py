"""Which commands do what? The guard's table, as data: a pattern, a level, a plain sentence, a safer way.

Sources: the manual pages of the programs, docs.docker.com/reference/cli, kubernetes.io/docs/reference/kubectl,
git-scm.com/docs, docs.aws.amazon.com/cli, supervisord.org, redis.io/docs.
"""

from tocsin.act.guard.rules.cloud import CLOUD
from tocsin.act.guard.rules.containers import CONTAINERS
from tocsin.act.guard.rules.machine import MACHINE
from tocsin.act.guard.rules.network import NETWORK
from tocsin.act.guard.rules.pattern import Rule
from tocsin.act.guard.rules.stores import STORES
from tocsin.act.guard.rules.tools import TOOLS

TABLES: dict[str, tuple[Rule, ...]] = {
    "The machine": MACHINE,
    "The network": NETWORK,
    "Containers and clusters": CONTAINERS,
    "Version control, software, interpreters": TOOLS,
    "Clouds": CLOUD,
    "Databases, queues, key stores": STORES,
}
"""The rules by what they are about."""

RULES: tuple[Rule, ...] = tuple(rule for table in TABLES.values() for rule in table)

__all__ = ["RULES", "TABLES", "Rule"]
