"""Which version may be gone back to? What deploys, incidents and people have said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.respond.rollout.store import Verdict
from tocsin.respond.rollout.versions import Began, at_risk, placings, target_of, versions_of
from tocsin.sense.changes import ChangeRecord

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def change(version: str, hours_ago: float, kind: str = "deploy", **more: str) -> ChangeRecord:
    at = NOW - hours_ago * HOUR
    told = {"environment": "", "state": "succeeded", "service": "shop"} | more
    return ChangeRecord(
        id=f"{kind}-{version}-{hours_ago}",
        dedup_key=version,
        key="key",
        source="github",
        kind=kind,
        title=f"{kind} {version}",
        state=told["state"],  # type: ignore[arg-type] - one of the words of a state
        at=at,
        started_at=at,
        service=told["service"],
        environment=told["environment"],
        version=version,
        by="mei",
        url="",
        series="",
        first_seen=at,
    )


def versions(*changes: ChangeRecord, began: float = 0.0, left: tuple[str, ...] = (), **said: bool):
    incidents = [Began(id="INC-1", at=NOW - began * HOUR)] if began else []
    verdicts = {
        version: Verdict(service="shop", version=version, stable=stable, by="person:mei", at=NOW, why="")
        for version, stable in said.items()
    }
    placed = placings(changes, "production")
    return versions_of(placed, incidents, verdicts, left, now=NOW, window=HOUR, stable_after=HOUR)


def standings(*changes: ChangeRecord, **more: object) -> dict[str, str]:
    return {each.version: each.standing for each in versions(*changes, **more)}  # type: ignore[arg-type] - by name


def test_a_version_that_ran_for_an_hour_without_an_incident_soon_after_it_is_stable():
    told = standings(change("v3", 0.2), change("v2", 0.5), change("v1", 30))
    assert told == {"v3": "unproven", "v2": "unproven", "v1": "stable"}


def test_an_incident_soon_after_a_deploy_speaks_against_it_and_a_later_one_does_not():
    after = (change("v3", 0.2), change("v2", 9), change("v1", 30))
    assert standings(*after, began=8.5)["v2"] == "troubled"
    assert standings(*after, began=5)["v2"] == "stable"
    assert standings(*after, began=8.5, v2=True)["v2"] == "confirmed", "a person knows better"
    assert standings(*after, v2=False)["v2"] == "refused"
    assert standings(*after, left=("v2",))["v2"] == "refused", "nobody goes back to what was left"


def test_staging_failures_and_what_tells_no_version_put_nothing_in_place():
    told = standings(
        change("v9", 0.1, environment="staging"),
        change("v8", 0.2, state="failed"),
        change("", 0.3),
        change("v7", 0.4, kind="merge"),
        change("v3", 2, environment="Production"),
        change("v3", 3),
        change("v1", 30),
    )
    assert list(told) == ["v3", "v1"]


def test_a_roll_back_goes_to_the_newest_good_version_before_this_one():
    target, why = target_of(versions(change("v3", 0.2), change("v2", 0.5), change("v1", 30)))
    assert (target and target.version, why) == ("v1", "")
    assert target_of(versions(change("v1", 30)))[1] == "no version before this one is known"
    assert target_of(versions())[1] == "no deploy has told its version"
    nowhere = versions(change("v3", 0.2), change("v2", 0.5))
    assert target_of(nowhere) == (None, "no version before this one is confirmed to be stable")
    already = versions(change("v1", 0.1, kind="rollback"), change("v2", 0.5), change("v1", 30))
    assert target_of(already) == (None, "it has been rolled back already, to v1")


def test_a_migration_since_the_target_ran_puts_data_at_risk():
    changes = [change("v2", 0.5), change("", 0.6, kind="migration"), change("v1", 30)]
    target, _ = target_of(versions(*changes))
    assert target
    assert at_risk(changes, target) == "since v1 ran, the data was migrated: migration "
    long_before = [change("v2", 0.5), change("v1", 30), change("", 31, kind="migration")]
    assert at_risk(long_before, target) == ""
