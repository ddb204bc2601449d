"""The house with all its rooms furnished: what the web and the commands reach for."""

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import datetime

import medic
from exporter.runner import Runner
from healer.engine import Healer
from medic.app.alertmanagers.office import Office
from medic.app.commits import Commits
from medic.app.events import Bus
from medic.app.figures import Figures
from medic.app.keeping import Keeper
from medic.app.notify.send import Apprise
from medic.app.probes import Probes
from medic.app.settings import Settings
from medic.app.state import State
from medic.app.status import Status
from medic.app.tick import Ticker
from medic.app.web.toolkit.front import Front
from medic.core.clock import Clock
from medic.core.liveness import judged
from medic.core.workers import Pool
from medic.store.audit import Audit
from medic.store.history import HistoryStore
from medic.store.journal import Journal
from medic.store.ledger import LedgerStore
from rhythm.recorder import Recorder
from rhythm.scheduler import Scheduler
from rules.engine import Engine
from rules.series import Series
from workers.supervisor import Supervisor

RECENT = 20


@dataclass(slots=True)
class House:
    """Every room of one running Medic."""

    settings: Settings
    state: State
    clock: Clock
    started_at: datetime
    bus: Bus
    commits: Commits
    series: Series
    keeper: Keeper
    runner: Runner
    engine: Engine
    supervisor: Supervisor
    healer: Healer
    scheduler: Scheduler
    figures: Figures
    probes: Probes
    ticker: Ticker
    journal: Journal
    audit: Audit
    ledger: LedgerStore
    history: HistoryStore
    recorder: Recorder
    people: Apprise
    alertmanagers: Office
    front: Front = field(default_factory=Front)
    reloaded: bool = True
    """Whether the last reload was taken over."""
    audited: bool = True
    """Whether the audit could be written the last time; that it cannot is told once."""
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Two reloads at once would leave a mixture of two files in force."""

    def pools(self) -> tuple[Pool, ...]:
        """Return the pools, with what process, heartbeat and queue together tell of each worker."""
        return judged(self.supervisor.pools(), (each for queue in self.figures.all() for each in queue.seen))

    async def status(self) -> Status:
        """Gather how everything is now."""
        disk = shutil.disk_usage(self.state.folder)
        return Status(
            now=self.clock.now(),
            started_at=self.started_at,
            version=medic.__version__,
            interval=self.settings.interval,
            last_tick=self.ticker.last,
            alerts=self.ticker.alerts,
            pools=self.pools(),
            queues=self.figures.all(),
            probes=self.probes.all(),
            episodes=self.healer.open_episodes,
            attempts=tuple(await self.journal.attempts(RECENT)),
            jobs=self.scheduler.jobs(),
            pauses=self.healer.pauses,
            paused_by_file=self.state.paused.exists(),
            notices=tuple(await self.journal.notices(RECENT)),
            breakers=self.healer.open_breakers,
            failing=self.ticker.failing,
            rule_errors=tuple(self._rule_errors()),
            mode=self.settings.healing.mode,
            notified=bool(self.settings.notify),
            disk_used=disk.used / disk.total,
            journal_error=self.commits.error,
            stopped=self.supervisor.stopped(),
        )

    def _rule_errors(self) -> list[str]:
        rules = [rule for group in self.engine.groups() for rule in group.rules]
        return [f"{rule.rule.name}: {rule.error}" for rule in rules if rule.error]
