"""What do version control, package managers and interpreters do?"""

from __future__ import annotations

from tocsin.act.guard.rules.pattern import Rule, rules

TOOLS: tuple[Rule, ...] = (
    # Version control and building
    *rules(
        "read",
        "shows the repository",
        """git status|log|diff|show|rev-parse|describe|blame|ls-files|ls-remote|ls-tree|shortlog|reflog|grep|cat-file
        git branch|tag|remote|stash|config|worktree -l|--list|-v|-vv|-a|--get|--get-all|-r|--show-current
        git branch
        git remote
        git remote show|get-url
        git stash list|show
        git bisect log
        git --version""",
    ),
    *rules(
        "change",
        "changes the repository",
        """git
        git branch|tag|remote|config|stash *
        git stash""",
    ),
    *rules(
        "destroy", "drops changes that were not committed", "git reset --hard|--merge", "git stash keeps them"
    ),
    *rules("destroy", "removes files that git does not know", "git clean", "git clean -n lists them"),
    *rules("read", "lists files that git does not know", "git clean -n|--dry-run"),
    *rules(
        "destroy",
        "drops changes that were not committed",
        """git restore
        git checkout --|-f|--force""",
    ),
    *rules("destroy", "drops what was put aside", "git stash drop|clear"),
    *rules(
        "destroy",
        "removes a branch with its commits",
        "git branch -D",
        "git branch -d asks whether it was merged",
    ),
    *rules(
        "destroy",
        "writes history again",
        """git filter-branch|filter-repo
        git reflog expire|delete
        git gc --prune""",
    ),
    *rules(
        "change",
        "builds or installs software",
        "make|npm|yarn|pnpm|pip|pip3|uv|poetry|bundle|cargo|go|mvn|gradle",
    ),
    *rules(
        "read",
        "shows software",
        """npm|pnpm|yarn ls|list|view|outdated|audit|why|info|version
        pip|pip3 list|show|freeze|check
        uv pip list|show|freeze
        go version|env|list|vet
        gh pr|run|issue|release|workflow list|view|status|diff|checks
        gh run watch""",
    ),
    *rules(
        "change", "installs or removes software", "apt|apt-get|yum|dnf|apk|zypper|brew|snap|dpkg|rpm|pacman"
    ),
    *rules(
        "read",
        "shows software",
        """apt|apt-get list|show|search|policy
        yum|dnf list|info|search|history|repolist|check-update
        apk list|info|search
        dpkg -l|-L|-s|-S|--list|--status
        rpm -q|-qa|-qi|-ql|-V|--query
        brew list|info
        snap list|info|services""",
    ),
    *rules(
        "destroy",
        "removes software with its configuration",
        """apt|apt-get purge|autoremove
        dpkg -P|--purge""",
    ),
    *rules(
        "destroy",
        "publishes for good",
        """npm|cargo|poetry|yarn publish
        npm unpublish""",
    ),
    # Shell itself
    *rules(
        "change",
        "runs a program that is not looked into",
        "python|python3|node|ruby|perl|php|deno|bun|java|lua",
    ),
    *rules(
        "read",
        "reads a document or a version",
        """python|python3 -V|--version
        node|ruby|perl|php|deno|bun -v|--version
        java -version|--version""",
    ),
    *rules("destroy", "gives a name to a command built at run time", "alias"),
    *rules(
        "read",
        "shows history or jobs",
        """history
        jobs""",
    ),
    *rules("destroy", "forgets the history", "history -c"),
    *rules("read", "writes a line into the log", "logger"),
)
