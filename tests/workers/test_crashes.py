"""Medic is killed at each failpoint of a worker's life, and the next one finds exactly N."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from medic.core.clock import SystemClock
from tests.workers.scene import PATIENCE, living, living_count, spec
from workers.plan import Do
from workers.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]

DAEMON = """
import asyncio, sys
from pathlib import Path
from medic.core.clock import SystemClock
from medic.core.targets import pool_target
from medic.core.workers import ExitReason
from workers.spec import PoolSpec
from workers.supervisor import Supervisor

async def main():
    specs = [PoolSpec("rpa", ("sleep", "600"), 3)]
    async with Supervisor(specs, Path(sys.argv[1]), SystemClock(), print) as supervisor:
        await supervisor.ensure()
        await supervisor.restart(pool_target("rpa"), ExitReason.HEALER)
        await supervisor.end()

asyncio.run(main())
"""


STARTING = (
    "worker.lock.before",
    "worker.lock.after",
    "worker.spawn.before",
    "worker.spawn.after",
    "worker.write.after",
)


def run_daemon(state, failpoint):
    """Run a daemon that starts, restarts and stops a pool, until it dies at *failpoint*."""
    env = {**os.environ, "MEDIC_FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)}
    done = subprocess.run((sys.executable, "-S", "-c", DAEMON, str(state)), env=env, timeout=PATIENCE, check=False)
    return done.returncode


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("point", STARTING)
async def test_killed_around_a_start_it_leaves_what_the_next_one_completes(state, point, nth):
    code = await asyncio.to_thread(run_daemon, state, f"{point}:{nth}")
    assert code == -signal.SIGKILL
    left = living(state)
    assert all(len(pids) == 1 for pids in left.values())
    await complete(state, left)


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("point", ["worker.stop.before", "worker.stop.after"])
async def test_killed_around_a_stop_it_leaves_what_the_next_one_completes(state, point, nth):
    code = await asyncio.to_thread(run_daemon, state, f"{point}:{nth}")
    assert code == -signal.SIGKILL
    await complete(state, {})


async def test_without_a_failpoint_it_ends_with_nobody_left(state):
    assert await asyncio.to_thread(run_daemon, state, "") == 0
    assert living_count(state) == 0


async def complete(state, left):
    """Start the next daemon: it keeps every worker that is there and adds those that are missing."""
    async with Supervisor([spec(count=3)], state, SystemClock(), print) as supervisor:
        adopted = {f"rpa.{each.slot}": {each.process.pid} for each in supervisor.pools()[0].workers if each.process}
        assert adopted.items() >= left.items()
        ensured = await supervisor.ensure()
        assert {change.do for change in ensured.changes} <= {Do.KEEP, Do.START}
        now = living(state)
        assert [len(now[slot]) for slot in ("rpa.1", "rpa.2", "rpa.3")] == [1, 1, 1]
        assert now.items() >= left.items(), "a worker that lived was replaced"
        assert supervisor.pools()[0].running == 3
        await supervisor.end()
    assert living_count(state) == 0
