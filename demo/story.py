"""What happens, from the first reader to the report? The whole demo, told as it goes.

A healthy service is broken; Tocsin notices, pages, repairs, proves, and writes it down. The story ends well only when a
run of the runbook brought the service back and the incident was resolved; every wait on the way has an end.
"""

from __future__ import annotations

import contextlib
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from demo.attempts import attempts
from demo.faults import Fault
from demo.foresight import Foresight
from demo.installation import Installation, TocsinBroken
from demo.load import PER_SECOND, Load
from demo.mailbox import Mailbox
from demo.moments import moment_of
from demo.oncall import OnCall
from demo.pace import Pace, waits
from demo.person import Person
from demo.screen import Screen
from demo.stack import StackBroken
from demo.stacks import STACKS, AnyStack, Kind
from demo.watch import Record, Refused, Watch

MEI = Person(name="Mei", address="mei@example.com")
REACTION = "15s"
"""How long Mei needs to take her phone out of her pocket, before it is divided."""
DECISION = "20s"
"""How long she thinks before she agrees to a step."""
LONGEST = "25m"
OPENED_WITHIN_ROUNDS = 8
RUN_WITHIN = "2m"
REPORT_WITHIN_S = 10.0
REPORT_LINES = 16
LOOK_S = 0.15
HEALTHY_SHARE = 0.95
HEALTHY_WITHIN_S = 20.0


class NoGoodEnd(Exception):
    """The story cannot end well any more: the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What was asked for, by environment."""

    stack: Kind
    fault: Fault[Any]
    keep: bool
    asleep: bool
    pace: Pace
    config: Path
    runbooks: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Wishes:
        """Raises ValueError for a stack, a fault or a pace that there is not, or that this machine cannot run."""
        kind = environment.get("STACK") or "supervisor"
        if kind not in STACKS:
            raise ValueError(f"STACK={kind}: there is {', '.join(STACKS)}")
        stack = STACKS[kind]
        if stack.missing:
            raise ValueError(f"STACK={kind}: {stack.missing}")
        name = environment.get("BREAK") or "api-killed"
        if name not in stack.faults:
            raise ValueError(f"BREAK={name}: there is {', '.join(stack.faults)}")
        by = environment.get("PACE") or "10"
        if not by.isdigit() or not 1 <= int(by) <= 10:
            raise ValueError(f"PACE={by}: write a whole number from 1 (real time) to 10")
        return cls(
            stack=stack,
            fault=stack.faults[name],
            keep=_yes(environment.get("KEEP")),
            asleep=_yes(environment.get("ASLEEP")),
            pace=Pace(by=int(by)),
            config=Path(environment.get("CONFIG") or stack.config),
            runbooks=not _yes(environment.get("WITHOUT_RUNBOOK")),
        )


class Story:
    """One telling: `tell` returns the exit status."""

    def __init__(self, wishes: Wishes, screen: Screen) -> None:
        self._wishes = wishes
        self._screen = screen
        self._pace = wishes.pace
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
        self._stack: AnyStack = wishes.stack.make(self._folder / "service")
        self._mailbox = Mailbox()
        self._tocsin = Installation(self._folder / "tocsin", wishes.config, wishes.pace)
        self._mei = OnCall(MEI, self._mailbox, self._pace.used(REACTION))
        self._load = Load(self._stack.url)
        self._attempts = attempts(self._tocsin.runbook) if wishes.runbooks else []
        self._soak = waits(self._tocsin.settings, "soak")[0]
        self._foresight = Foresight(screen, wishes.pace, self._attempts, self._soak)
        self._timeline: list[Record] = []
        self._incident: Record | None = None
        self._report = ""
        self._approvals: dict[str, float] = {}

    def tell(self) -> int:
        """0 when the service came back by a run and the incident was resolved."""
        with contextlib.ExitStack() as cleaning:
            cleaning.callback(self._screen.wait_over)
            try:
                status = self._tell(cleaning)
            finally:
                # whoever is impatient now would only leave processes behind
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
        if status == 0 and not self._wishes.keep:
            self._tidy()
        return status

    def _tell(self, cleaning: contextlib.ExitStack) -> int:
        watch = self._set_up(cleaning)
        deadline = time.monotonic() + self._pace.used(LONGEST) * self._wishes.stack.patience
        broke_at = self._break()
        number: str | None = None
        try:
            number = self._opened(watch, deadline)
            self._follow(watch, number, deadline)
            self._await_report(watch, number)
            status = 0
        except (NoGoodEnd, TocsinBroken, Refused, httpx.TransportError) as end:
            self._screen.wait_over()
            self._screen.moment("✕", str(end), "bold red")
            status = 1
        self._conclude(number, broke_at, status)
        if self._wishes.keep:
            self._stay()
        return status

    def _set_up(self, cleaning: contextlib.ExitStack) -> Watch:
        screen, stack = self._screen, self._stack
        screen.heading("A real service, about to break")
        cleaning.callback(stack.stop)
        stack.start()
        self._mailbox.start()
        cleaning.callback(self._mailbox.stop)
        self._tocsin.write(stack, self._mailbox.port, runbooks=self._wishes.runbooks)
        self._tocsin.run("config", "check")
        cleaning.callback(self._tocsin.stop)
        self._tocsin.start()
        watch = Watch(self._tocsin.url, self._tocsin.token())
        cleaning.callback(watch.close)
        if not self._wishes.asleep:
            self._mei.start()
            cleaning.callback(self._mei.stop)
        self._load.start()
        cleaning.callback(self._load.stop)
        screen.facts(self._cast())
        probe = self._pace.used(self._probe)
        screen.wait(f"{PER_SECOND} readers a second, all of them served", probe)
        healthy_from = time.monotonic() + probe
        while time.monotonic() < healthy_from or self._load.served_lately() < HEALTHY_SHARE:
            if time.monotonic() > healthy_from + HEALTHY_WITHIN_S * self._wishes.stack.patience:
                share = self._load.served_lately()
                raise StackBroken(f"only {share:.0%} of the readers were served before anything was broken")
            self._look_again()
        screen.wait_over()
        return watch

    def _cast(self) -> list[tuple[str, str]]:
        pace = self._pace
        every = waits(self._tocsin.settings, "soak_every")
        rungs = ", ".join(pace.tell(each.wait) for each in self._attempts if each.wait)
        facts = [
            (
                "service",
                f"{self._stack.url}: {self._stack.title}",
            ),
            ("readers", f"{PER_SECOND} a second, from now to the end"),
            ("on call", f"Mei-Ling Chen, by mail (SMTP on port {self._mailbox.port})"),
            ("tocsin", f"{self._tocsin.url}, configured in {self._tocsin.folder}"),
            ("probes", f"every {pace.tell(self._probe)}, six checks, two failing rounds make an alert"),
            ("attempts", f"waits of {rungs}"),
            ("soak", f"{pace.tell(self._soak)}, a round every {pace.tell(every[0])}"),
            ("Mei", "sleeps" if self._wishes.asleep else f"looks at her phone after {pace.tell(REACTION)}"),
        ]
        return facts if self._attempts else [fact for fact in facts if fact[0] != "attempts"]

    @property
    def _probe(self) -> str:
        return waits(self._tocsin.settings, "every")[0]

    def _break(self) -> float:
        self._screen.heading(f"It breaks: {self._wishes.fault.name}")
        damage = self._wishes.fault.break_it(self._stack)
        self._screen.begin(damage.at)
        self._screen.moment("✕", damage.text, "red", at=damage.at)
        return damage.at

    def _opened(self, watch: Watch, deadline: float) -> str:
        self._screen.wait(
            f"probes look every {self._pace.tell(self._probe)}", 2 * self._pace.used(self._probe)
        )
        rounds = OPENED_WITHIN_ROUNDS * self._wishes.stack.patience
        deadline = min(deadline, time.monotonic() + rounds * self._pace.used(self._probe))
        while (incident := watch.newest_incident()) is None:
            self._tocsin.assert_alive()
            if time.monotonic() > deadline:
                raise NoGoodEnd("Tocsin did not notice: no incident was opened")
            self._look_again()
        self._screen.wait_over()
        return str(incident["id"])

    def _follow(self, watch: Watch, number: str, deadline: float) -> None:
        """Until the incident is resolved. Raises NoGoodEnd."""
        run_by = time.monotonic() + self._pace.used(RUN_WITHIN) * self._wishes.stack.patience
        while True:
            self._tell_news(watch, number)
            kinds = {line["kind"] for line in self._timeline}
            if "run.started" not in kinds and time.monotonic() > run_by:
                raise NoGoodEnd(f"nothing repairs it: no runbook was started for {number}")
            failed = [run for run in watch.runs(number) if run["state"] in ("failed", "cancelled")]
            self._incident = watch.incident(number)
            state = self._incident["state"]
            if state in ("resolved", "closed"):
                self._tell_news(watch, number)
                break
            if failed:
                raise NoGoodEnd(f"the run {failed[0]['id']} ended as {failed[0]['state']}")
            if time.monotonic() > deadline:
                raise NoGoodEnd(f"{number} was still {state} after {self._pace.used(LONGEST):.0f} s")
            self._tocsin.assert_alive()
            self._look_again()
        self._screen.wait_over()
        if not any(run["state"] == "succeeded" for run in watch.runs(number)):
            raise NoGoodEnd(f"{number} was resolved, but by no run of a runbook")

    def _tell_news(self, watch: Watch, number: str) -> None:
        for line in watch.news(number):
            self._timeline.append(line)
            moment = moment_of(line)
            if moment is not None:
                self._screen.moment(moment.sign, moment.text, moment.style, at=_epoch(line["at"]))
            self._foresight.follow(line)
            if line["kind"] == "run.approval.asked":
                self._approvals[str(line["data"]["approval"])] = time.monotonic() + self._pace.used(DECISION)
        for said in self._mei.news():
            self._screen.moment(said.sign, said.text, at=said.at)
        for approval, due in list(self._approvals.items()):
            if time.monotonic() >= due:
                del self._approvals[approval]
                watch.approve(approval, "Better the same list for everybody than an empty page.")

    def _await_report(self, watch: Watch, number: str) -> None:
        deadline = time.monotonic() + REPORT_WITHIN_S * self._wishes.stack.patience
        while not any(line["kind"] == "report.drafted" for line in self._timeline):
            if time.monotonic() > deadline:
                raise NoGoodEnd(f"no report of {number} was drafted")
            self._look_again()
            self._tell_news(watch, number)
        self._report = watch.report(number)

    def _conclude(self, number: str | None, broke_at: float, status: int) -> None:
        screen, felt = self._screen, self._load.felt()
        if self._incident is not None:
            screen.heading(f"The timeline of {number}")
            screen.table(
                ("after", "what", ""),
                [
                    (f"{_epoch(line['at']) - broke_at:6.1f} s", line["kind"], line["sentence"])
                    for line in self._timeline
                ],
            )
            screen.heading("Four times, counted from the break")
            screen.facts(_four_times(self._incident, broke_at))
        screen.heading("What the readers felt")
        screen.facts(
            [
                ("requests", f"{felt.requests:,}, of which {felt.failed:,} failed"),
                ("in the dark", f"{felt.without_service_s:.0f} s without service for more than half of them"),
            ]
        )
        if self._report:
            report = self._folder / f"{number}.md"
            report.write_text(self._report)
            screen.heading("The report")
            screen.facts([("whole", str(report))])
            screen.markdown("\n".join(self._report.splitlines()[:REPORT_LINES]))
        screen.heading("The end")
        screen.moment(*self._verdict(number, status))
        if status == 0 and not self._wishes.keep:
            screen.moment("·", "to walk through the pages of such an incident: KEEP=1 make demo")
        if status:
            screen.moment("·", f"logs of service and Tocsin: {self._folder}")

    def _verdict(self, number: str | None, status: int) -> tuple[str, str, str]:
        if status:
            return "✕", "not brought back: exit status 1", "bold red"
        return "✓", f"{number} is resolved, and a run of the runbook did it", "bold green"

    def _stay(self) -> None:
        self._screen.heading("Kept running until Ctrl-C")
        self._screen.facts(
            [
                ("pages", self._tocsin.url),
                ("sign in", f"mei, with the password {self._tocsin.account('mei')}"),
                ("service", f"{self._stack.url}/health"),
                ("break it", self._stack.how_to_break),
            ]
        )
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                self._tocsin.assert_alive()
                time.sleep(0.5)

    def _tidy(self) -> None:
        """After a good end only the report and Tocsin's log are left."""
        self._stack.tidy()
        self._tocsin.remove()

    def _look_again(self) -> None:
        self._screen.tick()
        time.sleep(LOOK_S)


def _four_times(incident: Record, broke_at: float) -> list[tuple[str, str]]:
    told = (
        ("detected", "detected_at", "an incident stood in the store"),
        ("acknowledged", "acknowledged_at", "Mei had it"),
        ("restored", "mitigated_at", "five readers were served again, and the alert had cleared"),
        ("resolved", "resolved_at", "the soak was over"),
    )
    return [
        (name, f"{_epoch(incident[field]) - broke_at:6.1f} s   {what}" if incident[field] else "  never")
        for name, field, what in told
    ]


def _epoch(at: Any) -> float:
    return datetime.fromisoformat(str(at)).timestamp()


def _yes(text: str | None) -> bool:
    return (text or "").lower() not in ("", "0", "no", "false")
