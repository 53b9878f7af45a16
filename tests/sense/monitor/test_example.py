"""The five numbers of examples/extension, just within and at their bounds, from a push to an incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin import configuration
from tocsin.app import App
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.respond.incidents import Incident

EXAMPLE = Path(__file__).parents[3] / "examples" / "extension"


class Backend:
    """The back end of the extension, which pushes a number before each look."""

    def __init__(self, folder: Path) -> None:
        (folder / "tocsin.yaml").write_bytes((EXAMPLE / "tocsin.yaml").read_bytes())
        self.clock = FrozenClock()
        self.app = App(folder, configuration.load(folder).required(), self.clock)
        self.app.ledger.start()
        self.app.monitors.tick()

    def push(self, measure: str, value: float, times: int = 2) -> None:
        for _ in range(times):
            self.clock.tick(30)
            self.app.measures.push("extension", {measure: value})
            self.clock.tick(1)
            self.app.monitors.tick()
        while self.app.triage.step():
            pass

    def incidents(self) -> list[Incident]:
        with self.app.store.read() as conn:
            return self.app.incidents.list(conn)


@pytest.fixture
def backend(tmp_path: Path):
    made = Backend(tmp_path)
    yield made
    made.app.ledger.stop()
    made.app.outbound.close()
    made.app.store.close()


@pytest.mark.parametrize(
    ("measure", "well", "shown", "level"),
    [
        ("error_rate", 0.049, 0.05, "P2"),
        ("latency_ms", 2_999, 3_000, "P2"),
    ],
)
def test_a_breach_below_p1_is_shown_and_opens_nothing(
    backend: Backend, measure: str, well: float, shown: float, level: str
):
    backend.push(measure, well, times=4)
    assert not any(each.breached for each in backend.app.monitors.standings().values())
    backend.push(measure, shown, times=4)
    (breached,) = [each for each in backend.app.monitors.standings().values() if each.breached]
    assert (breached.level, breached.told) == (level, False)
    assert backend.incidents() == []


@pytest.mark.parametrize(
    ("measure", "before", "well", "breach", "level"),
    [
        ("error_rate", 0.01, 0.19, 0.2, "P1"),
        ("error_rate", 0.01, 0.19, 0.5, "P0"),
        ("latency_ms", 400, 4_999, 5_000, "P1"),
        ("active_users", 1_000, 701, 700, "P1"),
        ("api_failures", 0.01, 0.099, 0.1, "P1"),
    ],
)
def test_a_breach_of_p1_or_above_opens_an_incident(
    backend: Backend, measure: str, before: float, well: float, breach: float, level: str
):
    backend.push(measure, before, times=42 if measure == "active_users" else 1)
    backend.push(measure, well, times=3)
    assert backend.incidents() == []
    backend.push(measure, breach)
    (incident,) = backend.incidents()
    assert (incident.severity, incident.service) == (level, "extension")


def test_the_tenth_crash_within_an_hour_opens_an_incident(backend: Backend):
    backend.push("crashes", 1, times=9)
    backend.push("crashes", 0, times=3)
    assert backend.incidents() == []
    backend.push("crashes", 1, times=1)
    backend.push("crashes", 0, times=1)
    (incident,) = backend.incidents()
    assert incident.severity == "P1"
