"""The reader of a queue of Celery: the broker says what waits, the workers what runs, and their events what ended.

What ended counts from the first reading on. It is known only while workers send task events (``celery worker -E``, or
``enable_events: true``), and of which queue it was only by ``task_send_sent_event``, or of workers of one queue alone;
without these the counters are absent, never too low.
"""

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from exporter.backends.addresses import AMQP
from exporter.backends.celery import messages
from exporter.backends.celery.amqp import listen_amqp, open_amqp
from exporter.backends.celery.broker import Broker, Listener, Order
from exporter.backends.celery.messages import Answer, Event
from exporter.backends.celery.receiver import Receiver
from exporter.backends.celery.redis import listen_redis, open_redis
from exporter.backends.celery.tally import Ending, Tally
from exporter.backends.source import Gates, Source
from medic.core.clock import Clock
from medic.core.queue import CANARY, QueueFigures

log = logging.getLogger(__name__)

DEFAULT = "celery"
"""Celery's own name of the queue that tasks go to when nothing else is said."""
QUEUES = Order("active_queues", {})
ACTIVE = Order("active", {"safe": True})
"""Safe leaves the values of arguments out."""
NAMED = 5
SILENT = "its workers send no task events: start them with -E, or set enable_events: true"
VAGUE = "its workers take tasks from other queues too: set task_send_sent_event in Celery's configuration"


class CeleryReader:
    """Reads one queue, and adds up its events."""

    def __init__(self, source: Source, clock: Clock) -> None:
        """Ask nothing, and listen to nothing yet."""
        self._source = source
        self._clock = clock
        self._queue = source.queue or DEFAULT
        self._tally = Tally(self._queue)
        self._turn = threading.Lock()
        self._receiver = Receiver(source.name, self._listen, self._take, clock.monotonic)
        self._heard = False
        self._told: str = ""

    def read(self) -> QueueFigures:
        """Ask the broker and the workers; the thread that listens is started by the first reading."""
        self._receiver.begin()
        with self.open() as broker:
            self._receiver.hurry()
            pending = broker.waiting(self._queue)
            heads = broker.heads(self._queue) if self._tally.counts.submitted is not None else []
            answers = broker.ask((QUEUES, ACTIVE), self._living())
            self._take_answers(answers)
            if silent := self._tell():
                broker.ask([Order("enable_events", {}, silent)], len(silent))
        return self._figures(pending, heads, answers)

    def close(self) -> None:
        """Have the thread that listens end."""
        self._receiver.end()

    def open(self) -> AbstractContextManager[Broker]:
        """Connect to the broker for as long as a reading may take; leaving the context may raise BackendError."""
        return (open_amqp if self.is_amqp else open_redis)(self._source, self._clock.monotonic)

    @property
    def is_amqp(self) -> bool:
        """Tell whether the broker speaks AMQP; else it is a Redis."""
        return urlsplit(self._source.url).scheme in {*AMQP, "pyamqp"}

    @property
    def queue(self) -> str:
        """The broker's name of the queue."""
        return self._queue

    def begin(self, patience: float) -> None:
        """Listen from now on, and wait up to *patience* seconds for the first connection."""
        self._receiver.begin()
        self._receiver.hearing.wait(patience)

    @property
    def is_hearing(self) -> bool:
        """Tell whether events are heard just now."""
        return self._receiver.hearing.is_set()

    @property
    def is_silent(self) -> bool:
        """Tell whether workers of the queue keep the events of their tasks to themselves."""
        with self._turn:
            return bool(self._tally.silent(self._clock.monotonic()))

    def ending(self, canary: str) -> Ending | None:
        """Tell how a canary ended; None while no event told of it."""
        with self._turn:
            return self._tally.canaries.get(canary)

    def _listen(self) -> AbstractContextManager[Listener]:
        return (listen_amqp if self.is_amqp else listen_redis)(self._source, self._clock.monotonic)

    def _take(self, batch: list[Event]) -> None:
        now = self._clock.monotonic()
        with self._turn:
            self._heard = True
            for event in batch:
                self._tally.take(event, now)

    def _living(self) -> int:
        with self._turn:
            return len(self._tally.living(self._clock.monotonic()))

    def _take_answers(self, answers: Iterable[tuple[str, Answer]]) -> None:
        queues = {each.host: messages.consumed(each.reply) for method, each in answers if method == QUEUES.method}
        with self._turn:
            self._tally.consume(queues, self._clock.monotonic())

    def _tell(self) -> tuple[str, ...]:
        """Say once what is kept from us; return the workers whose task events are to be switched on."""
        now = self._clock.monotonic()
        with self._turn:
            silent, vague = self._tally.silent(now), self._tally.vague(now)
        words = SILENT if silent else VAGUE if vague else ""
        if words and words != self._told:
            said = {"queue": self._source.name, "why": words, "workers": ", ".join([*silent, *vague][:NAMED])}
            log.warning("what ended in a queue is not known", extra=said)
        self._told = words
        return tuple(silent) if self._source.enable_events else ()

    def _figures(self, pending: int, heads: list[str], answers: list[tuple[str, Answer]]) -> QueueFigures:
        now = self._clock.monotonic()
        with self._turn:
            counts, known = self._tally.counts, self._heard and self._tally.is_complete(now)
            sent = [at for task in heads if (at := self._tally.sent_at(task)) is not None]
            return QueueFigures(
                self._source.name,
                self._source.backend,
                up=True,
                pending=pending,
                running=running(answers, self._queue, self._tally.ours(now)),
                workers=len(self._tally.ours(now)),
                submitted=counts.submitted,
                completed=counts.completed if known else None,
                failed=counts.failed if known else None,
                oldest_pending_at=int(min(sent) * 1000) if sent else None,
                durations=counts.durations.histograms() if known else (),
                waits=self._tally.waits(),
            )


def running(answers: Iterable[tuple[str, Answer]], queue: str, workers: Iterable[str]) -> int | None:
    """Count the tasks of *queue* that are executed now, canaries left out; None when one of its *workers* is silent."""
    replies: Mapping[tuple[str, str], Answer] = {(method, each.host): each for method, each in answers}
    count = 0
    for host in workers:
        active, queues = replies.get((ACTIVE.method, host)), replies.get((QUEUES.method, host))
        if active is None or queues is None:
            return None
        ways, consumed = messages.bindings(queues.reply), messages.consumed(queues.reply)
        for task, exchange, key in messages.active(active.reply):
            of = queue if consumed == {queue} else ways.get((exchange, key))
            count += of == queue and not task.startswith(CANARY)
    return count


def build(source: Source, gates: Gates) -> CeleryReader:
    """Make the reader of a queue of Celery."""
    return CeleryReader(source, gates.clock)
