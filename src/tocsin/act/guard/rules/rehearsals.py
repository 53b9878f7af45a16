"""With which options does a command only show what it would do?"""

from __future__ import annotations

REHEARSALS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = tuple(
    (tuple(words.split()), tuple(flags.split()))
    for words, flags in (
        ("kubectl *", "--dry-run"),
        ("helm *", "--dry-run"),
        ("argocd app *", "--dry-run"),
        ("aws *", "--dryrun --dry-run"),
        ("docker compose", "--dry-run"),
        ("rsync", "-n --dry-run"),
        ("rclone *", "-n --dry-run"),
        ("git push", "-n --dry-run"),
        ("git clean", "-n --dry-run"),
        ("git add", "-n --dry-run"),
        ("git rm", "-n --dry-run"),
        ("git fetch", "--dry-run"),
        ("git prune", "-n --dry-run"),
        ("apt", "-s --simulate --just-print --dry-run"),
        ("apt-get", "-s --simulate --just-print --dry-run"),
        ("yum", "--assumeno"),
        ("dnf", "--assumeno"),
        ("make", "-n --dry-run --just-print"),
        ("patch", "--dry-run"),
        ("logrotate", "-d --debug"),
        ("certbot *", "--dry-run"),
        ("npm *", "--dry-run"),
        ("cargo *", "--dry-run"),
        ("ansible-playbook", "-C --check --syntax-check --list-tasks --list-hosts"),
        ("puppet *", "--noop"),
        ("restic *", "-n --dry-run"),
        ("borg *", "-n --dry-run"),
        ("zfs destroy", "-n"),
        ("wrangler *", "--dry-run"),
        ("terraform apply", "-help"),
        ("userdel", "--help"),
        ("rm", "--help"),
    )
)
"""The first words of a command, and the options of which one is enough. `--dry-run=none` is none."""
