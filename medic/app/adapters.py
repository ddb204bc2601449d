"""Rooms speak to rooms: each adapter makes one room's door fit the port that another declares."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from exporter.backends.carriers import Carrier
from healer.ports import Condition
from medic.app.translate import QUEUE_SERVER
from medic.core.alerts import Alert
from medic.core.queue import Json, Task
from medic.core.targets import Target, TargetKind, pool_target
from medic.core.tasks import in_thread
from medic.core.workers import ExitReason, Pool, Worker
from rules.engine import Engine
from workers.client import QueueClient
from workers.supervisor import Supervisor

SUBMIT_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Hands:
    """The healer's port ``Pools``: the supervisor does what is decided."""

    supervisor: Supervisor

    async def restart(self, target: Target) -> str:
        """Restart a pool, a worker, or the server of a queue."""
        return (await self.supervisor.restart(_behind(target), ExitReason.HEALER)).words

    async def start(self, target: Target) -> str:
        """Fill an empty slot; what was asked for by nobody counts as the crash that it replaces."""
        return (await self.supervisor.start(target, ExitReason.HEALER)).words


def _behind(target: Target) -> Target:
    return pool_target(QUEUE_SERVER) if target.kind is TargetKind.QUEUE else target


@dataclass(frozen=True, slots=True)
class Judge:
    """The healer's port ``Conditions``: the rule engine judges."""

    engine: Engine

    def condition(self, alert: Alert, since: datetime, now: datetime) -> Condition:
        """Evaluate the alert's own rule."""
        found = self.engine.condition(alert, since, now)
        return Condition(found.holds, found.reason)

    def condition_of(self, expr: str, since: datetime, now: datetime) -> Condition:
        """Evaluate an expression."""
        found = self.engine.condition_of(expr, since, now)
        return Condition(found.holds, found.reason)


@dataclass(frozen=True, slots=True)
class Pulse:
    """The healer's port ``Health``: which processes run."""

    supervisor: Supervisor

    def pool(self, name: str) -> Pool | None:
        """Return a pool as it stands."""
        return next((pool for pool in self.supervisor.pools() if pool.name == name), None)

    def worker(self, target: Target) -> Worker | None:
        """Return a slot as it stands."""
        return self.supervisor.worker(target)


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The rhythm's port ``Submit``: canaries go into an embedded queue, over HTTP like everybody's tasks."""

    url: str
    token: str = field(repr=False)

    async def submit(self, type_: str, payload: Json, *, canary: bool) -> str:
        """Add a task and return its id."""
        with closing(self._client()) as client:
            return await in_thread(
                lambda: client.submit(type_, payload, canary=canary), timeout=SUBMIT_TIMEOUT, name="canary"
            )

    async def task(self, id_: str) -> Task:
        """Return a task as it stands."""
        with closing(self._client()) as client:
            return await in_thread(lambda: client.get(id_), timeout=SUBMIT_TIMEOUT, name="canary")

    def _client(self) -> QueueClient:
        """Make one for each use: a client belongs to one thread."""
        return QueueClient(self.url, token=self.token, timeout=SUBMIT_TIMEOUT, patience=2)


@dataclass(frozen=True, slots=True)
class Pigeon:
    """The rhythm's port ``Submit``: canaries go into a queue of others, as its backend carries them."""

    queue: str
    carrier: Carrier

    async def submit(self, type_: str, payload: Json, *, canary: bool) -> str:  # noqa: ARG002 - it carries nothing else
        """Add the configured task and return its id."""
        return await in_thread(self.carrier.send, timeout=SUBMIT_TIMEOUT, name="canary")

    async def task(self, id_: str) -> Task:
        """Return the canary as it stands; whether it waits or runs is not told."""
        state = await in_thread(lambda: self.carrier.look(id_), timeout=SUBMIT_TIMEOUT, name="canary")
        return Task(id_, self.queue, "canary", {}, state, 0, canary=True)
