import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest

from medic.core.clock import EPOCH, to_ms
from medic.core.runs import RunState
from medic.store.database import open_database
from medic.store.ledger import LedgerStore
from rhythm.due import upcoming
from tests.rhythm.program import jobs

FAILPOINTS = [
    "journal.register.before",
    "journal.register.after",
    "journal.interrupt.before",
    "journal.interrupt.after",
    "journal.claim.before:3",
    "journal.claim.after:3",
    "rhythm.run.before:2",
    "rhythm.run.after:2",
    "journal.finish.before:2",
    "journal.finish.after:2",
    "journal.close.before",
    "journal.close.after",
]


async def start(state, failpoint=""):
    command = (sys.executable, "-m", "tests.rhythm.program", str(state))
    return await asyncio.create_subprocess_exec(*command, env={**os.environ, "MEDIC_FAILPOINT": failpoint})


async def die_at(state, failpoint):
    process = await start(state, failpoint)
    try:
        async with asyncio.timeout(20):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        pytest.fail(f"never came to {failpoint}")
    assert process.returncode == -signal.SIGKILL, failpoint


async def end_by(state, seconds, number):
    """Run for some seconds, then send a signal; the only way to kill at an instant is to let time go by until it."""
    process = await start(state)
    await asyncio.sleep(seconds)
    process.send_signal(number)
    async with asyncio.timeout(20):
        await process.wait()


def since(state):
    import sqlite3

    with closing(sqlite3.connect(state / "journal.db")) as connection:
        return dict(connection.execute("SELECT name, since_ms FROM jobs").fetchall())


async def verify(state):
    """Hold the ledger against the grid of due times, and what ran against the ledger."""
    ran = Counter(tuple((state / "lines").read_text().split("\n")[:-1]))
    assert {line: count for line, count in ran.items() if count > 1} == {}, "ran twice"
    async with open_database(state / "journal.db", schema="journal", sync="FULL") as database:
        ledger = LedgerStore(database)
        await ledger.interrupt(datetime(2100, 1, 1, tzinfo=UTC))  # what the last kill left running
        known = await ledger.between(EPOCH, datetime(2100, 1, 1, tzinfo=UTC))
    began = since(state)
    for spec in jobs(state):
        runs = [run for run in known if run.job == spec.name]
        assert all(run.state.final for run in runs)
        dues = [to_ms(run.due) for run in runs]
        first = EPOCH + timedelta(milliseconds=began[spec.name])
        grid = takewhile(lambda due: to_ms(due) <= max(dues), upcoming(spec.trigger, first))  # noqa: B023 - used at once
        assert dues == [to_ms(due) for due in grid], "a due time is missing or doubled"
    written = {f"{run.job} {run.due.isoformat()}": run.state for run in known if run.started_at}
    assert ran.keys() <= written.keys(), "ran without a claim"
    assert {line for line, state_ in written.items() if state_ is RunState.DONE} <= ran.keys(), "done without a run"
    return Counter(run.state for run in known)


async def test_no_due_time_is_run_twice_or_forgotten_wherever_medic_is_killed(tmp_path):
    for failpoint in random.sample(FAILPOINTS, len(FAILPOINTS)):
        await die_at(tmp_path, failpoint)
    await die_at(tmp_path, "journal.finish.after:6")
    states = await verify(tmp_path)
    assert states[RunState.DONE] >= 6
    assert states[RunState.INTERRUPTED] >= 3
    assert states[RunState.SKIPPED] + states[RunState.MISSED] >= 1


@pytest.mark.stress
async def test_no_due_time_is_run_twice_or_forgotten_at_a_hundred_random_instants(tmp_path):
    for _ in range(100):
        await end_by(tmp_path, random.uniform(0.3, 1.2), signal.SIGKILL)
    await die_at(tmp_path, "journal.finish.after:6")
    print(dict(await verify(tmp_path)))  # noqa: T201 - the result of `make stress`
