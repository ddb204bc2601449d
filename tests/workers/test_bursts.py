"""Exact N when many processes ask at once."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medic.core.locks import try_lock
from tests.workers.scene import PATIENCE, kill, living

ROOT = Path(__file__).resolve().parents[2]

ENSURE = """
import asyncio, sys
from pathlib import Path
from medic.core.locks import wait_lock
from workers.spec import PoolSpec
from workers.supervisor import ensure_once

state = Path(sys.argv[1])
with open(sys.argv[2], "w") as bell:
    bell.write("ready\\n")
lock = wait_lock(state / "medic.lock", timeout=60)
done = asyncio.run(ensure_once([PoolSpec("rpa", ("sleep", "600"), 3)], state))
lock.close()
sys.exit(1 if done.failed else 0)
"""


def start_callers(state, bell, count):
    command = (sys.executable, "-S", "-c", ENSURE, str(state), str(bell.path))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return [subprocess.Popen(command, env=env) for _ in range(count)]


async def burst(state, bell, count):
    """Start that many callers, let them loose at once, and wait until all have ended well."""
    gate = try_lock(state / "medic.lock")
    callers = start_callers(state, bell, count)
    for _ in callers:
        await bell.heard()
    gate.close()
    codes = await asyncio.gather(*(asyncio.to_thread(caller.wait, PATIENCE * 3) for caller in callers))
    assert codes == [0] * count


def sizes(state):
    return {slot: len(pids) for slot, pids in living(state).items()}


EXACT = {"rpa.1": 1, "rpa.2": 1, "rpa.3": 1}


async def test_a_dozen_processes_at_once_leave_exactly_n(state, bell):
    await burst(state, bell, 12)
    assert sizes(state) == EXACT
    kept, victim = living(state), living(state)["rpa.2"].pop()
    kill(victim)
    await burst(state, bell, 4)
    assert sizes(state) == EXACT
    assert living(state)["rpa.1"] == kept["rpa.1"]
    assert living(state)["rpa.2"] != {victim}


@pytest.mark.stress
async def test_bursts_of_fifty_processes_leave_exactly_n(state, bell):
    for _ in range(20):
        await burst(state, bell, 50)
        assert sizes(state) == EXACT
        for slot in ("rpa.1", "rpa.3"):
            kill(living(state)[slot].pop())
