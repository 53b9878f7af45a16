"""What do the programs of databases, queues and key stores do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

STORES: tuple[Rule, ...] = (
    # Data stores and queues
    *rules(
        "read",
        "copies the data out and changes nothing",
        "pg_dump|pg_dumpall|mysqldump|pg_basebackup|mongodump",
    ),
    *rules(
        "change",
        "writes a file",
        """pg_dump|pg_dumpall -f|--file
        mysqldump -r|--result-file
        pg_basebackup -D|--pgdata""",
    ),
    *rules("change", "restores data", "pg_restore|mongorestore|mysqlimport"),
    *rules(
        "destroy",
        "drops what stands there before it restores",
        """pg_restore -c|--clean
        mongorestore --drop""",
    ),
    *rules("destroy", "drops a database or a role", "dropdb|dropuser"),
    *rules("change", "makes a database or a role", "createdb|createuser"),
    *rules("change", "maintains tables", "vacuumdb|reindexdb|clusterdb|pg_repack"),
    *rules(
        "read", "shows the server", "mysqladmin ping|status|extended-status|processlist|variables|version"
    ),
    *rules("change", "acts on the server", "mysqladmin|pg_ctl|pg_ctlcluster|patronictl|repmgr"),
    *rules(
        "read",
        "shows the servers",
        """pg_ctl status
        pg_lsclusters
        patronictl list|history|show-config|topology""",
    ),
    *rules("destroy", "ends sessions or the server", "mysqladmin kill|shutdown|drop|flush-hosts"),
    *rules(
        "destroy",
        "may lose writes that were not replicated",
        """patronictl failover|reinit|remove
        pg_ctl promote
        pg_resetwal""",
    ),
    *rules(
        "read", "shows queues", "rabbitmqctl list_*|status|cluster_status|report|environment|ping|version"
    ),
    *rules(
        "read",
        "shows queues",
        """rabbitmq-diagnostics
        rabbitmqadmin list|show|get""",
    ),
    *rules("change", "acts on queues", "rabbitmqctl|rabbitmqadmin"),
    *rules(
        "destroy",
        "drops messages",
        """rabbitmqctl purge_queue|delete_queue|reset|force_reset|delete_vhost|forget_cluster_node
        rabbitmqadmin purge|delete""",
        "move the messages to another queue",
    ),
    *rules(
        "read",
        "shows topics and groups",
        """kafka-topics* --list|--describe
        kafka-consumer-groups* --list|--describe
        kafka-configs* --describe
        kafka-console-consumer*
        kafkacat|kcat -L|-C
        kafka-log-dirs*
        kafka-broker-api-versions*""",
    ),
    *rules("change", "changes topics or groups", "kafka-*"),
    *rules(
        "destroy",
        "drops messages, or skips them",
        """kafka-topics* --delete
        kafka-consumer-groups* --reset-offsets|--delete|--delete-offsets
        kafka-delete-records*""",
    ),
    *rules(
        "read",
        "looks keys up",
        """etcdctl get|member|endpoint|watch|version|alarm
        vault status|read|list|version
        vault kv get|list""",
    ),
    *rules("change", "writes keys", "etcdctl|vault|consul|nomad"),
    *rules(
        "destroy",
        "deletes keys",
        """etcdctl del|compact
        vault delete|revoke
        vault kv delete|destroy|metadata
        vault operator""",
    ),
    *rules(
        "read",
        "shows the cluster",
        """consul members|catalog|info|monitor
        consul kv get
        nomad status|alloc|node|job status
        nomad server members""",
    ),
    *rules(
        "destroy",
        "deletes keys or jobs",
        """consul kv delete
        consul leave|force-leave
        nomad job stop|dispatch
        nomad system gc""",
    ),
    *rules(
        "read",
        "asks the monitoring",
        """amtool alert|config|check-config
        amtool silence query
        logcli query|labels|series""",
    ),
    *rules(
        "change",
        "changes silences",
        """amtool silence add|update|expire|import
        amtool""",
    ),
    *rules(
        "read",
        "watches queries",
        """celery inspect|status|report
        sidekiqmon""",
    ),
    *rules("change", "acts on workers", "celery"),
    *rules("destroy", "drops tasks that wait", "celery purge|amqp", "let the workers drain the queue"),
)
