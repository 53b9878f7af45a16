"""What do version control, package managers and interpreters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

_STASH = "git stash keeps them"

TOOLS: tuple[Rule, ...] = (
    # Version control and building
    *rules(
        "read",
        "shows the repository",
        """git $
        git status|log|diff|show|rev-parse|describe|blame|ls-files|ls-remote|ls-tree|shortlog|reflog|grep|cat-file
        git rev-list|merge-base|name-rev|show-ref|for-each-ref|var|count-objects|fsck|whatchanged|annotate|help|version
        git range-diff|cherry|diff-tree|check-ignore|archive|verify-commit|verify-tag
        git branch|tag|remote|stash|config|worktree -l|--list|-v|-vv|-a|--get|--get-all|-r|--show-current|--contains
        git branch|tag --merged|--no-merged|--points-at|-n
        git branch|tag|remote|submodule
        git remote show|get-url
        git stash list|show
        git worktree|notes list
        git submodule status|summary
        git bisect log
        git lfs ls-files|status|env
        git config list|get
        git --version""",
    ),
    *rules(
        "change",
        "changes the repository",
        """git *
        git branch|tag|remote|config|stash|bisect|lfs|worktree|submodule *
        git stash|reset|rm|fetch|pull|merge|rebase|commit|checkout|switch|cherry-pick|revert|add|mv
        git clone|init|am|apply""",
    ),
    *rules(
        "destroy",
        "drops changes that were not committed",
        """git reset --hard|--merge|--keep
        git restore
        git checkout --|-f|--force
        git checkout .
        git checkout * .
        git switch -f|--force|--discard-changes
        git rm -f|--force
        git worktree remove""",
        _STASH,
    ),
    *rules("change", "takes changes out of the index", "git restore --staged", "git status shows the index"),
    *rules("destroy", "removes files that git does not know", "git clean", "git clean -n lists them"),
    *rules(
        "destroy", "drops what was put aside", "git stash drop|clear", "git stash show -p > file keeps it"
    ),
    *rules(
        "destroy",
        "removes a branch or a tag with its commits",
        """git branch -D|--delete
        git tag -d|--delete
        git update-ref -d
        git remote prune""",
        "git branch -d asks whether it was merged; git log NAME > file keeps the way back",
    ),
    *rules(
        "destroy",
        "writes history again",
        """git filter-branch|filter-repo
        git reflog expire|delete
        git gc|prune --prune
        git prune""",
        "git clone --mirror keeps a copy first; git revert keeps history",
    ),
    *rules(
        "change",
        "builds software",
        "make|mvn|gradle|cmake|ninja|just|task|rake|tox|nox|poetry|bundle|cargo|go|uv|yarn|npm",
    ),
    *rules("change", "installs software", "pip|pip3|gem|composer|pipx"),
    *rules(
        "read",
        "shows software",
        """npm|yarn ls|list|view|outdated|why|info|whoami|ping|root|explain|search|doctor|help
        npm|yarn audit
        npm|yarn version $
        npm config get|list|ls
        npm run $
        brew services list|info
        pip|pip3 list|show|freeze|check|index|debug
        pip|pip3 config list|get|debug
        uv pip list|show|freeze|check
        gem list|info|environment|search
        cargo tree|search|metadata|check
        go version|env|list|vet|doc
        poetry show|check
        poetry env info|list
        bundle list|show|info|outdated
        composer show|outdated|validate
        mvn dependency:tree|help:effective-pom
        gh auth status
        gh run watch
        restic snapshots|key|locks""",
    ),
    *rules("change", "installs or writes something", "npm audit fix", "npm audit alone only looks"),
    *rules("change", "sets how go builds", "go env -w"),
    *rules(
        "change",
        "installs software",
        "apt|apt-get|aptitude|yum|dnf|microdnf|apk|zypper|brew|snap|dpkg|rpm|pacman|flatpak|choco|winget|port|nix-env",
    ),
    *rules(
        "read",
        "shows software",
        """apt|apt-get|aptitude list|show|search|policy|depends|rdepends|changelog
        apt-mark showhold|showmanual|showauto
        yum|dnf list|info|search|history|repolist|check-update|provides|whatprovides|deplist|repoquery|updateinfo
        apk list|info|search|policy|stats
        zypper list-updates|info|search|repos|lr|lu|se|if
        dpkg -l|-L|-s|-S|-V|-I|-c|--list|--status|--listfiles|--search|--verify|--get-selections
        rpm -q|-qa|-qi|-ql|-V|-Va|--query|--verify|-K
        pacman -Q|-Ss|-Si
        brew list|info|outdated|deps|doctor|search|config
        snap list|info|services|find|changes|connections
        choco|winget list|search|info|outdated|show""",
    ),
    *rules("change", "keeps software as it is", "apt-mark"),
    *rules(
        "destroy",
        "removes software, and what depends on it",
        """apt|apt-get|aptitude remove|purge|autoremove|autopurge
        dpkg -r|-P|--remove|--purge
        yum|dnf|microdnf|zypper remove|erase|autoremove|rm
        rpm -e|--erase
        pacman -R|-Rs|-Rns
        apk del
        pip|pip3 uninstall
        yarn remove""",
        "stop its service; apt-get -s remove shows what would go with it",
    ),
    *rules(
        "destroy",
        "goes back behind later installations",
        "yum|dnf history undo|rollback",
        "yum history info shows what it would undo",
    ),
    *rules("change", "drops what was only kept to be quick", "yum|dnf|apt-get|apt clean"),
    *rules(
        "destroy",
        "publishes for good",
        """npm|cargo|poetry|yarn publish
        npm unpublish|deprecate""",
        "npm publish --dry-run shows what it would publish",
    ),
    *rules(
        "destroy",
        "empties or goes back behind the data of an application",
        """alembic|flyway|liquibase downgrade|clean|rollback|drop-all|undo
        knex migrate:rollback
        django-admin flush|sqlflush|reset_db
        rails|rake db:drop|db:reset|db:purge|db:rollback|db:migrate:reset|db:schema:load""",
        "take a backup of the database first",
    ),
    *rules(
        "read",
        "shows the migrations of an application",
        """alembic current|history|heads|show|branches
        flyway|liquibase info|status|validate|history
        rails|rake db:migrate:status|routes|about|stats|db:version|notes""",
    ),
    *rules(
        "change", "changes the data of an application", "alembic|flyway|liquibase|rails|knex|django-admin"
    ),
    *rules(
        "change",
        "changes many machines",
        "ansible|ansible-playbook|ansible-pull|salt|salt-call|chef-client|cfengine|fab",
        "ansible-playbook --check --diff shows what would change",
    ),
    *rules("read", "lists what it knows", "ansible-doc|ansible-config|ansible-lint|facter"),
    # Shell itself
    *rules(
        "change",
        "runs a program that is not looked into",
        "python|python3|node|ruby|perl|php|deno|bun|java|lua|Rscript",
    ),
    *rules(
        "read",
        "tells a version",
        """python|python3 -V|--version
        node|ruby|perl|php|deno|bun -v|--version
        java -version|--version
        php -m|-i|--ini|-l""",
    ),
    *rules(
        "read",
        "shows history or jobs",
        """history
        jobs""",
    ),
    *rules("destroy", "forgets the history", "history -c|-d", "history > file keeps it"),
    *rules("read", "writes a line into the log", "logger|systemd-cat"),
    *rules(
        "destroy",
        "is a statement of a database and no command",
        "DELETE|DROP|TRUNCATE|FLUSHALL|FLUSHDB|UPDATE|ALTER",
        "psql -c '…' or redis-cli …, in a block of its kind",
    ),
    *rules(
        "read",
        "is a statement of a database and no command; it looks",
        "SELECT|SHOW|EXPLAIN|DESCRIBE",
        "psql -c '…', in a block of its kind",
    ),
)
