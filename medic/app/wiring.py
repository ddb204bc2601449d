"""The wiring: each room is built and handed what it needs of the others; nothing is decided here."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from exporter.runner import Runner
from healer.engine import Healer
from healer.ports import Ports
from medic.app import translate
from medic.app.adapters import Hands, Judge, Letterbox, Pigeon, Pulse
from medic.app.alertmanagers.office import Office
from medic.app.commits import Commits
from medic.app.events import Bus
from medic.app.figures import Figures
from medic.app.house import House
from medic.app.keeping import Keeper
from medic.app.measuring import collectors
from medic.app.notify.send import Apprise
from medic.app.probes import Probes
from medic.app.rulebook import load_groups
from medic.app.settings import Settings
from medic.app.state import State, token
from medic.app.status import checks
from medic.app.tick import Ticker
from medic.core.alerts import Alert
from medic.core.clock import MILLISECOND, Clock
from medic.core.targets import Target
from medic.core.workers import Exit
from medic.store.audit import Audit
from medic.store.database import Database, open_database
from medic.store.history import HistoryStore
from medic.store.journal import Journal
from medic.store.ledger import LedgerStore
from rhythm import registry as builtin_jobs
from rhythm.jobs import canary
from rhythm.ports import CanaryResult, Check, Context, Passage
from rhythm.recorder import Recorder
from rhythm.runner import Runner as JobRunner
from rhythm.scheduler import Scheduler
from rules.engine import Engine
from rules.limits import Limits
from rules.promql import Compat
from rules.series import Series
from workers.supervisor import Supervisor

REMEMBERED = (
    "medic_queue_tasks",
    "medic_queue_tasks_submitted_total",
    "medic_queue_tasks_completed_total",
    "medic_queue_tasks_failed_total",
    "medic_worker_processes",
    "medic_worker_restarts_total",
    "medic_alerts",
    "node_load1",
    "node_memory_MemAvailable_bytes",
    "node_filesystem_avail_bytes",
    "node_cpu_seconds_total",
)
"""The series whose rollups reports and baselines need."""


@asynccontextmanager
async def furnish(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """Open the stores and build every room; running workers are adopted, nothing measures, heals or recurs yet.

    Raises MedicError for a store, a rule or a job that cannot be used. Open it only while holding ``medic.lock``.
    """
    state = State(settings.state)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(open_database(state.journal, schema="journal", sync="FULL"))
        history = await stack.enter_async_context(open_database(state.history, schema="history", sync="NORMAL"))
        house = _build(settings, state, clock, Stores(journal, HistoryStore(history)))
        stack.callback(house.figures.close)
        await house.figures.remember(house.history)
        await house.keeper.restore(house.engine, clock, interval_ms=settings.interval // MILLISECOND)
        await stack.enter_async_context(house.supervisor)
        await house.healer.begin()
        await house.healer.keep_down(house.supervisor.stopped(), by="an operator, before this start")
        await house.audit.catch_up()
        yield house


@dataclass(frozen=True, slots=True)
class Stores:
    """The open databases."""

    journal: Database
    history: HistoryStore


def _build(settings: Settings, state: State, clock: Clock, stores: Stores) -> House:
    """Build the rooms in the order of the data, each around those before it; loops are closed by late calls."""
    bus, figures, commits = Bus(), Figures(settings.queues, clock), Commits()
    stores.journal.on_commit = commits.add
    series = Series(
        history=settings.rules.history, max_bytes=settings.rules.memory, tick_ms=settings.interval // MILLISECOND
    )

    def exited(exit_: Exit) -> None:
        house.healer.exited(exit_)
        bus.publish("exit", worker=f"{exit_.pool}/{exit_.slot}", reason=str(exit_.reason), status=exit_.status)

    def held() -> frozenset[Target]:
        return house.healer.held()

    supervisor = Supervisor(
        translate.pools(settings),
        state.folder,
        clock,
        exited,
        held=held,
        config=settings.file,
    )
    probes = Probes(settings.probes, clock)
    measured = collectors(settings, clock, figures, commits, lambda: house, probes=probes)
    runner = Runner(measured, clock, most=settings.collectors.max_series)
    engine = _engine(settings, series, runner)
    keeper = Keeper(series, state.series)
    people = Apprise([each.url.get_secret_value() for each in settings.notify], state.folder)
    journal, ledger = Journal(stores.journal), LedgerStore(stores.journal)
    healer = Healer(
        translate.policy(settings),
        Ports(journal, Hands(supervisor), Judge(engine), Pulse(supervisor), people),
        state=state.folder,
        clock=clock,
    )
    scheduler = Scheduler(
        translate.jobs(settings),
        ledger=ledger,
        runner=JobRunner(state.folder, builtin_jobs.load(), _context(settings, state, clock, figures, lambda: house)),
        clock=clock,
    )
    recorder = Recorder(stores.history, REMEMBERED)
    alertmanagers = Office(settings.alertmanagers, settings.rules)

    def observe(alerts: Sequence[Alert], now: datetime) -> None:
        keeper.ticked()
        healer.observe(alerts)
        alertmanagers.observe(engine.groups, alerts, now)

    ticker = Ticker(runner, series, engine, observe, recorder.observe, bus, settings.interval)
    house = House(
        settings=settings,
        state=state,
        clock=clock,
        started_at=clock.now(),
        bus=bus,
        commits=commits,
        series=series,
        keeper=keeper,
        runner=runner,
        engine=engine,
        supervisor=supervisor,
        healer=healer,
        scheduler=scheduler,
        figures=figures,
        probes=probes,
        ticker=ticker,
        journal=journal,
        audit=Audit(stores.journal, state.audit),
        ledger=ledger,
        history=stores.history,
        recorder=recorder,
        people=people,
        alertmanagers=alertmanagers,
    )
    return house


def _engine(settings: Settings, series: Series, runner: Runner) -> Engine:
    rules = settings.rules
    return Engine(
        load_groups(settings),
        series,
        interval_ms=settings.interval // MILLISECOND,
        collectors_of=runner.collectors_of,
        external_labels=rules.external_labels,
        external_url=rules.external_url or "",
        compat=Compat(rules.compat),
        limits=Limits(rules.max_samples, rules.timeout.total_seconds()),
    )


def _context(settings: Settings, state: State, clock: Clock, figures: Figures, house: Callable[[], House]) -> Context:
    """Give the built-in jobs what they reach for."""

    async def check() -> Sequence[Check]:
        return checks(await house().status())

    def ended(result: CanaryResult) -> None:
        house().figures.take_canary(result.queue, result.duration, success=result.success)

    ours = [
        Passage(queue.name, Letterbox(queue.base, token(state)), canary.TASKS, canary.PATIENCE)
        for queue in settings.embedded
    ]
    others = [
        Passage(name, Pigeon(name, carrier), ("canary",), patience) for name, carrier, patience in figures.carriers()
    ]
    return Context(clock, check=check, queues=(*ours, *others), on_canary=ended)
