import asyncio
import signal
import sys
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise

import pytest

from medic.core.errors import MedicError, RefusedError
from medic.core.processes import Command, spawn
from medic.core.runs import Run, RunState, Trigger
from rhythm.due import upcoming
from rhythm.leftovers import Leftovers
from rhythm.ports import Context, Result
from rhythm.runner import Runner
from rhythm.scheduler import Scheduler
from rhythm.spec import At, Every, JobError, JobSpec

SOON = Every(timedelta(milliseconds=100))
YEARLY = Every(timedelta(days=365))
WELL = Result(ok=True, summary="")


def job(name, trigger=YEARLY, run=None, **more):
    return JobSpec(name, trigger, run or name, **more)


async def well(_context):
    return WELL


async def bad(_context):
    return Result(ok=False, summary="it is broken")


class Gate:
    """A built-in job that says when it runs, and ends when the test lets it."""

    def __init__(self):
        self.began, self.may_end, self.runs = asyncio.Event(), asyncio.Event(), 0

    async def __call__(self, _context):
        self.runs += 1
        self.began.set()
        await self.may_end.wait()
        return WELL


async def wait(event):
    async with asyncio.timeout(10):
        await event.wait()


def overlaps(runs):
    ordered = sorted(runs, key=lambda run: run.started_at)
    return [b for a, b in pairwise(ordered) if b.started_at < a.ended_at]


async def test_a_job_is_run_when_it_is_due_and_again_and_again(scheduling, ledger):
    async with scheduling(job("tick", SOON), tick=well):
        await ledger.until(lambda: sum(run.state is RunState.DONE for run in ledger.ended) >= 3)
    dues = [run.due for run in reversed(await ledger.history("tick", 100))]
    assert all((due - datetime(1970, 1, 1, tzinfo=UTC)) % SOON.period == timedelta() for due in dues)
    assert dues == [dues[0] + number * SOON.period for number in range(len(dues))]


async def test_a_real_command_is_run_and_its_output_can_be_found(scheduling, ledger, tmp_path):
    hello = (sys.executable, "-c", "print('hello')")
    async with scheduling(job("hello", SOON, hello)):
        run = await ledger.ending("hello")
    assert (tmp_path / run.output).read_text() == "hello\n"
    assert (await ledger.history("hello", 100))[-1].output


async def test_a_job_at_a_time_of_day_is_run_at_that_time(scheduling, ledger, clock):
    clock.set(datetime(2026, 3, 29, 0, 59, 59, 900_000, tzinfo=UTC))  # a tenth of a second before clocks change
    async with scheduling(job("nightly", At(time(3), "Europe/Berlin")), nightly=well):
        run = await ledger.ending("nightly")
    assert run.due == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert (run.trigger, run.started_at >= run.due) == (Trigger.AT, True)


async def test_a_program_that_is_missing_is_passed_over(scheduling, ledger):
    async with scheduling(job("lost", SOON, ("/nowhere/etl",)), job("tick", SOON), tick=well):
        failed = await ledger.ending("lost", RunState.FAILED)
        await ledger.ending("tick")
    assert failed.reason == "cannot run '/nowhere/etl': No such file or directory"


async def test_a_job_that_raises_harms_nothing_else(scheduling, ledger):
    async def broken(_context):
        raise ZeroDivisionError

    async with scheduling(job("broken", SOON), job("tick", SOON), broken=broken, tick=well):
        await ledger.ending("broken", RunState.FAILED)
        await ledger.ending("tick")


async def test_ordinary_jobs_run_one_at_a_time(scheduling, ledger):
    jobs = [job(name, SOON, ("sleep", "0.01")) for name in "abc"]
    async with scheduling(*jobs):
        await ledger.until(lambda: {run.job for run in ledger.ended if run.state is RunState.DONE} == set("abc"))
    assert overlaps([run for run in ledger.ended if run.started_at]) == []


async def test_no_other_ordinary_job_begins_while_one_runs(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), job("tick", SOON), slow=slow, tick=well):
        await wait(slow.began)
        begun = len(ledger.claimed)
        await ledger.until(lambda: sum(run.state is RunState.SKIPPED for run in ledger.ended) >= 4)
        assert len(ledger.claimed) == begun
        slow.may_end.set()


async def test_a_due_time_that_somebody_else_claimed_is_left_to_them(scheduling, ledger, clock):
    now = clock.now()
    await ledger.register([("tick", str(SOON))], now)
    taken = list(islice(upcoming(SOON, now), 5))
    for due in taken:
        await ledger.claim(Run(0, "tick", due, Trigger.START, RunState.RUNNING, started_at=due))
    # The other job's ends wake the scheduler in between, and still it asks only once for each.
    async with scheduling(job("tick", SOON), job("tock", SOON, priority=95), tick=well, tock=well):
        run = await ledger.ending("tick")
    assert run.due > taken[-1]
    assert ledger.claimed.count(None) <= len(taken)
    assert {run.due: run.trigger for run in await ledger.history("tick", 99)}[taken[-1]] is Trigger.START


async def test_a_process_of_an_interrupted_run_is_ended_before_anything_runs(scheduling, ledger, tmp_path):
    left = spawn(Command(("sleep", "600")))
    Leftovers(tmp_path / "log/runs/.running").remember("etl", left.id)
    async with asyncio.timeout(10), scheduling(job("tick", SOON), tick=well):
        assert (await left.wait()).signal == signal.SIGKILL
        await ledger.ending("tick")


async def test_ordinary_work_cannot_block_the_fast_lane(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), job("check", SOON, priority=90), slow=slow, check=well) as scheduler:
        await wait(slow.began)
        await ledger.until(lambda: sum(run.job == "check" for run in ledger.ended) >= 2)
        assert slow.runs == 1
        slow.may_end.set()
        await ledger.ending("slow")
        assert scheduler.jobs()[0].record.outcomes[0] == (RunState.DONE, 1)


async def test_a_slow_job_skips_beats_and_says_so(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), slow=slow):
        await wait(slow.began)
        skipped = await ledger.ending("slow", RunState.SKIPPED)
    assert skipped.reason == "its turn did not come before its next due time"


async def test_a_failed_parent_has_its_child_skipped_by_name(scheduling, ledger):
    async with scheduling(job("check", SOON), job("child", SOON, after=("check",)), check=bad, child=well):
        skipped = await ledger.ending("child", RunState.SKIPPED)
    assert skipped.reason == "check failed"


async def test_a_child_runs_after_its_parent_succeeded(scheduling, ledger):
    async with scheduling(job("child", SOON, after=("check",)), job("check", SOON), check=well, child=well):
        child = await ledger.ending("child")
    parents = [run for run in ledger.ended if run.job == "check" and run.state is RunState.DONE]
    assert parents[0].ended_at <= child.started_at


async def test_a_job_that_wants_it_is_run_at_the_start(scheduling, ledger):
    async with scheduling(job("canary", at_start=True), canary=well):
        run = await ledger.ending("canary")
    assert run.trigger is Trigger.START


async def test_a_restart_runs_nothing_a_second_time(scheduling, ledger):
    async with scheduling(job("canary", at_start=True), canary=well):
        await ledger.ending("canary")
    async with scheduling(job("canary", at_start=True), job("tick", SOON), canary=well, tick=well):
        await ledger.ending("tick")
    assert len(await ledger.history("canary", 9)) == 1


async def test_what_was_missed_is_run_once_after_a_restart(scheduling, ledger, clock):
    hourly = Every(timedelta(hours=1))
    clock.set(datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
    async with scheduling(job("etl", hourly), job("tick", SOON), etl=well, tick=well):
        await ledger.ending("tick")
    clock.set(datetime(2026, 3, 1, 16, 30, tzinfo=UTC))
    async with scheduling(job("etl", hourly), etl=well):
        await ledger.ending("etl")
    found = [(run.due.hour, run.state) for run in reversed(await ledger.history("etl", 9))]
    assert found == [(13, RunState.MISSED), (14, RunState.MISSED), (15, RunState.MISSED), (16, RunState.DONE)]


async def test_the_end_of_medic_interrupts_what_runs(scheduling, ledger):
    async with scheduling(job("sleep", SOON, ("sleep", "600"))):
        await ledger.until(lambda: ledger.claimed)
    (run, *_) = [run for run in await ledger.history("sleep", 9) if run.started_at]
    assert (run.state, run.reason) == (RunState.INTERRUPTED, "Medic was stopped")


async def test_a_person_runs_a_job_and_gets_its_end(scheduling, ledger):
    async with scheduling(job("etl"), job("tick", SOON), etl=bad, tick=well) as scheduler:
        await ledger.ending("tick")
        run = await scheduler.run_now("etl")
    assert (run.state, run.reason, run.trigger) == (RunState.FAILED, "it is broken", Trigger.PERSON)
    assert await ledger.history("etl", 9) == (run,)


async def test_a_person_waits_for_the_lane(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), job("etl"), slow=slow, etl=well) as scheduler:
        await wait(slow.began)
        asking = asyncio.create_task(scheduler.run_now("etl"))
        await ledger.ending("slow", RunState.SKIPPED)
        assert not asking.done()
        slow.may_end.set()
        assert (await asking).state is RunState.DONE
    assert not overlaps([run for run in ledger.ended if run.started_at])


async def test_a_person_is_refused_with_the_gates_reason(scheduling, ledger):
    jobs = (job("check", SOON), job("child", after=("check",)))
    async with scheduling(*jobs, check=bad, child=well) as scheduler:
        await ledger.ending("check", RunState.FAILED)
        with pytest.raises(RefusedError, match="child cannot run now: check failed"):
            await scheduler.run_now("child")


async def test_a_dry_run_says_what_would_be_and_writes_nothing(scheduling, ledger):
    jobs = (job("check", SOON), job("child", after=("check",)), job("etl"))
    async with scheduling(*jobs, check=bad, child=well, etl=well) as scheduler:
        await ledger.ending("check", RunState.FAILED)
        child = await scheduler.run_now("child", dry_run=True)
        etl = await scheduler.run_now("etl", dry_run=True)
    assert (child.state, child.reason, etl.state) == (RunState.SKIPPED, "check failed", RunState.DUE)
    assert await ledger.history("child", 9) == await ledger.history("etl", 9) == ()


async def test_an_unknown_job_is_refused_with_the_names_there_are(scheduling, ledger):
    async with scheduling(job("etl"), job("tick", SOON), etl=well, tick=well) as scheduler:
        await ledger.ending("tick")
        with pytest.raises(MedicError, match="there is no job 'elt'; the jobs are: etl, tick"):
            await scheduler.run_now("elt")


async def test_before_it_runs_a_person_is_asked_for_patience(ledger, clock, tmp_path):
    scheduler = Scheduler(
        [job("etl")], ledger=ledger, runner=Runner(tmp_path, {"etl": well}, Context(clock)), clock=clock
    )
    with pytest.raises(RefusedError, match="still starting"):
        await scheduler.run_now("etl")
    assert scheduler.jobs()[0].record is None


async def test_the_end_of_medic_answers_who_still_waits(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), job("etl"), slow=slow, etl=well) as scheduler:
        await wait(slow.began)
        asking = asyncio.create_task(scheduler.run_now("etl"))
        await ledger.ending("slow", RunState.SKIPPED)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_jobs_are_told_as_they_stand(scheduling, ledger, clock):
    slow = Gate()
    jobs = (job("slow", SOON), job("etl", SOON, after=("slow",)), job("off", SOON, enabled=False))
    async with scheduling(*jobs, slow=slow, etl=well, off=well) as scheduler:
        await wait(slow.began)
        await ledger.ending("etl", RunState.SKIPPED)
        slow_state, etl, off = scheduler.jobs()
        assert slow_state.record.running.state is RunState.RUNNING
        assert (etl.note, etl.waiting_since is not None) == ("waits for slow", True)
        assert etl.next_due > clock.now() - timedelta(seconds=1)
        assert (off.next_due, off.waiting_since) == (None, None)


async def test_a_reload_brings_new_jobs_and_takes_old_ones(scheduling, ledger):
    async with scheduling(job("old", SOON), old=well, new=well) as scheduler:
        await ledger.ending("old")
        await scheduler.replace([job("new", SOON)])
        await ledger.ending("new")
        assert [state.spec.name for state in scheduler.jobs()] == ["new"]
        count = len(await ledger.history("old", 1000))
        await scheduler.run_now("new")
        assert len(await ledger.history("old", 1000)) == count


async def test_a_reload_that_is_refused_changes_nothing(scheduling, ledger):
    async with scheduling(job("tick", SOON), tick=well) as scheduler:
        with pytest.raises(JobError, match="there is no job 'x'"):
            await scheduler.replace([job("new", SOON, "tick", after=("x",))])
        assert [state.spec.name for state in scheduler.jobs()] == ["tick"]
        await ledger.ending("tick")


async def test_a_reload_leaves_a_run_alone_and_the_end_of_it_is_noted(scheduling, ledger):
    slow = Gate()
    async with scheduling(job("slow", SOON), slow=slow) as scheduler:
        await wait(slow.began)
        await scheduler.replace([job("slow", YEARLY), job("tick", SOON, "slow")])
        slow.may_end.set()
        await ledger.ending("slow")
        assert scheduler.jobs()[0].record.outcomes[0] == (RunState.DONE, 1)
        assert scheduler.jobs()[0].record.running is None


async def test_a_ledger_that_refuses_to_write_keeps_jobs_from_running_but_not_the_scheduler(scheduling, ledger):
    ran = Gate()
    ran.may_end.set()
    ledger.full = 2
    async with scheduling(job("tick", SOON), tick=ran):
        await ledger.until(lambda: ledger.full == 0)
        assert ran.runs == 0
        await ledger.ending("tick")


async def test_jobs_that_cannot_be_are_refused_at_once(ledger, clock, tmp_path):
    with pytest.raises(JobError, match="no built-in job"):
        Scheduler([job("etl")], ledger=ledger, runner=Runner(tmp_path, {}, Context(clock)), clock=clock)


async def test_a_disk_that_is_full_at_the_start_delays_the_jobs_and_ends_nothing(scheduling, ledger):
    ledger.full_at_start = 1
    async with scheduling(job("tick", SOON), tick=well):
        assert (await ledger.ending("tick")).state is RunState.DONE
    assert ledger.full_at_start == 0
