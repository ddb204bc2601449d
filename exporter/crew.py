"""Threads that are reused and never waited for, and batches of jobs that no slow one can hold up."""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

PATIENCE = 0.05
"""Seconds that a job may run before the rest of its batch goes on in another thread."""
IDLE = 60.0
"""Seconds after which a thread without work ends."""


class Crew:
    """Daemon threads that take whatever work is put; one that hangs is lost, and another is started in its place."""

    def __init__(self, name: str) -> None:
        """Start no thread yet; *name* shows in lists of threads."""
        self._name = name
        self._idle = threading.Semaphore(0)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def start(self, work: Callable[[], None]) -> None:
        """Have *work*, which must not raise, done by an idle thread, or by a new one when all are busy."""
        self._work.put(work)
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=IDLE)
            except Empty:
                if self._idle.acquire(blocking=False):
                    return  # our own word that we are idle, taken back; else it was taken and work is on its way
                continue
            work()
            self._idle.release()


class Job(Generic[T]):
    """Work that is done once by whichever thread comes first, and what came of it."""

    __slots__ = ("_timeout", "_turn", "_work", "ended", "result", "started")

    def __init__(self, work: Callable[[], T], timeout: float) -> None:
        """Take *work*, which must not raise; it is overdue *timeout* seconds after it was started."""
        self._work = work
        self._timeout = timeout
        self._turn = threading.Lock()
        self.started: float | None = None
        self.ended = False
        self.result: T | None = None

    def run(self, time: Callable[[], float]) -> None:
        """Do the work unless another thread does it or did it."""
        if not self._turn.acquire(blocking=False):
            return
        self.started = time()
        self.result = self._work()
        self.ended = True

    def is_overdue(self, now: float) -> bool:
        """Tell whether it has run for longer than it may."""
        return not self.ended and self.started is not None and now - self.started >= self._timeout

    def is_slow(self, now: float) -> bool:
        """Tell whether others should not wait behind it any longer."""
        return not self.ended and self.started is not None and now - self.started >= PATIENCE


class Batch(Generic[T]):
    """Jobs that one thread does in turn, which is cheapest; only when one is slow does another thread take the rest."""

    def __init__(
        self, crew: Crew, jobs: Sequence[Job[T]], *, time: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        """Start those of *jobs* that nobody has started; *wake* is called, in a thread, when a thread has run dry."""
        self.jobs = jobs
        self._crew = crew
        self._time = time
        self._wake = wake
        self._todo = deque(job for job in jobs if job.started is None)
        if self._todo:
            crew.start(self._work)

    def is_settled(self) -> bool:
        """Tell whether nothing is worth waiting for any more: each job has ended or is overdue."""
        now = self._time()
        return all(job.ended or job.is_overdue(now) for job in self.jobs)

    def spread(self) -> None:
        """Let another thread go on with the rest when all that is running is slow; call it every PATIENCE seconds."""
        now = self._time()
        running = [job for job in self.jobs if job.started is not None and not job.ended]
        if self._todo and running and all(job.is_slow(now) for job in running):
            self._crew.start(self._work)

    def _work(self) -> None:
        while True:
            try:
                job = self._todo.popleft()
            except IndexError:
                break
            job.run(self._time)
        self._wake()


class Inquiry(Generic[K, T]):
    """Asks what may hang, and waits no longer than a deadline; what has not answered is not asked again before it does.

    Used by one thread at a time, which it blocks.
    """

    def __init__(self, name: str, *, time: Callable[[], float], deadline: float) -> None:
        """Ask nothing yet; *name* shows in lists of threads, *time* is a monotonic clock, *deadline* in seconds."""
        self._crew = Crew(name)
        self._time = time
        self._deadline = deadline
        self._open: dict[K, Job[T]] = {}

    def ask(self, questions: Mapping[K, Callable[[], T]]) -> dict[K, T | None]:
        """Return the answers, which must not raise; None where there is none yet. A late one is the next answer."""
        jobs = {key: self._open.get(key) or Job(work, self._deadline) for key, work in questions.items()}
        if jobs:
            self._settle(list(jobs.values()))
        self._open = {key: job for key, job in jobs.items() if not job.ended}
        return {key: job.result for key, job in jobs.items()}

    def _settle(self, jobs: Sequence[Job[T]]) -> None:
        ended = threading.Event()
        batch = Batch(self._crew, jobs, time=self._time, wake=ended.set)
        while not batch.is_settled():
            ended.wait(PATIENCE)
            ended.clear()
            batch.spread()
