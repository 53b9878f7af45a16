"""What a rule must not say, and what it must: cases beside its example."""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.lint import lint
from tocsin.respond.runbooks.reader import read


def _rules(text: str) -> set[str]:
    data = text.encode()
    return {each.rule for each in lint(read("shop.md", data), data)}


def _step(command: str, language: str = "bash") -> str:
    return f"## Diagnosis\n\nWhat is it:\n\n```{language}\n{command}\n```\n"


@pytest.mark.parametrize(
    "command",
    [
        "vi /etc/hosts",
        "sudo nano /etc/hosts",
        "less /var/log/syslog",
        "top",
        "htop",
        "psql -U shop",
        "mysql -u root -p",
        "redis-cli -h cache -p 6379",
        "mongosh mongodb://db/shop",
        "sqlite3 shop.db",
        "docker exec -it db bash",
        "docker exec -it db psql -c 'select 1'",
        "kubectl exec -ti pod/shop -- sh",
        "kubectl -n shop exec -it pod -- cat /etc/hosts",
        "kubectl edit configmap shop",
        "docker run --rm -it alpine",
        "oc rsh -n shop pod-1",
        "oc debug node/worker-1",
        "ssh db-1",
        "ssh -i key.pem admin@db-1",
        "read -p 'go on? ' answer",
        "su - postgres",
        "crontab -e",
        "apt-get install jq",
        "terraform apply",
        "az login",
        "python3",
        "bash",
    ],
)
def test_this_waits_for_somebody(command: str) -> None:
    assert "interactive" in _rules(_step(command))


@pytest.mark.parametrize(
    "command",
    [
        "top -b -n 1",
        "psql -c 'select 1'",
        "psql -At shop < query.sql",
        "echo 'select 1' | psql",
        'psql "$DATABASE_URL" -c "select 1"',
        "mysql -e 'select 1'",
        "redis-cli -h cache info memory",
        "redis-cli --bigkeys",
        "mongosh --eval 'db.stats()'",
        "sqlite3 shop.db 'select 1'",
        "docker exec db psql -c 'select 1'",
        "docker exec -i db psql < dump.sql",
        "kubectl exec deploy/shop -- printenv",
        "kubectl logs -f deploy/shop",
        "kubectl get pods --watch=false -t",
        "oc rsh -n shop pod-1 cat /etc/hosts",
        "oc debug node/worker-1 -- chroot /host df -h",
        "docker run --rm alpine ls -t",
        "ssh db-1 uptime",
        "ssh -o ConnectTimeout=5 admin@db-1 'tail -n 5 /var/log/syslog'",
        "ssh -N -L 5432:db:5432 bastion",
        "echo uptime | ssh db-1",
        "while read -r line; do echo $line; done < hosts",
        "su postgres -c 'psql -l'",
        "crontab -l",
        "apt-get install -y jq",
        "terraform apply -auto-approve",
        "terraform apply plan.out",
        "az login --identity",
        "python3 check.py",
        "python3 -c 'print(1)'",
        "bash restart.sh",
        "sudo systemctl restart shop",
        "grep -i top /etc/passwd",
    ],
)
def test_this_asks_nobody(command: str) -> None:
    assert "interactive" not in _rules(_step(command))


@pytest.mark.parametrize(
    "line",
    [
        "PGPASSWORD=Winter-2031 psql -h db",
        "mysql -u shop -pW1nter2031 shop",
        "curl -f -u admin:W1nter2031 http://db:8080/",
        "curl -f -H 'Authorization: Bearer 9f8e7d6c5b4a3f2e1d0c' http://db:8080/",
        "export DB_PASSWORD='W1nter2031!'",
        "psql postgres://shop:W1nter2031@db:5432/shop -c 'select 1'",
        "sshpass -p W1nter2031 ssh db uptime",
        "api_key: 9f8e7d6c5b4a3f2e",
        "CREATE USER shop WITH PASSWORD 'W1nter2031'",
    ],
)
def test_this_is_a_secret(line: str) -> None:
    assert "secret-in-text" in _rules(_step(line))
    assert "secret-in-text" in _rules(f"# Shop\n\nUse this: `{line}`\n")


@pytest.mark.parametrize(
    "line",
    [
        'PGPASSWORD="$DATABASE_PASSWORD" psql -h db',
        "PGPASSWORD=<PASSWORD> psql -h db",
        "mysql -u shop -p shop",
        "mysql -u shop -p$MYSQL_PASSWORD shop",
        "mkdir -p a1b2c3d4/e5",
        "curl -f -u admin:$PASSWORD http://db:8080/",
        "curl -f -H 'Authorization: Bearer $TOKEN' http://db:8080/",
        "curl -f -H 'Authorization: Bearer YOUR_TOKEN' http://db:8080/",
        "export DB_PASSWORD=changeme1",
        "psql postgres://user:password@db:5432/shop -c 'select 1'",
        "psql postgres://postgres:postgres@db/shop -c 'select 1'",
        "kubectl get secret shop-token-x7k2p",
        "aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE",
        "password = get_password(user1)",
        "token: env:API_TOKEN_2",
        "CREATE USER shop WITH PASSWORD 'hunter2'",
        "docker pull redis:7.2@sha256",
        "secret=s3/bucket/path",
    ],
)
def test_this_is_no_secret(line: str) -> None:
    assert "secret-in-text" not in _rules(_step(line))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("docker compose down -v", True),
        ("docker compose down -v  # WARNING: the data is gone", False),
        ("docker compose down -v  # 注意，資料會不見", False),
        ("docker compose restart", False),
        ("kubectl delete namespace shop", True),
    ],
)
def test_a_destructive_command_wants_a_word_of_warning(command: str, said: bool) -> None:
    page = f"## Resolution\n\n### Option 1: From the beginning\n\n```bash\n{command}\n```\n"
    assert ("unguarded-destroy" in _rules(page)) is said


@pytest.mark.parametrize(
    "words",
    [
        "Careful: every order of today is gone after this.",
        "The volumes are deleted.",
        "> [!WARNING]\n> Ask first.",
        "Risk: high",
        "這會刪除所有資料。",
    ],
)
def test_words_above_it_warn(words: str) -> None:
    page = f"## Resolution\n\n### Option 1\n\n{words}\n\n```bash\ndocker compose down -v\n```\n"
    assert "unguarded-destroy" not in _rules(page)


def test_approval_below_it_is_a_warning() -> None:
    page = "## Resolution\n\n```bash\ndocker compose down -v\n```\n\nNeeds approval: yes\n"
    assert "unguarded-destroy" not in _rules(page)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("journalctl --since 2024-03-18", True),
        ("gunzip -c backups/shop_20240318.sql.gz", True),
        ("az rest --url 'https://a.test/b?api-version=2024-03-18'", False),
        ("docker pull shop:20240318", False),
        ("curl -f http://db/v2024-03-18/x", False),
        ("journalctl --since yesterday", False),
        ("kill 20240318", True),
    ],
)
def test_dates(command: str, said: bool) -> None:
    assert ("fixed-date" in _rules(_step(command))) is said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("kubectl get pods -n {NAMESPACE}", True),
        ("kubectl get pods -n YOUR_NAMESPACE", True),
        ("aws ec2 describe-instances --instance-ids i-xxxxxxxx", True),
        ("kubectl get pods -n <NAMESPACE>", False),
        ("kubectl get pods -n $NAMESPACE", False),
        ("docker ps --format '{{.Names}}'", False),
        ("docker ps --format '{{ json }}'", False),
        ("awk '{print $1}' a", False),
        ("echo ${NAMES}", False),
        ("go test ./...", False),
    ],
)
def test_what_is_meant_to_be_filled_in(command: str, said: bool) -> None:
    assert ("placeholder-without-input" in _rules(_step(command))) is said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sleep 30", True),
        ("sleep 2", False),
        ("sleep 1m", True),
        ("while ! nc -z db 5432; do sleep 5; done", False),
        ("sleep $N", False),
    ],
)
def test_sleeping(command: str, said: bool) -> None:
    assert ("sleep-instead-of-poll" in _rules(_step(f"uptime\n{command}\nuptime"))) is said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("TODO", True),
        ("TBD: the command", True),
        ("**TODO** write this", True),
        ("待補", True),
        ("The list of todos is in the tracker.", False),
        ("等待完成後再繼續。", False),
        ("Run `grep TODO`.", False),
    ],
)
def test_unfinished(line: str, said: bool) -> None:
    assert ("unfinished" in _rules(f"# Shop\n\n## Resolution\n\n{line}\n")) is said


def test_a_rung_that_hands_over_ends_the_ladder() -> None:
    page = (
        "## Resolution\n\n### Option 1: Escalate to the lead\n\nCall the lead.\n\n"
        "### Option 2: Restart\n\n```bash\nsystemctl restart shop\n```\n"
    )
    assert "unreachable-rung" in _rules(page)


def test_a_rung_behind_one_without_a_check_where_others_have_one() -> None:
    def page(check: str) -> str:
        return (
            f"## Resolution\n\n### Option 1: Restart\n\n```bash\nsystemctl restart shop\n```\n{check}\n"
            "### Option 2: Roll back\n\n```bash\nkubectl rollout undo deploy/shop\n```\n\nExpect: `exit == 0`\n"
        )

    assert "unreachable-rung" in _rules(page(""))
    assert "unreachable-rung" not in _rules(page("\nExpect: `exit == 0`\n"))


def test_a_template_is_not_asked_for_what_its_writer_fills_in() -> None:
    page = (
        "---\nowner: x\n---\n# How to\n\n````markdown\n# Title\n\n## Resolution\n\n```bash\nvi a\n```\n````\n"
    )
    assert _rules(page) == set()


def test_a_secret_in_a_template_is_a_secret() -> None:
    page = "# How to\n\n````markdown\n```bash\nPGPASSWORD=Winter-2031 psql -c 'select 1'\n```\n````\n"
    assert "secret-in-text" in _rules(page)
