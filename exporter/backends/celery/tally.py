"""What the events of Celery's workers add up to, for one queue; only ``task-sent`` names a queue. Pure.

A task belongs to the queue that its ``task-sent`` named, else to the only queue that its worker takes tasks from; of a
worker that takes from several, nobody knows. A worker whose count of tasks rises without an event of one is silent: its
task events are off. While a worker is silent or vague the counters are not told, since they would be too low.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from exporter.backends.celery.messages import Event
from exporter.backends.timing import Durations
from exporter.backends.timing import Tally as Waits
from medic.core.queue import CANARY, Histogram

MOST = 10_000
"""Tasks, workers, and ends of tasks whose queue is not known yet, that are remembered; the oldest make room."""
LIVES = 30.0
"""Seconds after its last sign for which a worker counts as living; they send one every 2 s unless told otherwise."""


class Ending(StrEnum):
    """How a task ended; one that was revoked did neither, and one that is retried has not ended."""

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(slots=True)
class Seen:
    """What events told of a task that has not ended."""

    name: str = ""
    queue: str = ""
    sent_at: float | None = None
    started_at: float | None = None
    delayed: bool = False
    """Whether it had to wait, for its time or for another try: its waiting says nothing of the queue."""


class End(NamedTuple):
    """A task that ended at a worker, while it is not known yet of which queue it was."""

    host: str
    name: str
    ending: Ending
    seconds: float | None
    """How long it ran."""


@dataclass(slots=True)
class Host:
    """A worker, by its node name."""

    last: float
    """On the monotonic clock."""
    processed: int | None = None
    queues: frozenset[str] | None = None
    """What it takes tasks from; None until it was asked."""
    spoke: bool = False
    """Whether an event of a task came since the last heartbeat but one."""
    unspoken: bool = False
    """Whether its last heartbeat told of tasks that no event had told of; events may come a little later."""
    silent: bool = False
    vague: bool = False
    """Whether the task that it ended last could be of several queues."""


@dataclass(slots=True)
class Counts:
    """What can be told of the queue; counters never fall."""

    submitted: int | None = None
    """None until the first ``task-sent``: senders have to be told to send them."""
    completed: int = 0
    failed: int = 0
    durations: Durations = field(default_factory=Durations)
    waits: Waits | None = None


class Tally:
    """The events of one queue, added up; for one thread at a time."""

    def __init__(self, queue: str) -> None:
        """Begin with nothing for *queue*, by the broker's name of it."""
        self.counts = Counts()
        self.canaries: OrderedDict[str, Ending] = OrderedDict()
        """Canaries that ended."""
        self._queue = queue
        self._tasks: OrderedDict[str, Seen] = OrderedDict()
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        self._undecided: deque[End] = deque(maxlen=MOST)
        self._unsent: OrderedDict[str, End] = OrderedDict()
        """What ended at vague workers; ``task-sent`` comes over another connection, and may come last."""

    def take(self, event: Event, now: float) -> None:
        """Add an event that came at *now*, on the monotonic clock."""
        group, _, what = event.type.partition("-")
        if group == "worker":
            self._sign(event, what, now)
        elif group == "task" and event.task:
            if what != "sent":
                self._spoke(event.host, now)
            if event.task.startswith(CANARY):
                self._canary(event, what)
            else:
                self._task(event, what)

    def consume(self, queues: Mapping[str, frozenset[str]], now: float) -> None:
        """Learn from which queues each worker takes tasks, and decide what waited for it."""
        for name, taken in queues.items():
            host = self._host(name, now)
            host.queues, host.last = taken, now
        waiting = [*self._undecided]
        self._undecided.clear()
        for end in waiting:
            self._settle(end, self._is_ours("", end.host))

    def is_complete(self, now: float) -> bool:
        """Tell whether no living worker of the queue keeps something from us."""
        return not any(host.silent or host.vague for _, host in self._ours(now))

    def silent(self, now: float) -> list[str]:
        """Name the living workers of the queue whose task events are off."""
        return [name for name, host in self._ours(now) if host.silent]

    def vague(self, now: float) -> list[str]:
        """Name the living workers whose tasks may be of this queue or of another."""
        return [name for name, host in self._ours(now) if host.vague]

    def ours(self, now: float) -> list[str]:
        """Name the living workers that take tasks from the queue."""
        return [name for name, _ in self._ours(now)]

    def living(self, now: float) -> set[str]:
        """Name all living workers, whatever they take tasks from."""
        return {name for name, host in self._hosts.items() if now - host.last < LIVES}

    def sent_at(self, task: str) -> float | None:
        """Return when a task that still waits was sent, in seconds since the epoch; None when that is not known."""
        seen = self._tasks.get(task)
        return None if seen is None else seen.sent_at

    def waits(self) -> tuple[Histogram, ...]:
        """Tell how long tasks waited; nothing until that of one is known."""
        return () if self.counts.waits is None else (self.counts.waits.histogram(),)

    def _ours(self, now: float) -> list[tuple[str, Host]]:
        return [
            (name, host)
            for name, host in self._hosts.items()
            if now - host.last < LIVES and host.queues is not None and self._queue in host.queues
        ]

    def _host(self, name: str, now: float) -> Host:
        if name not in self._hosts:
            self._hosts[name] = Host(now)
            _bound(self._hosts)
        return self._hosts[name]

    def _sign(self, event: Event, what: str, now: float) -> None:
        """Take a sign of life: a heartbeat, a start or an end."""
        if what == "offline":
            self._hosts.pop(event.host, None)
            return
        if what == "online":
            self._hosts.pop(event.host, None)  # a new process, maybe with other queues
        host = self._host(event.host, now)
        rose = host.processed is not None and event.processed is not None and event.processed > host.processed
        host.silent = (host.silent or host.unspoken) and not host.spoke
        host.unspoken = rose and not host.spoke
        host.last, host.processed, host.spoke = now, event.processed, False

    def _spoke(self, name: str, now: float) -> None:
        host = self._host(name, now)
        host.last, host.spoke, host.silent, host.unspoken = now, True, False, False

    def _canary(self, event: Event, what: str) -> None:
        ending = _ENDINGS.get(what, Ending.FAILED if what in _DROPPED else None)
        if ending is not None:
            self.canaries[event.task] = ending
            _bound(self.canaries)

    def _task(self, event: Event, what: str) -> None:
        if what in _ENDINGS:
            self._ended(event, _ENDINGS[what])
        elif what in _DROPPED:
            self._tasks.pop(event.task, None)
        elif what == "sent":
            self._sent(event)
        elif what == "started":
            self._started(event)
        elif what in {"received", "retried"}:
            seen = self._seen(event)
            seen.name = event.name or seen.name
            seen.delayed = seen.delayed or event.delayed or event.retries > 0 or what == "retried"

    def _seen(self, event: Event) -> Seen:
        if event.task not in self._tasks:
            self._tasks[event.task] = Seen()
            _bound(self._tasks)
        return self._tasks[event.task]

    def _sent(self, event: Event) -> None:
        seen = self._seen(event)
        again = event.retries > 0 or seen.sent_at is not None
        seen.name, seen.queue = event.name or seen.name, event.queue
        seen.delayed = seen.delayed or event.delayed or again
        seen.sent_at = event.at if seen.sent_at is None else seen.sent_at
        if event.queue == self._queue and not again:
            self.counts.submitted = (self.counts.submitted or 0) + 1
        if seen.started_at is not None:
            self._waited(seen)
        if (end := self._unsent.pop(event.task, None)) is not None:
            self._tasks.pop(event.task)
            self._unvague(end.host)
            self._settle(end, event.queue == self._queue)

    def _started(self, event: Event) -> None:
        seen = self._seen(event)
        first, seen.started_at = seen.started_at is None, event.at
        if first:
            self._waited(seen)

    def _waited(self, seen: Seen) -> None:
        """Time how long a task waited, as soon as both ends of that are known."""
        if seen.queue == self._queue and seen.sent_at is not None and seen.started_at is not None and not seen.delayed:
            self.counts.waits = self.counts.waits or Waits()
            self.counts.waits.add(seen.started_at - seen.sent_at)

    def _unvague(self, name: str) -> None:
        if (host := self._hosts.get(name)) is not None:
            host.vague = False

    def _ended(self, event: Event, ending: Ending) -> None:
        seen = self._tasks.pop(event.task, Seen())
        ran = None if seen.started_at is None else event.at - seen.started_at
        end = End(event.host, seen.name, ending, ran if event.runtime is None else event.runtime)
        if seen.queue:
            self._unvague(event.host)
        ours = self._is_ours(seen.queue, event.host)
        if ours is False and event.host in self._hosts and self._hosts[event.host].vague:
            self._unsent[event.task] = end
            _bound(self._unsent)
        self._settle(end, ours)

    def _is_ours(self, queue: str, name: str) -> bool | None:
        """Tell whether a task is of the queue; None while its worker was not asked yet what it takes tasks from."""
        if queue:
            return queue == self._queue
        host = self._hosts.get(name)
        if host is None or host.queues is None:
            return None
        if self._queue not in host.queues:
            return False
        host.vague = len(host.queues) > 1
        return not host.vague

    def _settle(self, end: End, ours: bool | None) -> None:
        if ours is None:
            self._undecided.append(end)
        elif ours:
            self._count(end)

    def _count(self, end: End) -> None:
        if end.ending is Ending.COMPLETED:
            self.counts.completed += 1
        else:
            self.counts.failed += 1
        if end.seconds is not None:
            self.counts.durations.add(end.name, end.seconds)


_ENDINGS: Mapping[str, Ending] = {"succeeded": Ending.COMPLETED, "failed": Ending.FAILED}
_DROPPED = frozenset({"revoked", "rejected", "cancelled"})


def _bound(
    known: OrderedDict[str, End] | OrderedDict[str, Ending] | OrderedDict[str, Host] | OrderedDict[str, Seen],
) -> None:
    """Make room when too many are known: the oldest goes."""
    while len(known) > MOST:
        known.popitem(last=False)
