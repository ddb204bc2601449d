"""Workers with a heartbeat."""

import os
import signal
from datetime import timedelta

from medic.core.clock import SystemClock
from medic.core.targets import worker_target
from medic.core.workers import ExitReason, SlotState
from tests.workers.scene import pid_of, restarts, spec, supervised
from workers.supervisor import Supervisor

ONE = worker_target("rpa", 1)
HEALER = ExitReason.HEALER


async def test_a_silent_worker_is_killed_and_told_as_hung(state, exits):
    pool = spec(heartbeat=timedelta(seconds=0.05))
    async with supervised(state, pool, on_exit=exits) as supervisor:
        told = await exits.next()
        assert (told.reason, told.status) == (ExitReason.HUNG, "SIGKILL")
        await supervisor.start(ONE, HEALER)
        assert restarts(supervisor) == {"hung": 1}


BEATING = """
import os, socket, sys, time
channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = os.environ["NOTIFY_SOCKET"].replace("@", chr(0), 1)
bell = open(os.environ["BELL"], "w", buffering=1)
pause = int(os.environ["WATCHDOG_USEC"]) / 8e6
for beat in range(int(sys.argv[1])):
    channel.sendto(b"WATCHDOG=1", address)
    print(os.getpid(), file=bell)
    time.sleep(pause)
time.sleep(600)
"""


async def test_a_worker_lives_for_as_long_as_it_beats(state, bell, exits):
    pool = spec(command=("python3", "-S", "-c", BEATING, "12"), env=bell.env, heartbeat=timedelta(seconds=0.8))
    async with supervised(state, pool, on_exit=exits) as supervisor:
        beats = [await bell.pid() for _ in range(12)]
        assert set(beats) == {pid_of(supervisor, ONE)}, "twelve beats take longer than one heartbeat"
        assert (await exits.next()).reason is ExitReason.HUNG


async def test_an_adopted_worker_is_heard_by_the_next_daemon(state, bell, exits):
    pool = spec(command=("python3", "-S", "-c", BEATING, "1000"), env=bell.env, heartbeat=timedelta(seconds=0.8))
    async with Supervisor([pool], state, SystemClock(), print) as first:
        await first.ensure()
        worker = await bell.pid()
    async with supervised(state, pool, on_exit=exits) as second:
        for _ in range(10):
            assert await bell.pid() == worker
        os.kill(worker, signal.SIGSTOP)
        assert (await exits.next()).reason is ExitReason.HUNG
        assert second.worker(ONE).state is SlotState.EMPTY
