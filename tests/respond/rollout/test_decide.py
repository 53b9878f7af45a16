"""What is advised, and why not something else? The table of strategies, held to the cases of its authors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.respond.rollout.decide import Situation, decide
from tocsin.respond.rollout.section import RepairSettings

MINUTES = timedelta(minutes=1)
DEPLOYED = Situation(
    urgent=True,
    cause="deployment",
    deployed=12 * MINUTES,
    target="v1.4",
    ways=frozenset({"rollback", "restart", "scale", "degrade"}),
)


def advised(**told: object) -> str:
    return decide(Situation(**{"urgent": True, **told})).chosen.name  # type: ignore[arg-type] - fields by name


def against(situation: Situation, name: str) -> str:
    (judged,) = [each for each in decide(situation).all if each.name == name]
    return "; ".join(judged.against)


@pytest.mark.parametrize(
    ("cause", "wanted"),
    [
        ("deployment", "rollback"),
        ("configuration", "rollback"),
        ("memory-leak", "restart"),
        ("connection-issue", "restart"),
        ("resource-exhaustion", "restart"),
        ("capacity", "scale"),
        ("performance", "scale"),
        ("code-bug", "hotfix"),
        ("logic-error", "hotfix"),
        ("", "hotfix"),
    ],
)
@pytest.mark.parametrize("urgent", [True, False])
def test_each_cause_has_its_cure_whether_it_is_critical_or_not(cause: str, wanted: str, urgent: bool):
    assert advised(cause=cause, urgent=urgent, deployed=12 * MINUTES, target="v1.4") == wanted


def test_a_critical_incident_after_a_deploy_is_rolled_back_though_a_restart_is_quicker():
    advice = decide(DEPLOYED)
    assert advice.chosen.name == "rollback"
    assert advice.chosen.why == (
        "in a critical incident the safest quick way comes first",
        "cures this cause",
        "v1.4 is known to be stable",
        "deployed 12m ago, within 1h",
    )
    assert {each.name for each in advice.all} == {"rollback", "restart", "scale", "hotfix", "degrade"}
    assert all(each.against for each in advice.others), "each of the others is told why it is not the one"


def test_the_safest_comes_before_the_quickest_only_while_it_is_critical():
    both = {"restart": {"causes": ["deployment"]}}
    table = RepairSettings.model_validate({"strategies": both}).table
    urgent = decide(DEPLOYED, table)
    calm = decide(Situation(urgent=False, cause="deployment", deployed=12 * MINUTES, target="v1.4"), table)
    assert (urgent.chosen.name, urgent.others[0].name) == ("rollback", "restart")
    assert urgent.others[0].against[0].startswith("quicker, but not as sure")
    assert (calm.chosen.name, calm.others[0].name) == ("restart", "rollback")
    assert calm.others[0].against[0] == "takes 5m instead of 2m"


@pytest.mark.parametrize(
    ("ago", "within"), [(59 * MINUTES, True), (60 * MINUTES, False), (3 * 60 * MINUTES, False)]
)
def test_the_window_since_the_last_deploy_ends_with_its_last_minute(ago: timedelta, within: bool):
    table = RepairSettings.model_validate({"strategies": {"restart": {"causes": ["deployment"]}}}).table
    situation = Situation(urgent=True, cause="deployment", deployed=ago, target="v1.4")
    assert decide(situation, table).chosen.name == ("rollback" if within else "restart")
    assert ("more than 1h" in against(situation, "rollback")) is not within


def test_a_cause_that_a_roll_back_does_not_cure_is_not_rolled_back_however_fresh_the_deploy():
    situation = Situation(urgent=True, cause="memory-leak", deployed=MINUTES, target="v1.4")
    assert decide(situation).chosen.name == "restart"
    assert "is not known to cure this cause" in against(situation, "rollback")


def test_without_a_stable_version_there_is_no_roll_back_and_it_says_so():
    situation = Situation(urgent=True, cause="deployment", deployed=MINUTES, no_target="nothing is stable")
    assert decide(situation).chosen.name == "hotfix"
    assert "nothing is stable" in against(situation, "rollback")


def test_a_roll_back_that_may_lose_data_is_not_the_first_thing_in_a_critical_incident():
    table = RepairSettings.model_validate({"strategies": {"restart": {"causes": ["deployment"]}}}).table
    at_risk = Situation(
        urgent=True, cause="deployment", deployed=MINUTES, target="v1.4", at_risk="the data was migrated"
    )
    advice = decide(at_risk, table)
    assert advice.chosen.name == "restart"
    (rollback,) = [each for each in advice.others if each.name == "rollback"]
    assert rollback.data_loss
    assert "the data was migrated" in rollback.against


def test_a_simpler_mode_is_offered_until_the_repair_is_done_and_is_never_the_repair():
    slow = Situation(urgent=True, cause="code-bug", options=("static list",), ways=frozenset({"degrade"}))
    advice = decide(slow)
    assert advice.chosen.name == "hotfix"
    assert advice.meanwhile
    assert advice.meanwhile.why == ("its condition holds: static list",)
    assert "keeps something running and cures nothing" in advice.meanwhile.against
    assert decide(Situation(urgent=True, cause="code-bug")).meanwhile is None


def test_times_that_were_measured_here_take_the_place_of_the_tables():
    advice = decide(
        Situation(urgent=False, cause="deployment", target="v1", measured={"rollback": (42.0, 3)})
    )
    assert (advice.chosen.seconds, advice.chosen.times) == (42.0, 3)


def test_what_tocsin_cannot_do_by_itself_is_advised_all_the_same():
    situation = Situation(urgent=True, cause="capacity")
    assert decide(situation).chosen.name == "scale"
    assert "Tocsin does not know how: it is done by hand" in against(situation, "scale")
