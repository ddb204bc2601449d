"""Whatever workers do, in whatever order: no task is lost, none runs twice at once, and the counts add up."""

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from medic.core.errors import RefusedError
from medic.store.queue import open_queue
from tests.fakes import HandClock
from workers.queue.broker import Broker
from workers.queue.spec import QueueSpec
from workers.queue.wire import LeaseRequest, Submission

WORKERS = ("w/1", "w/2", "w/3")
workers = st.sampled_from(WORKERS)
TERMINAL = {"completed", "failed"}


class Queue(RuleBasedStateMachine):
    tasks = Bundle("tasks")

    @initialize()
    def open(self):
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = HandClock()
        self.known = {}
        self.totals = (0, 0, 0)
        self.restart()

    @rule()
    def restart(self):
        if hasattr(self, "stack"):
            self.runner.run(self.stack.aclose())
        self.stack = AsyncExitStack()
        opened = self.stack.enter_async_context(open_queue(Path(self.folder.name) / "queue.db"))
        self.broker = Broker(QueueSpec("q"), self.runner.run(opened), self.clock)
        self.runner.run(self.broker.open())

    @rule(target=tasks, count=st.integers(1, 3), canary=st.booleans())
    def submit(self, count, canary):
        ids = self.runner.run(self.broker.submit([Submission("order", canary=canary)] * count))
        self.known.update(dict.fromkeys(ids, "pending"))
        return multiple(*ids)

    @rule(worker=workers, restarted=st.booleans())
    def lease(self, worker, restarted):
        task = self.runner.run(self.broker.lease(LeaseRequest(worker, restarted=restarted)))
        if task is not None:
            assert self.known[task.id] not in TERMINAL
            assert task.deliveries <= 3

    @rule(task=tasks, worker=workers, end=st.sampled_from(["complete", "fail", "release", "extend"]))
    def tell(self, task, worker, end):
        more = {"complete": ({"by": worker},), "fail": ("why",)}.get(end, ())
        before = self.runner.run(self.broker.get(task))
        with suppress(RefusedError):
            after = self.runner.run(getattr(self.broker, end)(task, worker, *more))
            assert before.worker == worker
            assert before.state != "running" or before.lease_until > self.broker._now()
            assert before.state not in TERMINAL or after == before

    @rule(seconds=st.sampled_from([1, 30, 61]))
    def wait(self, seconds):
        self.clock.pass_by(seconds=seconds)
        self.runner.run(self.broker.tend())

    @invariant()
    def what_ended_stays_ended_and_counts_add_up(self):
        if not hasattr(self, "stack"):
            return
        found = {id_: self.runner.run(self.broker.get(id_)) for id_ in self.known}
        for id_, task in found.items():
            assert self.known[id_] not in TERMINAL or task.state == self.known[id_]
            self.known[id_] = task.state
        real = [task.state for task in found.values() if not task.canary]
        figures = self.runner.run(self.broker.figures())
        counted = (figures.pending, figures.running, figures.completed, figures.failed)
        assert counted == tuple(real.count(state) for state in ("pending", "running", "completed", "failed"))
        assert sum(counted) == figures.submitted
        totals = (figures.submitted, figures.completed, figures.failed)
        assert all(now >= before for now, before in zip(totals, self.totals, strict=True))
        self.totals = totals

    def teardown(self):
        if hasattr(self, "stack"):
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()


Queue.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestQueue = Queue.TestCase
