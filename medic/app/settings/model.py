"""The whole configuration: every section, each key with its default."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from medic.app.settings.heal import Healing, Notifier, Remedy
from medic.app.settings.judge import Rules
from medic.app.settings.kinds import Address, Duration, HostPort, at_least
from medic.app.settings.measure import Collectors
from medic.app.settings.paths import Folder
from medic.app.settings.peers import Peer
from medic.app.settings.probes import Probe
from medic.app.settings.queues import Backend, Queue
from medic.app.settings.recur import Job, Reports, merge
from medic.app.settings.sections import Section
from medic.app.settings.web import NO_ORDERS, Orders, Web
from medic.app.settings.work import Pool, Targets

SHORTEST_TICK = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Section):
    """What a configuration file may say."""

    listen: Address = HostPort("127.0.0.1", 10119)
    web: Web = Web()
    state: Folder | None = None
    interval: Annotated[Duration, at_least(SHORTEST_TICK)] = timedelta(seconds=15)
    collectors: Collectors = Collectors()
    probes: tuple[Probe, ...] = ()
    queues: tuple[Queue, ...] = ()
    workers: tuple[Pool, ...] = ()
    targets: Targets = Targets()
    rules: Rules = Rules()
    alertmanagers: tuple[Peer, ...] = ()
    """Where the alerts of Medic's own rules go."""
    remedies: tuple[Remedy, ...] = ()
    healing: Healing = Healing()
    jobs: tuple[Job, ...] = ()
    notify: tuple[Notifier, ...] = ()
    reports: Reports = Reports()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Configuration):
    """A configuration in force: what its file says, and where it was found."""

    state: Path
    """The state folder, absolute: ``--state``, ``$MEDIC_STATE``, the file's ``state:``, or the platform's."""
    file: Path | None
    """None when there is no file and the defaults are in force."""
    folder: Path
    """What relative paths are relative to: the file's folder, else the working folder."""
    written: dict[tuple[str | int, ...], str] = field(repr=False)
    """What the file says where a value came from the environment or a secret's file: that alone may be shown."""
    orders: Orders = NO_ORDERS
    """What the command line said, which a reload of the file does not change."""

    @property
    def embedded(self) -> tuple[Queue, ...]:
        """The queues that Medic's own queue server serves."""
        return tuple(queue for queue in self.queues if queue.backend is Backend.EMBEDDED)

    @property
    def every_job(self) -> tuple[Job, ...]:
        """The built-in jobs, changed by the entries of their names, and the user's own; disabled ones included."""
        return merge(self.jobs, self.reports)
