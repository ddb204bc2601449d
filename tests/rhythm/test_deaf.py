import asyncio
from contextlib import suppress
from datetime import timedelta

from medic.core.runs import RunState
from rhythm.ports import Result
from rhythm.spec import Every, JobSpec

SOON = Every(timedelta(milliseconds=100))
YEARLY = Every(timedelta(days=365))
WELL = Result(ok=True, summary="")


async def well(_context):
    return WELL


class Deaf:
    """A built-in job that goes on although it is cancelled, until the test lets it end."""

    def __init__(self):
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, _context):
        self.began.set()
        while not self.may_end.is_set():
            with suppress(asyncio.CancelledError):
                await self.may_end.wait()
        return WELL


async def test_a_job_that_ignores_its_timeout_frees_its_lane(scheduling, ledger):
    deaf = Deaf()
    stubborn = JobSpec("deaf", YEARLY, "deaf", at_start=True, timeout=timedelta(milliseconds=20), priority=60)
    async with scheduling(stubborn, JobSpec("tick", SOON, "tick"), deaf=deaf, tick=well):
        failed = await ledger.ending("deaf", RunState.FAILED)
        await ledger.ending("tick")
    deaf.may_end.set()
    assert failed.reason == "stopped after its timeout of 0:00:00.020000"


async def test_a_job_that_ignores_the_end_of_medic_does_not_hold_it_up(scheduling, ledger):
    deaf = Deaf()
    async with asyncio.timeout(10):
        async with scheduling(JobSpec("deaf", YEARLY, "deaf", at_start=True), deaf=deaf):
            await deaf.began.wait()
    deaf.may_end.set()
    assert (await ledger.ending("deaf", RunState.INTERRUPTED)).reason == "Medic was stopped"
