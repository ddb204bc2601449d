"""The scheduler: looks at the plan, writes each decision into the ledger, and keeps the two lanes busy."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Never

from medic.core.clock import Clock, from_ms, to_ms
from medic.core.errors import MedicError, RefusedError, StoreError
from medic.core.failpoints import failpoint
from medic.core.runs import JobRecord, Run, RunState
from medic.core.tasks import every, guarded, start
from rhythm.due import moved, next_due
from rhythm.notes import note_end, note_reset, note_unrun
from rhythm.plan import Action, Verdict, judge_asked, left_behind, plan
from rhythm.ports import Ledger, Result
from rhythm.record import JobState, fold
from rhythm.runner import Runner
from rhythm.spec import JobSpec, Lane, check_jobs

LONGEST_REST = 30.0
"""Seconds after which the plan is looked at again in any case: somebody may have set the clock."""
RETRY = 1.0
"""Seconds until the ledger is tried again when the disk was full at the start."""
KEEP_RUNS = timedelta(days=90)
KEEP_OUTPUT = timedelta(days=14)
DAY = 86400.0

_ENDS = {
    Action.SKIP: RunState.SKIPPED,
    Action.MISS: RunState.MISSED,
    Action.RUN: RunState.DUE,
    Action.WAIT: RunState.DUE,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    spec: JobSpec
    answer: "asyncio.Future[Run]"


class Scheduler:
    """Runs the jobs; one for a ledger, and one ``run()`` for a scheduler."""

    def __init__(self, jobs: Sequence[JobSpec], *, ledger: Ledger, runner: Runner, clock: Clock) -> None:
        """Take the jobs as they are configured; raises JobError with every mistake in them."""
        check_jobs(jobs, runner.builtins)
        self._jobs = tuple(jobs)
        self._ledger = ledger
        self._runner = runner
        self._clock = clock
        self._records: dict[str, JobRecord] = {}
        self._up_since = self._looked_at = self._now()
        self._busy: set[Lane] = set()
        self._asked: list[_Asked] = []
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()  # what is written and what is known change together, also during a reload

    async def run(self) -> Never:
        """Run jobs until cancelled; runs that go on then are ended and noted as interrupted."""
        while not await self._begun():  # noqa: ASYNC110 - a disk has no event for us
            await asyncio.sleep(RETRY)
        try:
            async with asyncio.TaskGroup() as group:
                start(group, every(DAY, self._prune, name="rhythm-prune"), name="rhythm-prune")
                while True:
                    await guarded(lambda: self._tick(group), name="rhythm")
                    await self._rest()
        finally:
            for asked in self._asked:
                asked.answer.cancel()

    async def run_now(self, name: str, *, dry_run: bool = False) -> Run:
        """Run a job because a person asks, when its lane is free, and return its end.

        The same gates hold as for a due time: raises RefusedError with their reason, MedicError for an unknown job.
        A dry run returns at once what would become of it, unwritten: ``due``, with a reason if it has to wait, or
        ``skipped``.
        """
        spec = self._spec(name)
        verdict = judge_asked(spec, self._jobs, self._records, self._now())
        if dry_run:
            return _unrun(verdict, None)
        if verdict.action is not Action.RUN:
            raise RefusedError(f"{name} cannot run now: {verdict.reason}")
        asked = _Asked(spec, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        self._wake.set()
        return await asked.answer

    def jobs(self) -> tuple[JobState, ...]:
        """Return each job as it stands, in the order of the configuration."""
        now = self._now()
        waiting = {verdict.spec.name: verdict for verdict in self._plan(now) if not verdict.final}
        return tuple(self._state(spec, waiting.get(spec.name), now) for spec in self._jobs)

    async def history(self, job: str, limit: int = 20) -> tuple[Run, ...]:
        """Return the latest due times of a job, the newest first; also of one that is no longer configured.

        Raises MedicError for a name that no job has or had.
        """
        found = await self._ledger.history(job, limit)
        return found or self._never_due(job)

    async def replace(self, jobs: Sequence[JobSpec]) -> None:
        """Take other jobs from now on, as at a reload; raises JobError and changes nothing when they cannot be.

        A rhythm that stays keeps its phase and its due times; a run that goes on is not touched.
        """
        check_jobs(jobs, self._runner.builtins)
        await self._register(tuple(jobs))
        self._wake.set()

    async def _begun(self) -> bool:
        """Begin, and tell whether the disk let us: one that is full now may have room the next time."""
        try:
            await self._begin()
        except StoreError as error:
            log.error("ledger not written, no job runs", extra={"error": str(error)})  # noqa: TRY400 - expected
            return False
        return True

    async def _begin(self) -> None:
        """Settle what a killed Medic left, then meet the jobs; only then is anything due."""
        await self._runner.recover()
        for run in await self._ledger.interrupt(self._now()):
            note_end(run)
        self._up_since = self._now()
        await self._register(self._jobs)

    async def _register(self, jobs: tuple[JobSpec, ...]) -> None:
        rhythms = [(job.name, str(job.trigger) if job.enabled else "off") for job in jobs]
        async with self._writing:
            records = await self._ledger.register(rhythms, self._now())
            self._jobs, self._records = jobs, {record.job: record for record in records}

    async def _tick(self, group: asyncio.TaskGroup) -> None:
        """Carry out the plan: end what ends unrun, then give each free lane its next run."""
        self._looked_at = now = self._now()
        await self._go_on(now)
        verdicts = self._plan(now)
        while closing := [_unrun(verdict, now) for verdict in verdicts if verdict.final]:
            await self._close(closing)
            verdicts = self._plan(now)
        for lane in set(Lane) - self._busy:
            await self._fill(lane, verdicts, group)

    async def _go_on(self, now: datetime) -> None:
        """Let rhythms that a clock which was set back has left behind go on from *now*."""
        async with self._writing:
            behind = left_behind(self._jobs, self._records, now)
            if not behind:
                return
            records = await self._ledger.reset(behind, now)
            self._records |= {record.job: record for record in records}
        self._up_since = min(self._up_since, now)
        note_reset(behind)

    async def _fill(self, lane: Lane, verdicts: Iterable[Verdict], group: asyncio.TaskGroup) -> None:
        """Begin the next run of a lane: what a person asked for first, then the plan's first."""
        while (asked := next((one for one in self._asked if one.spec.lane is lane), None)) is not None:
            self._asked.remove(asked)
            if not asked.answer.done() and await self._answer(asked, group):
                return
        verdict = next((v for v in verdicts if v.action is Action.RUN and v.spec.lane is lane), None)
        if verdict is not None:
            await self._start(verdict, group, None)

    async def _answer(self, asked: _Asked, group: asyncio.TaskGroup) -> bool:
        """Begin a run that was asked for; the gates are asked again, since they may have closed while it waited."""
        verdict = judge_asked(asked.spec, self._jobs, self._records, self._now())
        try:
            if verdict.action is Action.RUN and await self._start(verdict, group, asked.answer):
                return True
        except MedicError as error:
            asked.answer.set_exception(error)
            return False
        reason = verdict.reason or "it was due at this very instant; ask again"
        asked.answer.set_exception(RefusedError(f"{asked.spec.name} cannot run now: {reason}"))
        return False

    async def _start(self, verdict: Verdict, group: asyncio.TaskGroup, answer: "asyncio.Future[Run] | None") -> bool:
        """Claim the due time and begin its run; False when the ledger refuses the claim."""
        spec, now = verdict.spec, self._now()
        wanted = Run(0, spec.name, verdict.due, verdict.trigger, RunState.RUNNING, started_at=now)
        wanted = replace(wanted, output=self._runner.output(spec, wanted))
        async with self._writing:
            run = await self._ledger.claim(wanted)
            if run is None:
                log.warning("claim refused", extra={"job": spec.name, "due": verdict.due.isoformat()})
                self._records[spec.name] = await self._ledger.record(spec.name)
                return False
            self._know(run)
        self._busy.add(spec.lane)
        work = guarded(lambda: self._perform(spec, run, answer), name=f"job {spec.name}")
        start(group, work, name=f"job-{spec.name}")
        return True

    async def _perform(self, spec: JobSpec, run: Run, answer: "asyncio.Future[Run] | None") -> None:
        """Make a claimed run; its end is noted, its lane freed and its asker answered, however it ends."""
        ended = replace(run, state=RunState.INTERRUPTED, reason="Medic was stopped")
        try:
            failpoint("rhythm.run.before")
            ended = _ended(run, await self._runner.make(spec, run))
            failpoint("rhythm.run.after")
        finally:
            ended = replace(ended, ended_at=self._now(), output=self._runner.kept(run))
            await self._finish(spec, ended, answer)

    async def _finish(self, spec: JobSpec, run: Run, answer: "asyncio.Future[Run] | None") -> None:
        """Note an end; what the disk refuses is known all the same, else the job would seem to run for ever."""
        note_end(run)
        async with self._writing:
            try:
                await self._ledger.finish(run)
            finally:
                self._know(run)
                self._busy.discard(spec.lane)
                self._wake.set()
                if answer is not None and not answer.done():
                    answer.set_result(run)

    async def _close(self, runs: Sequence[Run]) -> None:
        async with self._writing:
            await self._ledger.close(runs)
            for run in runs:
                self._know(run)
        note_unrun(runs)

    def _know(self, run: Run) -> None:
        if run.job in self._records:
            self._records[run.job] = fold(self._records[run.job], run)

    async def _rest(self) -> None:
        """Wait until something is due, something has changed, or a while has gone by."""
        dues = [self._next_due(job, self._looked_at) for job in self._jobs if job.enabled]
        seconds = min((LONGEST_REST, *((due - self._clock.now()).total_seconds() for due in dues)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, seconds)):
                await self._wake.wait()
        self._wake.clear()

    async def _prune(self) -> None:
        await self._ledger.prune(self._now() - KEEP_RUNS)
        await self._runner.forget_output(self._now() - KEEP_OUTPUT)

    def _plan(self, now: datetime) -> tuple[Verdict, ...]:
        return plan(self._jobs, self._records, now, up_since=self._up_since)

    def _never_due(self, name: str) -> tuple[Run, ...]:
        self._find(name)
        return ()

    def _find(self, name: str) -> JobSpec:
        found = next((job for job in self._jobs if job.name == name), None)
        if found is None:
            names = ", ".join(job.name for job in self._jobs) or "none is configured"
            raise MedicError(f"there is no job {name!r}; the jobs are: {names}")
        return found

    def _spec(self, name: str) -> JobSpec:
        found = self._find(name)
        if name not in self._records:
            raise RefusedError(f"{name} cannot run now: Medic is still starting; ask again in a moment")
        return found

    def _state(self, spec: JobSpec, waiting: Verdict | None, now: datetime) -> JobState:
        return JobState(
            spec=spec,
            record=self._records.get(spec.name),
            next_due=self._next_due(spec, now) if spec.enabled else None,
            waiting_since=waiting.due if waiting else None,
            note=waiting.reason if waiting else "",
        )

    def _next_due(self, spec: JobSpec, after: datetime) -> datetime:
        return next_due(moved(spec.trigger, self._records.get(spec.name)), after)

    def _now(self) -> datetime:
        """Return the time as exactly as the ledger keeps it."""
        return from_ms(to_ms(self._clock.now()))


def _ended(run: Run, result: Result) -> Run:
    state = RunState.DONE if result.ok else RunState.FAILED
    return replace(run, state=state, reason="" if result.ok else result.summary)


def _unrun(verdict: Verdict, ended_at: datetime | None) -> Run:
    """Write a verdict as a due time that is not run."""
    state = _ENDS[verdict.action]
    return Run(0, verdict.spec.name, verdict.due, verdict.trigger, state, ended_at=ended_at, reason=verdict.reason)
