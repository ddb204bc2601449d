"""RQ: its lists, registries and workers, read from Redis; no job is unpickled.

The keys are those of RQ 1.0 to 2.x: ``rq:queue:NAME`` (a list), ``rq:wip:``, ``rq:finished:``, ``rq:failed:``,
``rq:scheduled:`` and ``rq:deferred:NAME`` (sorted sets), ``rq:workers:NAME`` (a set of keys), ``rq:job:ID`` and
``rq:worker:ID`` (hashes).

RQ has no counters of a queue: its workers' are of all their queues, and end with the worker; its registries forget. So
a job counts when it is first seen in a registry of ended ones. What leaves it between two readings is not counted:
``result_ttl`` must be longer than Medic's ``interval`` (RQ's default is 500 s), and with ``result_ttl=0`` only failures
count. A job that will be tried again has not failed yet.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from exporter.backends.endings import Endings, Entry, take
from exporter.backends.redis import Redis, Reply, connected, fields, number, scored, texts
from exporter.backends.source import Gates, Reader, Source
from exporter.backends.timing import Durations, Tally
from medic.core.clock import Clock, to_ms
from medic.core.queue import QueueFigures

MOST = 10_000
"""Entries of a registry that are looked at: 20 jobs a second, where results are kept for 500 s."""
MOST_WORKERS = 1_000
MOST_JOBS = 500
"""New jobs of one reading whose times are looked at; the others are counted alone."""
HEAD = 10
"""Jobs at the head of the queue; one that was put in front is not the oldest."""
TIMES = ("description", "enqueued_at", "started_at", "ended_at")

_NAME = re.compile(r"[\w.:]{1,100}(?=\()")


class Ended(NamedTuple):
    """A job that ended, as far as it tells."""

    task: str
    waited: float | None
    ran: float | None
    """Seconds."""


class RqReader:
    """Reads one queue of RQ, and counts what it sees."""

    def __init__(self, source: Source, clock: Clock) -> None:
        """Ask nothing yet."""
        self._source = source
        self._clock = clock
        self._finished = Endings()
        self._failed = Endings()
        self._last_failed: tuple[int, list[Entry]] | None = None
        self._durations = Durations()
        self._waits = Tally()

    def read(self) -> QueueFigures:
        """Ask Redis in a few rounds, each about what the one before has told."""
        now = self._clock.now()
        with connected(self._source) as redis:
            found = _look(redis, self._source.queue, now)
            finished, newly_finished = take(self._finished, found.finished, most=MOST)
            changed = found.last_failed != self._last_failed
            failures = _failures(redis, self._source.queue) if changed else []
            failed, newly_failed = take(self._failed, failures, most=MOST) if changed else (self._failed, ())
            new = [*newly_finished, *newly_failed][:MOST_JOBS]
            oldest, workers, ended = _look_closer(redis, found, new)
        self._finished, self._failed, self._last_failed = finished, failed, found.last_failed
        self._add(ended)
        return QueueFigures(
            self._source.name,
            self._source.backend,
            up=True,
            pending=found.pending,
            running=found.running,
            delayed=found.delayed,
            dead=found.dead,
            completed=finished.count,
            failed=failed.count,
            oldest_pending_at=oldest,
            workers=workers,
            durations=self._durations.histograms(),
            waits=(self._waits.histogram(),),
        )

    def close(self) -> None:
        """Nothing is held between readings."""

    def _add(self, ended: Iterable[Ended]) -> None:
        for job in ended:
            if job.ran is not None:
                self._durations.add(job.task, job.ran)
            if job.waited is not None:
                self._waits.add(job.waited)


class Found(NamedTuple):
    """What the first round tells."""

    pending: int
    running: int
    delayed: int
    dead: int
    head: list[bytes]
    finished: list[Entry]
    last_failed: tuple[int, list[Entry]]
    """How many failures are kept, and the last; they are kept for a year, and read when this has changed."""
    workers: list[bytes]


def _look(redis: Redis, queue: str, now: datetime) -> Found:
    """Ask for the lists; a job whose worker went silent has run out of its time and does not run."""
    pending, head, running, scheduled, deferred, dead, finished, last, workers = redis.ask(
        ("LLEN", f"rq:queue:{queue}"),
        ("LRANGE", f"rq:queue:{queue}", 0, HEAD - 1),
        ("ZCOUNT", f"rq:wip:{queue}", int(now.timestamp()), "+inf"),
        ("ZCARD", f"rq:scheduled:{queue}"),
        ("ZCARD", f"rq:deferred:{queue}"),
        ("ZCARD", f"rq:failed:{queue}"),
        ("ZREVRANGE", f"rq:finished:{queue}", 0, MOST - 1, "WITHSCORES"),
        ("ZREVRANGE", f"rq:failed:{queue}", 0, 0, "WITHSCORES"),
        ("SRANDMEMBER", f"rq:workers:{queue}", MOST_WORKERS),
    )
    return Found(
        number(pending),
        number(running),
        number(scheduled) + number(deferred),
        number(dead),
        texts(head),
        _entries(finished),
        (number(dead), _entries(last)),
        texts(workers),
    )


def _failures(redis: Redis, queue: str) -> list[Entry]:
    (failed,) = redis.ask(("ZREVRANGE", f"rq:failed:{queue}", 0, MOST - 1, "WITHSCORES"))
    return _entries(failed)


def _look_closer(redis: Redis, found: Found, new: Sequence[Entry]) -> tuple[int | None, int, list[Ended]]:
    """Return when the oldest waiting job was enqueued, how many workers live, and how the *new* jobs ended."""
    replies = redis.ask(
        *(("HMGET", b"rq:job:" + id_, "enqueued_at") for id_ in found.head),
        *(("HMGET", key, "birth", "death") for key in found.workers),
        *(("HMGET", b"rq:job:" + entry.id, *TIMES) for entry in new),
    )
    rows = iter(fields(reply) for reply in replies)
    enqueued = [at for _ in found.head if (at := _moment(next(rows)[0])) is not None]
    living = sum(_lives(next(rows)) for _ in found.workers)
    return min(map(to_ms, enqueued), default=None), living, [_ended(row) for row in rows]


def _lives(row: Sequence[str]) -> bool:
    """Tell whether a worker is there: its hash runs out when it stops to say so."""
    birth, death = row
    return bool(birth) and not death


def _entries(reply: Reply) -> list[Entry]:
    return [Entry(id_, score) for id_, score in scored(reply)]


def _ended(row: Sequence[str]) -> Ended:
    description, enqueued, started, ended = row
    name = _NAME.match(description)
    begin = _moment(started)
    return Ended(name[0] if name else "", _span(_moment(enqueued), begin), _span(begin, _moment(ended)))


def _moment(text: str) -> datetime | None:
    """Read a time as RQ writes it, ``2026-01-31T12:00:00.000000Z``; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else (end - begin).total_seconds()


def build(source: Source, gates: Gates) -> Reader:
    """Make the reader of a queue of RQ."""
    return RqReader(source, gates.clock)
