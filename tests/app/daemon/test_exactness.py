"""Exactly N workers, whoever asks, however often, from however many processes at once."""

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.app.daemon.scene import SLEEPER, await_whole, is_whole, slay
from tests.harness import MEDIC, TIMEOUT, until

COUNT = 4


@pytest.fixture
def medic(medic):
    medic.config["workers"] = [{"pool": "pair", "command": SLEEPER, "count": COUNT}]
    return medic


def burst_of_requests(medic, callers):
    """Ask for `ensure` many times at once; every answer is a 200."""
    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(lambda _: medic.post("/api/v1/workers/ensure", {}), range(callers)))
    assert {status for status, _ in answers} == {200}


def burst_of_commands(medic, callers):
    """Run `medic workers ensure` many times at once; every one exits well."""
    medic.write()
    with ExitStack() as stack:
        started = [stack.enter_context(command(medic)) for _ in range(callers)]
        codes = [process.wait(TIMEOUT * 4) for process in started]
    assert codes == [0] * callers


def command(medic):
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    return subprocess.Popen([*MEDIC, "workers", "ensure"], env=medic.environment(), **quiet)


def test_bursts_of_requests_leave_exactly_n_while_workers_are_killed(medic):
    medic.start()
    chance = random.Random(7)
    for _ in range(20):
        for pid in chance.sample(medic.workers(), chance.randint(0, COUNT)):
            slay(pid)
        burst_of_requests(medic, 50)
        assert len(medic.workers()) <= COUNT
        mend(medic)
    until(lambda: medic.metric('medic_worker_processes{pool="pair"}') == COUNT, what="the metric says so")


def mend(medic, *, daemon=True):
    """Wait for the whole pool; failures are forgotten meanwhile, so that it need not sit out the back-off."""
    until(lambda: is_whole(medic, count=COUNT) or (daemon and forget_failures(medic)), what="the pool is whole")


def forget_failures(medic):
    assert medic.post("/api/v1/reset", {"target": "pool:pair"})[0] == 200


def test_a_burst_of_commands_with_a_daemon_leaves_exactly_n(medic):
    before = medic.start().slots()
    slay(before["pair/2"][0])
    burst_of_commands(medic, 12)
    after = await_whole(medic, count=COUNT)
    assert {slot for slot in before if before[slot] != after[slot]} == {"pair/2"}


def test_a_burst_of_commands_without_a_daemon_leaves_exactly_n(medic):
    burst_of_commands(medic, 12)
    before = medic.slots()
    assert is_whole(medic, count=COUNT)
    slay(before["pair/2"][0])
    burst_of_commands(medic, 4)
    assert is_whole(medic, count=COUNT)
    assert {slot for slot in before if before[slot] != medic.slots()[slot]} == {"pair/2"}


def test_commands_and_a_daemon_that_starts_among_them_leave_exactly_n(medic):
    medic.write()
    with ExitStack() as stack:
        started = [stack.enter_context(command(medic)) for _ in range(4)]
        medic.start()
        assert [process.wait(TIMEOUT) for process in started] == [0] * 4
    assert is_whole(medic, count=COUNT)


@pytest.mark.stress
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("daemon", [True, False], ids=["with", "without"])
def test_bursts_of_fifty_commands_leave_exactly_n(medic, daemon):
    chance = random.Random(11)
    if daemon:
        medic.start()
    for _ in range(5):
        burst_of_commands(medic, 50)
        if daemon:
            mend(medic)
        for pid in chance.sample(medic.workers(), chance.randint(1, COUNT)):
            slay(pid)


@pytest.mark.stress
@pytest.mark.timeout(1800)
def test_a_hundred_bursts_of_requests_amid_restarts_leave_exactly_n(medic):
    chance = random.Random(13)
    medic.start()
    for number in range(100):
        if number % 10 == 9:
            medic.kill()
            medic.start()
        for pid in chance.sample(medic.workers(), chance.randint(0, COUNT)):
            slay(pid)
        burst_of_requests(medic, 50)
        mend(medic)
    until(lambda: medic.metric('medic_worker_processes{pool="pair"}') == COUNT)
