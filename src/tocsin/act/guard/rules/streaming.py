"""Which commands never end by themselves?"""

from __future__ import annotations

STREAMING: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = tuple(
    (words, frozenset(needs.split()), frozenset(unless.split()))
    for words, needs, unless in (
        ("tail", "-f -F --follow", ""),
        ("docker logs", "-f --follow", ""),
        ("docker compose logs", "-f --follow", ""),
        ("docker service logs", "-f --follow", ""),
        ("docker stats", "", "--no-stream"),
        ("docker events", "", "--until"),
        ("kubectl logs", "-f --follow", ""),
        ("kubectl get", "-w --watch --watch-only", ""),
        ("kubectl port-forward", "", ""),
        ("kubectl proxy", "", ""),
        ("stern", "", "--no-follow"),
        ("journalctl", "-f --follow", ""),
        ("dmesg", "-w --follow", ""),
        ("watch", "", ""),
        ("wrangler tail", "", ""),
        ("heroku logs", "-t --tail", ""),
        ("aws logs tail", "--follow", ""),
        ("ping", "", "-c -w"),
        ("top", "", "-n -b -l"),
        ("htop", "", ""),
        ("tcpdump", "", "-c"),
        ("supervisorctl tail", "-f", ""),
        ("pm2 logs", "", "--nostream"),
        ("pm2 monit", "", ""),
        ("kafka-console-consumer*", "", "--max-messages --timeout-ms"),
    )
)
"""Commands that never end by themselves: the words, flags of which one is needed, flags that end it."""
