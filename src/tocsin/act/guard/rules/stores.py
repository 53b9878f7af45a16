"""What do the programs of databases, queues and key stores do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

STORES: tuple[Rule, ...] = (
    # Databases
    *rules(
        "read",
        "copies the data out and changes nothing",
        "pg_dump|pg_dumpall|mysqldump|mariadb-dump|pg_basebackup|mongodump|mongoexport|mysqlbinlog|sqldiff",
    ),
    *rules(
        "change",
        "writes a file",
        """pg_dump|pg_dumpall -f|--file
        mysqldump -r|--result-file
        mongodump|mongoexport -o|--out|--archive
        pg_basebackup -D|--pgdata
        redis-dump|mydumper|xtrabackup|mariabackup""",
    ),
    *rules("change", "restores data", "pg_restore|mongorestore|mongoimport|mysqlimport|myloader"),
    *rules("read", "lists what a backup holds", "pg_restore -l|--list"),
    *rules(
        "destroy",
        "drops what stands there before it restores",
        """pg_restore -c|--clean
        mongorestore|mongoimport --drop
        xtrabackup --copy-back|--move-back""",
        "restore into a new database, and rename it",
    ),
    *rules(
        "destroy",
        "drops a database or a role",
        "dropdb|dropuser",
        "ALTER DATABASE … RENAME keeps it for some days",
    ),
    *rules("change", "makes a database or a role", "createdb|createuser|initdb"),
    *rules(
        "change", "maintains tables", "vacuumdb|reindexdb|clusterdb|pg_repack|mysqlcheck|pgbench|pgloader"
    ),
    *rules("read", "looks for mistakes in tables", "mysqlcheck|mariadb-check -c|--check"),
    *rules(
        "read",
        "shows the server or its files",
        "pg_controldata|pg_waldump|pg_amcheck|pg_checksums|innochecksum|pgbadger",
    ),
    *rules("change", "sets checksums", "pg_checksums -e|-d|--enable|--disable"),
    *rules(
        "read",
        "shows what was slow",
        "mysqldumpslow|pt-query-digest|pt-summary|pt-mysql-summary|pt-duplicate-key-checker",
    ),
    *rules(
        "destroy",
        "ends sessions, or deletes rows",
        """pt-kill --kill|--kill-query
        pt-archiver --purge""",
        "--print and --dry-run show what it would do",
    ),
    *rules("change", "acts on tables", "pt-online-schema-change|pt-table-sync|pt-archiver|gh-ost|pt-kill"),
    *rules(
        "read",
        "shows the server",
        """mysqladmin ping|status|extended-status|processlist|variables|version
        pg_ctl status
        pg_lsclusters
        patronictl list|history|show-config|topology
        repmgr cluster|node show|status|check|matrix
        barman|pgbackrest check|info|list-backup|list-server|show-backup|show-server|verify|version""",
    ),
    *rules("change", "acts on the server", "mysqladmin|pg_ctl|pg_ctlcluster|repmgr|mysqld_safe|postgres"),
    *rules(
        "destroy",
        "ends sessions or the server",
        "mysqladmin kill|shutdown|drop|flush-hosts|stop-slave",
        "mysqladmin processlist shows whom it would end",
    ),
    *rules(
        "destroy",
        "may lose writes that were not replicated",
        """patronictl failover|reinit|remove|switchover
        pg_ctl promote
        pg_resetwal
        pg_rewind
        pg_dropcluster
        repmgr standby promote""",
        "look at the lag of the replica first: patronictl list",
    ),
    # Queues
    *rules(
        "read",
        "shows queues",
        """rabbitmqctl list_*|status|cluster_status|report|environment|ping|version|help|node_health_check
        rabbitmq-diagnostics
        rabbitmqadmin list|show|get
        rabbitmq-plugins list""",
    ),
    *rules("change", "acts on queues", "rabbitmqctl|rabbitmqadmin"),
    *rules(
        "destroy",
        "drops messages, queues, or what others are doing",
        """rabbitmqctl purge_queue|delete_*|reset|force_reset|forget_cluster_node|clear_*|close_*|stop|eval
        rabbitmqadmin purge|delete|close""",
        "move the messages to another queue",
    ),
    *rules(
        "read",
        "shows topics and groups",
        """kafka-topics* --list|--describe
        kafka-consumer-groups* --list|--describe|--state|--members
        kafka-configs* --describe
        kafka-acls* --list
        kafka-console-consumer*
        kafkacat|kcat -L|-C|-Q
        kafka-log-dirs*
        kafka-get-offsets*|kafka-dump-log*|kafka-metadata-quorum*
        kafka-reassign-partitions* --verify|--generate|--list
        kafka-broker-api-versions*""",
    ),
    *rules("change", "changes topics or groups", "kafka-*|kafkacat|kcat"),
    *rules(
        "destroy",
        "drops messages, or skips them",
        """kafka-topics* --delete
        kafka-consumer-groups* --reset-offsets|--delete|--delete-offsets
        kafka-delete-records*
        kafka-acls* --remove
        kafka-configs* --delete-config
        kafka-streams-application-reset*""",
        "without --execute, --reset-offsets shows what it would do",
    ),
    # Keys
    *rules(
        "read",
        "looks keys up",
        """etcdctl get|watch|version|check
        etcdctl member|alarm|user|role|lease list
        etcdctl endpoint health|status|hashkv
        etcdctl snapshot status
        vault status|read|list|version
        vault kv get|list
        vault kv metadata get
        vault token|lease|audit|auth|secrets|policy|plugin lookup|list|read|capabilities
        vault operator raft list-peers""",
    ),
    *rules(
        "change",
        "writes keys",
        """etcdctl
        etcdctl member add|update|promote
        etcdctl snapshot save
        nodetool
        nodetool flush|repair|compact|cleanup|drain|snapshot|scrub|rebuild
        vault operator unseal|init
        vault login|write|unwrap
        consul
        consul snapshot save""",
    ),
    *rules(
        "destroy",
        "deletes keys, or puts them out of reach",
        """etcdctl del|compact|rm|rmdir
        etcdctl member|lease remove|revoke
        etcdctl snapshot restore
        vault delete|revoke
        vault kv delete|destroy|metadata
        vault lease|token revoke
        vault operator *
        vault secrets|auth|audit disable
        vault policy delete""",
        "take a snapshot first",
    ),
    *rules(
        "read",
        "shows the cluster",
        """consul members|catalog|info|monitor|version|rtt|validate
        consul kv get|export
        consul operator raft list-peers
        consul acl|intention|config list|read
        nomad status|version
        nomad alloc|node|job|deployment|server|eval|namespace status|logs|members|list|history|inspect|plan|checks
        zkServer* status
        nodetool status|info|tpstats|ring|describecluster|netstats|compactionstats|tablestats|cfstats|gossipinfo
        memcached-tool * stats|display|dump|settings|sizes
        mongostat|mongotop|certutil""",
    ),
    *rules(
        "destroy",
        "deletes keys or jobs, or takes a server away",
        """consul kv delete
        consul leave|force-leave
        consul snapshot restore
        nomad job stop|dispatch
        nomad stop
        nomad system gc""",
        "consul snapshot save, or nomad job scale NAME 0, first",
    ),
    # Monitoring and work
    *rules(
        "read",
        "asks the monitoring",
        """amtool alert|config|check-config
        amtool alert query
        amtool config show|routes
        amtool silence query
        promtool check|query|test|debug
        logcli query|labels|series|instant-query""",
    ),
    *rules(
        "change",
        "changes silences or alerts",
        """amtool silence add|update|expire|import
        amtool alert add
        amtool
        promtool""",
    ),
    *rules(
        "read",
        "watches the workers",
        """celery inspect|status|report|events|list
        sidekiqmon
        rq info""",
    ),
    *rules("change", "acts on workers", "celery|rq"),
    *rules(
        "destroy", "drops tasks that wait", "celery purge|amqp\nrq empty", "let the workers drain the queue"
    ),
    *rules(
        "destroy",
        "stops workers, or forgets their tasks",
        "celery control shutdown|revoke|terminate",
        "celery inspect active first",
    ),
)
