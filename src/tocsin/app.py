"""How does it all hang together? The composition root: builds every room from one configuration.

Nothing below knows this page; tests start it in their own process, with another clock or database.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn
import watchfiles
from sqlalchemy import Connection, select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin import __version__, configuration
from tocsin.act.actions.action import Action, all_actions
from tocsin.act.checks import Checks, look_around
from tocsin.act.notify import Deliveries, Delivery
from tocsin.act.notify.retention import Retention as MessageRetention
from tocsin.connections import Doorkeeper, connections, room_for_connections
from tocsin.faces import api, web
from tocsin.faces.chat import http as chat
from tocsin.faces.chat.context import Context as ChatContext
from tocsin.faces.chat.ear import Ear
from tocsin.faces.chat.socket_mode import SocketMode
from tocsin.faces.chat.tidy import Tidy
from tocsin.ground.accounts import Accounts, Key
from tocsin.ground.catalogue import service_of
from tocsin.ground.engine import Engine, Role
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock, SystemClock
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.log import configure
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Holder, Problem
from tocsin.ground.store import Store, database_of
from tocsin.ground.store.key import signing_key
from tocsin.ground.store.migrate import migrate
from tocsin.ground.timeline import Followers
from tocsin.learn.analytics import Outcomes
from tocsin.learn.exercises import Exercises
from tocsin.learn.reports import Reports
from tocsin.learn.watch import Auditor, Latencies
from tocsin.metrics import registry
from tocsin.respond.diagnosis import Bench, Diagnoses, Known
from tocsin.respond.incidents import OPEN, Incidents, Scout, Triage
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.roles import Roles
from tocsin.respond.incidents.updates import Updates
from tocsin.respond.incidents.war_room import WarRooms
from tocsin.respond.incidents.wishes import Wishes
from tocsin.respond.oncall import Escalations, Handovers, Notices, Oncall, Overrides, Shadowing, Swaps
from tocsin.respond.oncall.drill import Drills
from tocsin.respond.oncall.summon import Summons
from tocsin.respond.oncall.trial import Trials
from tocsin.respond.rollout import Repairs, Yard
from tocsin.respond.runbooks.follow import Matcher
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.preconditions import Preconditions
from tocsin.respond.runbooks.questions import Questions
from tocsin.respond.runbooks.repositories import Repositories
from tocsin.respond.runbooks.review_reminders import Reminders
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.workshop import Subject, Workshop
from tocsin.sense.alerts import Ledger
from tocsin.sense.alerts.held import Folds
from tocsin.sense.alerts.retention import Retention
from tocsin.sense.alerts.silence_warning import SilenceWarnings
from tocsin.sense.changes import ChangeRecord, Changes
from tocsin.sense.heartbeats import Heartbeats
from tocsin.sense.intake import House, Mailbook, Quota, Receiver
from tocsin.sense.intake.postbox import Postbox
from tocsin.sense.measures import Measures
from tocsin.sense.monitor import Monitor, Monitors

_log = structlog.get_logger(__name__)
_KEEP_ALIVE_S = 75  # senders come again each minute
_STEPS_AT_ONCE = 100
_ROUND_S = 1_800.0  # a round over every link of a library, or over every repository
_COLLECT_AFTER = 200_000  # allocations: at the default, the collector's pauses are the stalls of a burst


class App:
    """One process of Tocsin: the rooms, what starts and stops them, and the web application in front."""

    def __init__(
        self,
        folder: Path,
        first: configuration.Configuration,
        clock: Clock | None = None,
        *,
        role: Role = "all",
        labels: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self.labels = frozenset(labels)
        self.serves, self.works = role != "worker", role != "web"
        self.clock = clock or SystemClock()
        self.bell = Bell()
        self.current = Holder(first)
        self.problems: list[Problem] = []
        self._started = threading.Event()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

        current = self.current
        self.store = Store.open(database_of(folder, first.database_url))
        if self.store.is_sqlite and role != "all":
            raise Invalid(
                "SQLite is served by one process; a worker or a web process of its own needs Postgres",
                field="database",
                fix="Run `tocsin up` alone, or set `database: env:DATABASE_URL` to a postgresql:// address.",
            )
        migrate(self.store)
        self.engine = Engine(self.store, self.clock, self.bell, folder=folder, role=role)
        self.outbound = Outbound(lambda: current().outbound.allow)
        self.key = signing_key(self.store)
        self.links = Links(lambda: current().public_url, self.key)
        self.accounts = Accounts(self.store, self.clock)
        self.checks = Checks(self.outbound, self.clock)
        self.ledger = Ledger(self.store, self.clock, current, self.bell, self._service_of)
        self.folds = Folds.over(
            self.store, self.clock, self.bell, current, lambda: current().time_zone, self.engine.timers
        )
        self.changes = Changes(self.store, self.clock)
        self.heartbeats = Heartbeats(self.store, self.clock, self.ledger, self.bell, current, current)
        self.mailbook = Mailbook(self.store, self.clock)
        self.quota = Quota(self.store, self.clock, current, self.ledger, lambda: current().language)
        self.monitor = Monitor(
            self.store, self.clock, current, self.ledger, self.checks, leads=self.engine.leads
        )
        self.monitors = Monitors(
            self.store,
            self.clock,
            current,
            current,
            current,
            ledger=self.ledger,
            outbound=self.outbound,
            leads=self.engine.leads,
        )
        self.measures = Measures(self.store, self.clock, self.monitors.expected)
        self.deliveries = Deliveries(
            self.store,
            self.clock,
            current,
            bell=self.bell,
            links=self.links,
            outbound=self.outbound,
            boots=self.engine.boots,
            is_urgent=self._is_urgent,
        )
        self.deliveries.sends = self.works
        self.warnings = SilenceWarnings(
            self.store,
            self.clock,
            self.folds.silences,
            people=current,
            deliveries=self.deliveries,
            alarms=self.engine.timers,
        )
        self.overrides = Overrides(self.store, self.clock, current, self.bell)
        self.oncall = Oncall(current, self.clock, self.overrides)
        notices = Notices(current, self.deliveries)
        self.swaps = Swaps(self.store, self.clock, current, self.bell, oncall=self.oncall, notices=notices)
        self.trials = Trials(self.store, self.clock, current, self.deliveries)
        self.escalations = Escalations(
            self.store,
            self.clock,
            current,
            oncall=self.oncall,
            deliveries=self.deliveries,
            timers=self.engine.timers,
        )
        self.drills = Drills(
            self.store,
            self.clock,
            current,
            oncall=self.oncall,
            deliveries=self.deliveries,
            timers=self.engine.timers,
        )
        desk = Desk(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            timers=self.engine.timers,
            services=current,
            policies=current,
            folding=current,
            folds=self.folds,
            escalations=self.escalations,
            deliveries=self.deliveries,
            check=self.monitor.look,
        )
        self.incidents = Incidents(desk)
        self.deliveries.on_wish(Wishes(self.incidents, current).carry_out)
        self.handovers = Handovers(
            self.store,
            self.clock,
            current,
            oncall=self.oncall,
            notices=notices,
            unfinished=lambda conn: self.incidents.list(conn, states=OPEN, limit=200),
        )
        self.roles = Roles(desk, current, self.oncall)
        self.updates = Updates(desk, self.incidents, current, self.oncall)
        self.war_rooms = WarRooms(desk, current, self.links)
        self.upkeep = MessageRetention(self.store, self.clock)
        self.retention = Retention(self.store, self.clock, current, self.incidents.of_alerts)
        self.scout = Scout(desk, lambda service: look_around(service, self.outbound, self.clock))
        self.triage = Triage(desk=desk)
        self.library = Library(current, folder, self.clock, current)
        self.repositories = Repositories(current, folder, self.clock)
        self.preconditions = Preconditions(
            self.store,
            self.clock,
            self.library,
            services=current,
            settings=current,
            outbound=self.outbound,
        )
        self.reminders = Reminders(
            self.store,
            self.clock,
            self.library,
            people=current,
            settings=current,
            deliveries=self.deliveries,
            timers=self.engine.timers,
        )
        workshop = self._workshop()
        self.runs = Runs(workshop)
        self.diagnoses = Diagnoses(self._bench(workshop.actions))
        self.exercises = Exercises(
            self.store,
            self.clock,
            current,
            work=self.engine.work,
            incidents=self.incidents,
            runs=self.runs,
            library=self.library,
            actions=workshop.actions,
            folder=folder / "drills",
        )
        self.repairs = Repairs(self._yard(notices))
        self.reports = Reports(self.store, self.clock, current, self.incidents)
        followers = Followers(self.store)
        self.matcher = Matcher(workshop, self.runs, self.library, self.incidents)
        self.matcher.follow(followers)
        self.repairs.follow(followers)
        self.reports.follow(followers)
        self.scout.follow(followers)
        Shadowing(self.clock, self.oncall, notices).follow(followers)
        self.roles.follow(followers)
        self.updates.follow(followers)
        self.war_rooms.follow(followers)
        Outcomes(self.incidents).follow(followers)
        self.talk = self._talk()
        self.ear = Ear(self.talk)
        self.socket_mode = SocketMode(self.talk, self.ear)
        self.tidy = Tidy(self.talk, self.engine.timers)
        self.tidy.follow(followers)
        self.latencies = Latencies(self.store, self.clock, current, self.incidents)
        self.latencies.follow(followers)
        self.auditor = Auditor(
            self.store,
            self.clock,
            current,
            engine=self.engine,
            sender=self.deliveries,
            outbound=self.outbound,
            links=self.links,
            pulse=self._answers,
            deaf=self.socket_mode.trouble,
            forget=self.latencies.forget,
        )

        def react() -> None:
            """Until all is read, or it is somebody else's turn: a storm writes faster than the beat."""
            for _ in range(_STEPS_AT_ONCE):
                if self._stopping.is_set() or not followers.step():
                    return
                self.bell.ring("work")

        beat = self.engine.on_beat
        if self.works:
            beat("followers", react, wake_on="timeline")
            if self.labels:
                beat("errands", self.runs.fetch, wake_on="errands")
            beat("heartbeats", self.heartbeats.tick, wake_on="heartbeats", led=True)
            beat("war rooms", self.war_rooms.tick, wake_on="timeline", patience_s=_ROUND_S)
            beat("retention", self.retention.tick, wake_on="configuration", led=True)
            beat("messages", self.upkeep.tick, wake_on="configuration", led=True)
            beat("handovers", self.handovers.tick, wake_on="configuration", led=True)
            beat("changes", self.changes.tick, wake_on="configuration", led=True)
            beat(
                "preconditions",
                self.preconditions.tick,
                wake_on="configuration",
                led=True,
                patience_s=_ROUND_S,
            )
        if self.serves:
            beat("mailbook", self.mailbook.tick, wake_on="configuration")
            beat("quota", self.quota.tick, wake_on="configuration")
        beat("repositories", self.repositories.tick, wake_on="configuration", patience_s=_ROUND_S)
        self.hub = web.Hub(self.store, self.bell)
        self.asgi = self._web()

    # Parts

    def _answers(self, seconds: float) -> bool:
        """Does the loop of the web come round within so many seconds?"""
        if self._loop is None:
            return True
        came = threading.Event()
        self._loop.call_soon_threadsafe(came.set)
        return came.wait(seconds)

    def _service_of(self, labels: Mapping[str, str]) -> str:
        return service_of(self.current(), labels)[0]

    def _is_urgent(self, severity: str) -> bool:
        """Whether a policy calls this level critical: no cap holds back its first page."""
        current = self.current()
        levels = (
            policy.levels.get(severity) for policy in (current.policy(None), *current.policies.values())
        )
        return any(level is not None and level.urgency == "critical" for level in levels)

    def _key_of(self, plain: str) -> Key | None:
        """The intake key of that secret; the address of a heartbeat is one, too."""
        return self.accounts.key(plain) or self.heartbeats.key_of(plain)

    def _talk(self) -> ChatContext:
        current = self.current
        return ChatContext(
            store=self.store,
            clock=self.clock,
            links=self.links,
            outbound=self.outbound,
            access=current,
            ways=current,
            catalogue=current,
            policies=current,
            accounts=self.accounts,
            incidents=self.incidents,
            updates=self.updates,
            oncall=self.oncall,
            summons=Summons(self.store, self.clock, current, oncall=self.oncall, deliveries=self.deliveries),
            runs=self.runs,
            library=self.library,
            reports=self.reports,
            rooms=self.war_rooms,
        )

    def _workshop(self) -> Workshop:
        def page(conn: Connection, incident: str, subject: str, lines: list[str]) -> Sequence[Delivery]:
            severity = self.incidents.get(conn, incident).severity
            return self.escalations.page_now(
                conn, incident=incident, subject=subject, lines=lines, severity=severity
            )

        return Workshop(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            work=self.engine.work,
            timers=self.engine.timers,
            boot=self.engine.boot,
            services=self.current,
            settings=self.current,
            shelf=self.library,
            actions=all_actions(self.outbound),
            subject=self._subject,
            mitigate=lambda incident, why, actor: void(self.incidents.mitigate(incident, why, actor)),
            check=self.monitor.look,
            page=page,
            hand=self.deliveries.hand,
            folder=self.folder / "runs",
            ended=lambda conn, run, step: self.repairs.makeshifts.ended(conn, run, step),
            labels=self.labels,
            dead=self.engine.boots.dead,
            key=self.key,
        )

    def _bench(self, actions: Mapping[str, Action]) -> Bench:
        def changes(service: str, start: datetime, end: datetime) -> Sequence[ChangeRecord]:
            with self.store.read() as conn:
                return self.changes.around(conn, start, end, service, self.current().services.keys())

        return Bench(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            work=self.engine.work,
            services=self.current,
            settings=self.current,
            incidents=self.incidents,
            actions=actions,
            books=Questions(self.library, actions),
            known=Known(
                changes=changes,
                look=lambda service: look_around(service, self.outbound, self.clock),
                measures=self.monitors.latest,
            ),
            folder=self.folder / "diagnoses",
        )

    def _yard(self, notices: Notices) -> Yard:
        def page(
            conn: Connection,
            incident: str,
            subject: str,
            lines: Sequence[str],
            key: str,
            besides: Collection[str] = (),
        ) -> Sequence[Delivery]:
            return self.escalations.page_now(
                conn,
                incident=incident,
                subject=subject,
                lines=lines,
                severity=self.incidents.get(conn, incident).severity,
                key=key,
                besides=besides,
            )

        return Yard(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            timers=self.engine.timers,
            services=self.current,
            policies=self.current,
            settings=self.current,
            changes=self.changes,
            incidents=self.incidents,
            runs=self.runs,
            shelf=self.library,
            notices=notices,
            check=self.monitor.look,
            page=page,
            hand=self.deliveries.hand,
            wake=self.engine.work.wake,
        )

    def _subject(self, conn: Connection, incident: str) -> Subject:
        """What a run needs to know of its incident."""
        known = self.incidents.get(conn, incident)
        alerts = self.incidents.alerts(conn, incident)
        clear = "none" if not alerts else "firing" if self.incidents.firing(conn, incident) else "cleared"
        return Subject(
            service=known.service,
            severity=known.severity,
            labels=alerts[0].labels if alerts else {},
            clear=clear,
            is_open=known.is_open,
        )

    def _web(self) -> ASGIApp:
        house = House(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            ledger=self.ledger,
            folds=self.folds,
            changes=self.changes,
            heartbeats=self.heartbeats,
            measures=self.measures,
            started=self.clock.now(),
        )
        receiver = Receiver(
            house,
            self._key_of,
            self.accounts.key_by_id,
            mailbook=self.mailbook,
            quota=self.quota,
            folder=self.folder,
        )
        self.take = receiver.short.take
        self.postbox = Postbox(
            receiver,
            self.clock,
            self.current,
            find=self.accounts.key,
            keys=self.accounts.keys,
            folder=self.folder,
        )
        if self.serves:
            self.engine.on_beat("postbox", self.postbox.tick, wake_on="configuration")
        pages = self.pages = web.Context(
            store=self.store,
            clock=self.clock,
            bell=self.bell,
            links=self.links,
            catalogue=self.current,
            policies=self.current,
            changes=self.changes,
            accounts=self.accounts,
            folds=self.folds,
            incidents=self.incidents,
            roles=self.roles,
            updates=self.updates,
            war_rooms=self.war_rooms,
            scout=self.scout,
            runs=self.runs,
            diagnoses=self.diagnoses,
            library=self.library,
            rota=self.current,
            oncall=self.oncall,
            overrides=self.overrides,
            swaps=self.swaps,
            handovers=self.handovers,
            escalations=self.escalations,
            deliveries=self.deliveries,
            trials=self.trials,
            mailbook=self.mailbook,
            heartbeats=self.heartbeats,
            monitors=self.monitors,
            measures=self.measures,
            replay=receiver.replay,
            report=self._report,
            waiting_for=self.waiting_for,
            configuration_problems=lambda: [str(each) for each in self.problems],
            registry=registry(self.store, self.engine, self.ledger, self.latencies),
            auditor=self.auditor,
            latencies=self.latencies,
            boots=self.engine.boots,
            drills=self.drills,
            repairs=self.repairs,
            exercises=self.exercises,
            version=__version__,
        )
        rest = api.Context(
            store=self.store,
            clock=self.clock,
            accounts=self.accounts,
            catalogue=self.current,
            ledger=self.ledger,
            changes=self.changes,
            folds=self.folds,
            incidents=self.incidents,
            roles=self.roles,
            updates=self.updates,
            war_rooms=self.war_rooms,
            scout=self.scout,
            oncall=self.oncall,
            overrides=self.overrides,
            swaps=self.swaps,
            handovers=self.handovers,
            escalations=self.escalations,
            deliveries=self.deliveries,
            trials=self.trials,
            library=self.library,
            runs=self.runs,
            diagnoses=self.diagnoses,
            reports=self.reports,
            auditor=self.auditor,
            latencies=self.latencies,
            boots=self.engine.boots,
            drills=self.drills,
            repairs=self.repairs,
            exercises=self.exercises,
            heartbeats=self.heartbeats,
            monitors=self.monitors,
            measures=self.measures,
            mailbook=self.mailbook,
            replay=receiver.replay,
            folder=self.folder,
            session_cookie=web.SESSION_COOKIE,
        )
        beside = {api.PREFIX: api.make_api(rest), chat.PREFIX: chat.make_chat(self.talk, self.ear)}
        application = web.make_web(pages, self.hub, beside, self._lifespan)

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            """Intake first: it is the one path whose speed is promised, and it needs nothing of the pages."""
            if self.serves and scope["type"] == "http" and receiver.serves(scope["path"]):
                await receiver(scope, receive, send)
            else:
                await application(scope, receive, send)

        return front

    def _report(self, incident: str) -> str:
        with self.store.read() as conn:
            return self.reports.latest(conn, incident).markdown

    # Life

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        await run_in_threadpool(self.start)
        self._loop = asyncio.get_running_loop()
        await self.hub.start()
        try:
            yield
        finally:
            self._loop = None
            await self.hub.stop()
            await run_in_threadpool(self.stop)

    def start(self) -> None:
        """Takes up everything where the last process left it. Raises Conflict when another one serves the file."""
        self.engine.lock()
        self.ledger.start()
        self.folds.maintenance.rebuild()
        self.folds.inhibition.rebuild()
        if self.serves:
            self.quota.start()
            self.socket_mode.start()
        self.engine.start()
        if self.works:
            self.deliveries.start()
            self.scout.start()
            self.triage.start()
            self.monitor.start()
            self.monitors.start()
            self.reminders.start()
            self.drills.start()
        # So that the first alert does not wait until hundreds of files are read.
        threading.Thread(target=self.library.all, name="library", daemon=True).start()
        self._watcher = threading.Thread(target=self._watch, name="configuration", daemon=True)
        self._watcher.start()
        self.auditor.start()
        self._started.set()

    def stop(self) -> None:
        """Nothing new is claimed; what is under way is recorded and can be taken up again."""
        self._started.clear()
        self._stopping.set()
        for part in (
            self.socket_mode,
            self.ear,
            self.tidy,
            self.auditor,
            self.repositories,
            self.preconditions,
            self.monitor,
            self.monitors,
            self.triage,
            self.deliveries,
            self.runs,
            self.exercises,
            self.engine,
            # Nothing beats any more that would wake them again.
            self.scout,
            self.postbox,
            self.ledger,
            self.mailbook,
        ):
            part.stop()
        if self._watcher:
            self._watcher.join(timeout=5)
        self.outbound.close()
        self.store.close()

    def waiting_for(self) -> list[str]:
        """What keeps Tocsin from storing alerts and sending pages; nothing: ready."""
        missing = [f"{beat}: {why}" for beat, why in self.engine.problems().items()]
        if not self._started.is_set():
            missing.append("starting")
        try:
            with self.store.read() as conn:
                conn.execute(select(1))
        except Exception as error:
            missing.append(f"database: {error}")
        return missing

    # Configuration

    def _watch(self) -> None:
        """Reloads when a file of the folder changes; the editor may write several at once, so they are gathered."""
        names = (".yaml", ".yml")
        changes = watchfiles.watch(
            self.folder,
            watch_filter=lambda _, path: path.endswith(names),
            stop_event=self._stopping,
            recursive=False,
            rust_timeout=1_000,
            yield_on_timeout=False,
        )
        for _ in changes:
            self.reload()

    def reload(self) -> list[Problem]:
        """Swaps the configuration, unless the new one has mistakes: then the old one stays, and this says so."""
        loaded = configuration.load(self.folder)
        self.problems = list(loaded.errors)
        if loaded.configuration is None:
            for problem in loaded.errors:
                _log.error("the configuration was not reloaded", problem=str(problem))
            return self.problems
        self.current.swap(loaded.configuration)
        _log.info("the configuration was reloaded")
        self.folds.maintenance.rebuild()
        self.folds.inhibition.rebuild()
        self.bell.ring("configuration")
        return []


def void(_: object) -> None:
    """For a callback whose caller wants no answer."""


def serve(
    folder: Path, *, host: str, port: int, log_level: str, role: Role = "all", labels: Iterable[str] = ()
) -> None:
    """`tocsin up`: blocks until SIGINT or SIGTERM. Raises Invalid where the configuration has mistakes."""
    app = _made(folder, log_level, role, labels)
    _greet(app, host, port)
    _Server(
        app.hub,
        uvicorn.Config(
            app.asgi,
            host=host,
            port=port,
            http=connections(Doorkeeper(room_for_connections()), app.take),
            ws="none",
            loop="uvloop",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=5,
        ),
    ).run()


def work(folder: Path, *, log_level: str, labels: Iterable[str] = ()) -> None:
    """`tocsin worker`: as `serve`, without listening anywhere. A second signal ends it at once."""
    app = _made(folder, log_level, "worker", labels)
    told = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    app.start()
    print(f"Tocsin {__version__} works as {app.engine.boot}  (configuration: {app.folder})", file=sys.stderr)
    try:
        told.wait()
    finally:
        app.stop()


def _made(folder: Path, log_level: str, role: Role, labels: Iterable[str]) -> App:
    configure(level=log_level)
    app = App(folder, configuration.load(folder).required(), role=role, labels=labels)
    app.engine.lock()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    return app


class _Server(uvicorn.Server):
    """Ends the streams of open pages before it waits for connections to end: they would hold it up."""

    def __init__(self, hub: web.Hub, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        await self._hub.stop()
        await super().shutdown(sockets)


def _greet(app: App, host: str, port: int) -> None:
    print(f"Tocsin {__version__} at http://{host}:{port}  (configuration: {app.folder})", file=sys.stderr)
    link = app.accounts.set_up_link()
    if link:
        print(f"First start: make your account at http://{host}:{port}/setup/{link}", file=sys.stderr)
