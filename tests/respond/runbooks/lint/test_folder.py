"""A folder is linted as a whole: its files point at each other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.ground.catalogue import Service
from tocsin.respond.runbooks.lint import Surroundings, lint_folder

REPAIR = (
    "# Shop is down\n\n## Resolution\n\n```bash\n{}\n```\n\n## Verification\n\n"
    "```http\nGET http://127.0.0.1:8080/health\n```\n"
)


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_md", ".md").replace("_yaml", ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _told(folder: Path, rule: str, around: Surroundings | None = None) -> list[tuple[str, int, str]]:
    return [
        (Path(each.path).relative_to(folder).as_posix(), finding.line, finding.message)
        for each in lint_folder([folder], around)
        for finding in each.findings
        if finding.rule == rule
    ]


def test_files_come_in_the_order_of_their_paths_and_findings_by_line(tmp_path: Path) -> None:
    _write(tmp_path, b_md=REPAIR.format("vi a"), a__c_md=REPAIR.format("vi a"), a_md="# A\n")
    told = lint_folder([tmp_path])

    assert [Path(each.path).relative_to(tmp_path).as_posix() for each in told] == ["a.md", "a/c.md", "b.md"]
    lines = [finding.line for finding in told[-1].findings]
    assert lines == sorted(lines)
    assert len(lines) > 1


def test_a_file_that_is_named_twice_is_linted_once(tmp_path: Path) -> None:
    _write(tmp_path, a_md="# A\n")
    assert len(lint_folder([tmp_path, tmp_path / "a.md"])) == 1


def test_hidden_folders_and_other_files_are_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, a_md="# A\n")
    for name in (".git/b.md", "node_modules/c.md", "d.txt", "empty.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# B\n")
    assert [Path(each.path).name for each in lint_folder([tmp_path])] == ["a.md"]


@pytest.mark.parametrize(
    "target",
    [
        "b.md",
        "b",
        "./b.md#steps",
        "../runbooks/b.md",
        "sub/",
        "sub",
        "b.md?plain=1",
        "https://status.test/b",
        "/site/b",
    ],
)
def test_links_that_lead_somewhere(target: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    _write(
        tmp_path,
        runbooks__a_md=f"# A\n\n[b]({target})\n",
        runbooks__b_md="# B\n",
        runbooks__sub__c_md="# C\n",
    )
    assert _told(tmp_path, "dead-link") == []
    assert _told(tmp_path, "outside-link") == []


def test_a_link_may_go_as_far_as_the_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    _write(checkout, docs__a_md="# A\n\n[readme](../readme.md)\n\n[else](../../else.md)\n", readme_md="# R\n")
    (checkout / ".git").mkdir()
    _write(tmp_path, else_md="# E\n")

    assert [line for _, line, _ in _told(checkout, "outside-link")] == [5]
    assert _told(checkout, "dead-link") == []


def test_versions_in_folders_are_compared_with_the_english_one(tmp_path: Path) -> None:
    _write(
        tmp_path,
        en__shop_md=REPAIR.format("docker compose restart shop"),
        zh__shop_md=REPAIR.format("docker compose restart shops"),
        de__shop_md=REPAIR.format("# Neustart\ndocker compose restart shop   # der Laden"),
    )
    [(path, line, message)] = _told(tmp_path, "versions-differ")
    assert (path, line) == ("zh/shop.md", 5)
    assert "`docker compose restart shop` there, `docker compose restart shops` here" in message


def test_what_a_translator_translates_is_no_difference(tmp_path: Path) -> None:
    _write(tmp_path, shop_md=REPAIR.format('echo "the shop is well"'))
    _write(tmp_path, **{"shop.zh_md": REPAIR.format('echo "商店正常"')})
    assert _told(tmp_path, "versions-differ") == []


def test_a_step_that_is_missing_in_a_translation_is_told(tmp_path: Path) -> None:
    more = "\n## Diagnosis\n\n```bash\ndf -h /\n```\n"
    _write(tmp_path, shop_md=REPAIR.format("uptime") + more)
    _write(tmp_path, **{"shop.zh-Hant_md": REPAIR.format("uptime")})
    [(path, _, message)] = _told(tmp_path, "versions-differ")
    assert path == "shop.zh-Hant.md"
    assert "shop.md, line 17, is missing here: `df -h /`" in message


def _alerts(address: str) -> str:
    return (
        "groups:\n  - name: shop\n    rules:\n      - alert: ShopDown\n        expr: up == 0\n"
        f"        annotations:\n          runbook_url: {address}\n"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://wiki.test/runbooks/shop-down",
        "https://wiki.test/runbooks/ShopDown.md",
        "https://wiki.test/runbooks/shop_down/#first-steps",
        '"https://wiki.test/{{ $labels.alertname }}"',
    ],
)
def test_an_alert_that_leads_to_a_runbook(address: str, tmp_path: Path) -> None:
    _write(tmp_path, shop__down_md="# Down\n", alerts_yaml=_alerts(address))
    (tmp_path / "shop-down.md").write_text("# Down\n")
    (tmp_path / "shopdown.md").write_text("# Down\n")
    assert _told(tmp_path, "runbook-url") == []


def test_the_resource_of_kubernetes_is_read_as_well_and_an_ignore_is_heard(tmp_path: Path) -> None:
    inner = "\n".join(f"  {line}" for line in _alerts("https://wiki.test/nowhere").splitlines())
    _write(tmp_path, a_md="# A\n", alerts_yaml=f"kind: PrometheusRule\nspec:\n{inner}\n")
    assert [line for _, line, _ in _told(tmp_path, "runbook-url")] == [9]

    ignored = inner.replace(
        "runbook_url", "# tocsin: ignore[runbook-url] written next week\n            runbook_url"
    )
    _write(tmp_path, alerts_yaml=f"kind: PrometheusRule\nspec:\n{ignored}\n")
    assert _told(tmp_path, "runbook-url") == []


@pytest.mark.parametrize(
    "text", ["groups: [alert", "groups:\n  alert: x\n", "groups: 1 # alert\n", "- groups\n- alert\n"]
)
def test_yaml_that_is_something_else_is_passed_over(text: str, tmp_path: Path) -> None:
    _write(tmp_path, a_md="# A\n", other_yaml=text)
    assert [Path(each.path).name for each in lint_folder([tmp_path])] == ["a.md"]


def test_what_the_configuration_says_of_the_service_need_not_stand_on_the_page(tmp_path: Path) -> None:
    page = "---\nservice: shop\n---\n" + REPAIR.format("sudo systemctl restart shop")
    _write(tmp_path, shop_md=page)
    assert {"no-owner", "no-escalation"} <= {each.rule for each in lint_folder([tmp_path])[0].findings}

    around = Surroundings(
        services={"shop": Service(team="backend", escalation="backend", automatic="change")}
    )
    told = {each.rule for each in lint_folder([tmp_path], around)[0].findings}
    assert not {"no-owner", "no-escalation"} & told
    assert "interactive" in told, "nobody can type the password of sudo in an automatic run"


def test_a_review_is_overdue_only_after_its_time(tmp_path: Path) -> None:
    def on(day: int) -> Surroundings:
        return Surroundings(now=datetime(2026, 11, day, tzinfo=UTC))

    (tmp_path / "a.md").write_text(
        "---\nowner: x\nreviewed: 2026-11-01\nreview: weekly\n---\n# A\n\n```bash\nuptime\n```\n"
    )
    assert _told(tmp_path, "review-overdue", on(8)) == []
    [(_, line, message)] = _told(tmp_path, "review-overdue", on(10))
    assert (line, message) == (3, "last reviewed on 2026-11-01; a weekly review was due 2 days ago")


def test_pages_beside_runbooks_need_no_owner(tmp_path: Path) -> None:
    _write(tmp_path, README_md="# Runbooks\n\n## Diagnosis\n\n```bash\npip install shop\n```\n")
    assert _told(tmp_path, "no-owner") == []


def test_runbooks_in_one_file_are_linted_each_and_share_their_owner(tmp_path: Path) -> None:
    scenario = (
        "## Scenario {n}: trouble {n}\n\n### Symptoms\n\n- It is slow.\n\n### Resolution\n\n"
        "Edit the settings:\n\n```bash\nvi /etc/shop{n}.conf\n```\n\n"
    )
    _write(tmp_path, a_md="# Shop\n\n" + scenario.format(n=1) + scenario.format(n=2))

    assert [line for _, line, _ in _told(tmp_path, "interactive")] == [14, 28]
    assert len(_told(tmp_path, "no-owner")) == 1
    assert len(_told(tmp_path, "no-severity")) == 2
