"""The level of an alert: the first from the top that is true, with the rule, the values and what was not measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.conditions import BadCondition
from tocsin.sense.severity import (
    DEFAULT_POLICY,
    Policy,
    PolicySection,
    Told,
    decide,
    declared,
    explain,
    facts_of,
    undecided,
)

ALERT = Told(
    name="ShopDown",
    labels={"alertname": "ShopDown"},
    annotations={"summary": "The shop does not answer"},
    value=None,
    source="alertmanager",
    starts_at=datetime(2026, 11, 21, 10, 30, tzinfo=UTC),
)
CORE = Policy.model_validate(
    {
        "levels": {
            "P0": {"when": ["m.availability < 0.5", "q.all_users"]},
            "P1": {"when": ["m.users > 100 && m.error_rate > 0.1", 'alert.labels.severity == "critical"']},
            "P3": {"otherwise": True},
        }
    }
)


def level(policy: Policy = DEFAULT_POLICY, service: Service | None = None, **labels: str) -> str:
    facts = facts_of(replace(ALERT, labels=labels), "shop", service or Service())
    return decide(policy.name, policy, facts).level


def test_the_decision_says_which_rule_matched_with_which_values_and_what_was_not_measured() -> None:
    facts = facts_of(replace(ALERT, labels={"users": "150", "error_rate": "20 %"}), "shop", Service())
    decision = decide("core", CORE, facts)
    assert (decision.level, decision.policy) == ("P1", "core")
    assert decision.rule == "m.users > 100 && m.error_rate > 0.1"
    assert decision.values == {"m.users": 150, "m.error_rate": 0.2}
    assert decision.unmeasured == ("m.availability", "q.all_users")
    assert decision.spec is CORE.levels["P1"]


def test_the_first_level_from_the_top_wins() -> None:
    assert level(CORE, severity="critical") == "P1"
    assert level(CORE, severity="critical", availability="0.4") == "P0"
    assert level(CORE, severity="critical", availability="0.5") == "P1"
    assert level(CORE, all_users="yes") == "P0"


def test_what_no_rule_matches_has_the_level_that_says_otherwise() -> None:
    decision = decide("core", CORE, facts_of(ALERT, "shop", Service()))
    assert (decision.level, decision.rule) == ("P3", "otherwise")
    assert set(decision.unmeasured) == {"m.availability", "q.all_users", "m.users", "m.error_rate"}


def test_a_changed_threshold_changes_the_level() -> None:
    stricter = Policy.model_validate(
        {"levels": {"P0": {"when": ["m.availability < 0.9"]}, "P3": {"otherwise": True}}}
    )
    assert level(CORE, availability="0.8") == "P3"
    assert level(stricter, availability="0.8") == "P0"


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        *(("critical", "P1"), ("CRITICAL", "P1"), ("page", "P1"), ("error", "P1"), ("high", "P1")),
        *(("warning", "P2"), ("info", "P3"), ("none", "P3"), ("p0", "P0"), ("emergency", "P0")),
        *(("sev-unheard", "P1"), ("", "P1")),
    ],
)
def test_without_a_policy_the_label_severity_decides_and_an_unknown_one_pages(
    severity: str, expected: str
) -> None:
    assert level(severity=severity) == expected
    assert DEFAULT_POLICY.levels[expected].page is (expected in ("P0", "P1"))


def test_without_a_policy_what_was_measured_can_make_it_worse() -> None:
    assert level(severity="warning", availability="0.2") == "P0"
    assert level(severity="info", error_rate="0.1") == "P1"
    assert level(severity="critical", all_users="true") == "P0"


def test_an_alert_without_any_label_still_pages() -> None:
    decision = decide("default", DEFAULT_POLICY, facts_of(replace(ALERT, labels={}), "unassigned", Service()))
    assert decision.spec.page
    assert decision.spec.incident


def test_information_opens_no_incident_by_default_but_does_in_a_policy_of_ones_own() -> None:
    assert DEFAULT_POLICY.levels["P3"].incident is False
    assert CORE.levels["P3"].incident is True


def test_usual_levels_bring_their_usual_demands() -> None:
    assert CORE.levels["P0"].clocks == {
        "assess": timedelta(minutes=5),
        "restore": timedelta(minutes=30),
        "report": timedelta(hours=1),
        "postmortem": timedelta(hours=24),
    }
    assert "commander" in CORE.levels["P0"].roles
    assert CORE.levels["P3"].clocks == {}
    own = Policy.model_validate(
        {"levels": {"P0": {"otherwise": True, "clocks": {"assess": "1m", "restore": "none"}}}}
    )
    assert own.levels["P0"].clocks == {"assess": timedelta(minutes=1), "restore": None}


def test_levels_may_have_any_name_and_then_bring_nothing() -> None:
    policy = Policy.model_validate({"levels": {"SEV-1": {"when": ["q.core"]}, "SEV-2": {"otherwise": True}}})
    assert list(policy.levels) == ["SEV-1", "SEV-2"]
    assert policy.levels["SEV-1"].clocks == {}
    assert level(policy, core="yes") == "SEV-1"


def test_measures_come_from_labels_before_annotations_and_only_as_numbers() -> None:
    alert = replace(
        ALERT,
        labels={"users": "12", "cpu": "much", "job": "shop"},
        annotations={
            "users": "99",
            "error_rate": " 70 % ",
            "latency_ms": "1e3",
            "disk": "0x10",
            "memory": "nan",
        },
    )
    facts = facts_of(alert, "shop", Service(baseline={"latency_ms": 50}))
    assert facts.m == {"users": 12, "error_rate": 0.7, "latency_ms": 1000, "latency_ratio": 20}


def test_a_ratio_needs_a_baseline_and_may_be_given() -> None:
    slow = replace(ALERT, labels={"latency_ms": "500"})
    assert "latency_ratio" not in facts_of(slow, "shop", Service()).m
    assert "latency_ratio" not in facts_of(slow, "shop", Service(baseline={"latency_ms": 0})).m
    given = replace(ALERT, labels={"latency_ms": "500", "latency_ratio": "3"})
    assert facts_of(given, "shop", Service(baseline={"latency_ms": 50})).m["latency_ratio"] == 3


def test_text_is_name_summary_and_description_in_one() -> None:
    alert = replace(ALERT, annotations={"summary": "ShopDown", "description": "資料外洩"})
    assert facts_of(alert, "shop", Service()).text == "ShopDown\n資料外洩"


def test_hostile_text_in_an_alert_is_only_text() -> None:
    alert = replace(
        ALERT, labels={"severity": '" || true || "', "error_rate": "1); true", "x": "\ud800" * 10_000}
    )
    decision = decide("core", CORE, facts_of(alert, "shop", Service()))
    assert decision.level == "P3"


def test_every_rule_can_be_explained_also_below_the_one_that_decides() -> None:
    judged = explain(
        CORE, facts_of(replace(ALERT, labels={"severity": "critical", "all_users": "no"}), "shop", Service())
    )
    assert [(each.level, each.verdict.true, bool(each.verdict.unmeasured)) for each in judged] == [
        ("P0", False, True),
        ("P0", False, False),
        ("P1", False, True),
        ("P1", True, False),
    ]


def test_a_person_may_decide_and_a_failure_pages_as_the_worst() -> None:
    assert declared("core", CORE, "P1", "person:mei").rule == "declared by person:mei"
    fallback = undecided("triage failed: KeyError")
    assert (fallback.level, fallback.rule, fallback.spec.page) == ("P0", "triage failed: KeyError", True)


def section(**keys: Any) -> PolicySection:
    return PolicySection.model_validate(keys)


def test_a_policy_that_is_not_there_any_more_is_the_default() -> None:
    found = section(policies={"core": {"levels": {"P0": {"otherwise": True}}}})
    assert found.policy("core").name == "core"
    assert found.policy("gone") is DEFAULT_POLICY
    assert found.policy(None).name == "default"
    replaced = section(policies={"default": {"levels": {"P2": {"otherwise": True}}}})
    assert list(replaced.policy("gone").levels) == ["P2"]


def test_measures_of_ones_own_are_declared_beside_the_policies() -> None:
    levels = {"levels": {"P0": {"when": ["m.empty > 0.5"]}, "P3": {"otherwise": True}}}
    assert "there is no m.empty" in next(iter(section(policies={"core": levels}).cross_check())).message
    declared_too = section(policies={"core": levels}, measures={"empty": "share of empty answers"})
    assert list(declared_too.cross_check()) == []
    assert level(declared_too.policy("core"), empty="0.9") == "P0"


@pytest.mark.parametrize(
    ("policy", "path", "message"),
    [
        (
            {"levels": {"P0": {"when": ["m.unheard > 1"]}, "P1": {"otherwise": True}}},
            "P0.when.0",
            "there is no m.unheard",
        ),
        ({"levels": {"P0": {"when": ["q.core"]}}}, "levels", "no level takes what no rule matches"),
        (
            {"levels": {"P0": {"otherwise": True}, "P1": {"otherwise": True}}},
            "P1.otherwise",
            "only one level",
        ),
        (
            {"levels": {"P0": {"otherwise": True}}, "cases": [{"name": "x", "expect": "P9"}]},
            "0.expect",
            "no level P9",
        ),
        (
            {
                "levels": {"P0": {"otherwise": True}},
                "cases": [{"name": "x", "m": {"user": 1}, "expect": "P0"}],
            },
            "0.m.user",
            "there is no m.user",
        ),
    ],
)
def test_what_a_policy_cannot_mean(policy: dict[str, Any], path: str, message: str) -> None:
    (problem,) = section(policies={"core": policy}).cross_check()
    assert ".".join(map(str, problem.path)).endswith(path)
    assert message in problem.message
    assert problem.fix


def test_an_unchecked_policy_raises_what_triage_turns_into_a_page() -> None:
    broken = Policy.model_validate({"levels": {"P0": {"when": ["m.unheard > 1"], "otherwise": True}}})
    with pytest.raises(BadCondition):
        level(broken)
