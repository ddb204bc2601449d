import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from medic.core.clock import SystemClock
from medic.core.errors import MedicError
from medic.core.processes import Command, identify, is_alive, spawn
from medic.core.runs import Run, RunState, Trigger
from rhythm.leftovers import Leftovers
from rhythm.ports import Context, Result
from rhythm.runner import Runner
from rhythm.spec import Every, JobSpec

DUE = datetime(2026, 3, 1, 12, 0, 0, 7000, tzinfo=UTC)
RUN = Run(1, "etl", DUE, Trigger.EVERY, RunState.RUNNING, started_at=DUE)
LOG = "log/runs/etl/20260301T120000.007Z.log"
HOURLY = Every(timedelta(hours=1))


def script(code, **more):
    return JobSpec("etl", HOURLY, (sys.executable, "-c", code), **more)


def builtin(**more):
    return JobSpec("etl", HOURLY, "job", **more)


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path, {}, Context(SystemClock()))


def with_job(tmp_path, job):
    return Runner(tmp_path, {"job": job}, Context(SystemClock()))


async def test_a_command_that_succeeds_is_well_and_its_output_is_kept(runner, tmp_path):
    result = await runner.make(script("import sys; print('out'); print('err', file=sys.stderr)"), RUN)
    assert result.ok
    assert sorted((tmp_path / LOG).read_text().split()) == ["err", "out"]
    assert runner.kept(RUN) == LOG


async def test_a_command_that_fails_says_how_and_what_it_said_last(runner):
    result = await runner.make(script("print('no such table\\n\\n'); raise SystemExit(3)"), RUN)
    assert result == Result(ok=False, summary="exit 3: no such table")


async def test_a_last_line_cannot_carry_control_characters_or_a_novel(runner):
    result = await runner.make(script("print('\\x1b[31m' + 'x' * 9000); raise SystemExit(1)"), RUN)
    assert len(result.summary) <= 220
    assert result.summary.isprintable()


async def test_a_program_that_is_missing_is_a_failure_with_its_name(runner):
    result = await runner.make(replace(script(""), run=("/nowhere/etl",)), RUN)
    assert result == Result(ok=False, summary="cannot run '/nowhere/etl': No such file or directory")
    assert runner.kept(RUN) == ""


async def test_a_script_that_is_missing_is_a_failure_with_its_name(runner):
    result = await runner.make(replace(script(""), run=(sys.executable, "/nowhere/etl.py")), RUN)
    assert not result.ok
    assert "/nowhere/etl.py" in result.summary


async def test_no_output_leaves_no_file(runner, tmp_path):
    assert (await runner.make(script(""), RUN)).ok
    assert not (tmp_path / LOG).exists()
    assert runner.kept(RUN) == ""


async def test_a_command_gets_the_environment_that_was_configured(tmp_path):
    runner = Runner(tmp_path, {}, Context(SystemClock()), env={"BASE": "1", "BOTH": "base"})
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    await runner.make(script(code, env={"BOTH": "job"}), RUN)
    found = json.loads((tmp_path / LOG).read_text())
    assert (found["BASE"], found["BOTH"]) == ("1", "job")
    assert (found["MEDIC_JOB"], found["MEDIC_DUE"]) == ("etl", DUE.isoformat())


async def test_a_command_that_takes_too_long_is_stopped_with_its_children(runner, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # The grandchild alone holds the fifo open: its end is seen as end of file.
    code = f"import subprocess, time; subprocess.Popen(['sh', '-c', 'exec 9>{fifo}; exec sleep 600']); time.sleep(600)"
    reader = asyncio.create_task(asyncio.to_thread(fifo.read_bytes))
    result = await runner.make(script(code, timeout=timedelta(seconds=1)), RUN)
    assert result == Result(ok=False, summary="stopped after its timeout of 0:00:01")
    async with asyncio.timeout(5):
        assert await reader == b""


async def test_a_cancelled_run_leaves_no_process(runner, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = f"import time; f = open('{fifo}', 'w'); time.sleep(600)"
    making = asyncio.create_task(runner.make(script(code), RUN))
    file = await asyncio.to_thread(fifo.open)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(file.read) == ""
    file.close()
    assert list((tmp_path / "log/runs/.running").iterdir()) == []


async def test_a_built_in_job_gets_the_context_and_its_output_is_kept(tmp_path):
    seen = []

    async def job(context):
        seen.append(context)
        return Result(ok=True, summary="fine", output="line")

    context = Context(SystemClock())
    assert (await Runner(tmp_path, {"job": job}, context).make(builtin(), RUN)).summary == "fine"
    assert seen == [context]
    assert (tmp_path / LOG).read_text() == "line\n"


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (MedicError("queue: write a url"), "queue: write a url"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (TimeoutError(), "TimeoutError"),
    ],
)
async def test_what_a_built_in_job_raises_fails_its_run_alone(tmp_path, error, summary):
    async def job(_context):
        raise error

    assert await with_job(tmp_path, job).make(builtin(), RUN) == Result(ok=False, summary=summary)


async def test_a_built_in_job_that_takes_too_long_is_cancelled(tmp_path):
    cancelled = asyncio.Event()

    async def job(_context):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    result = await with_job(tmp_path, job).make(builtin(timeout=timedelta(milliseconds=20)), RUN)
    assert result == Result(ok=False, summary="stopped after its timeout of 0:00:00.020000")
    assert cancelled.is_set()


async def test_a_built_in_job_that_ignores_its_timeout_is_abandoned(tmp_path, caplog):
    may_end = asyncio.Event()
    runner = with_job(tmp_path, lambda _context: deaf(may_end))
    async with asyncio.timeout(5):
        result = await runner.make(builtin(timeout=timedelta(milliseconds=20)), RUN)
    may_end.set()
    assert result == Result(ok=False, summary="stopped after its timeout of 0:00:00.020000")
    assert "work that ignores its cancellation was abandoned" in caplog.text


async def deaf(may_end):
    while not may_end.is_set():
        with suppress(asyncio.CancelledError):
            await may_end.wait()
    return Result(ok=True, summary="")


async def test_a_built_in_name_may_stand_for_a_command(tmp_path):
    runner = with_job(tmp_path, (sys.executable, "-c", "print('hello')"))
    assert await runner.make(builtin(), RUN) == Result(ok=True, summary="hello")
    assert runner.output(builtin(), RUN) == LOG


async def test_medic_means_this_installation(runner):
    result = await runner.make(replace(script(""), run=("medic", "no-such-command")), RUN)
    assert "cannot run" not in result.summary


async def test_output_is_forgotten_by_its_age(runner, tmp_path):
    old, young = tmp_path / "log/runs/etl/old.log", tmp_path / "log/runs/etl/young.log"
    for file, age in ((old, 3600), (young, 0)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        at = DUE.timestamp() - age
        os.utime(file, (at, at))
    await runner.forget_output(DUE - timedelta(minutes=1))
    assert [file.name for file in old.parent.iterdir()] == ["young.log"]


async def test_a_process_left_by_a_killed_medic_is_ended_at_the_next_start(runner, tmp_path):
    left = spawn(Command(("sleep", "600")))
    Leftovers(tmp_path / "log/runs/.running").remember("etl", left.id)
    # This process is its parent and must reap it; the runner sees only the note.
    _, status = await asyncio.gather(runner.recover(), left.wait())
    assert status.signal == signal.SIGKILL
    assert list((tmp_path / "log/runs/.running").iterdir()) == []


async def test_somebody_else_with_the_same_number_is_left_alone(runner, tmp_path):
    other = spawn(Command(("sleep", "600")))
    try:
        Leftovers(tmp_path / "log/runs/.running").remember("etl", other.id._replace(start=other.id.start - 1))
        (tmp_path / "log/runs/.running/torn.json").write_text('["boot", 1')
        await runner.recover()
        assert is_alive(other.id)
        assert identify(other.id.pid) == other.id
        assert list((tmp_path / "log/runs/.running").iterdir()) == []
    finally:
        await other.kill()
