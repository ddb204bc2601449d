"""One slot and its lock, with real processes."""

import asyncio
import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medic.core.errors import MedicError
from medic.core.locks import Lock, read_holder, try_lock
from medic.core.processes import identify
from tests.workers.scene import PATIENCE, SLEEPER, kill, shell, spec
from workers.identity import Identity, parse, render
from workers.slots import Occupant, Place, claim, environment, launch, look, places

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


CLOSE_ALL = """
import os, time
os.closerange(3, 4096)
print(file=open(os.environ["BELL"], "w"))
time.sleep(600)
"""


@pytest.fixture
def place(state):
    return Place(state, "rpa", 1)


def launched(place, pool):
    lock = try_lock(place.lock)
    occupant = launch(place, lock, pool, now=NOW, config=None)
    lock.close()
    return occupant


def outlive(place, occupant):
    """Do as when the daemon dies: let go of the worker, and be no longer its parent's keeper."""
    occupant.process.abandon()
    return occupant.process.id


def reap(pid):
    os.waitpid(pid, 0)


def seconds_until_free(lock: Path) -> float:
    begun = time.monotonic()
    while (taken := try_lock(lock)) is None:
        assert time.monotonic() - begun < PATIENCE
    taken.close()
    return time.monotonic() - begun


async def test_an_empty_slot_gives_its_lock(place):
    lock = await claim(place, spec(), NOW)
    assert isinstance(lock, Lock)
    lock.close()


async def test_a_worker_holds_its_slot_for_exactly_as_long_as_it_lives(place):
    occupant = launched(place, spec())
    assert try_lock(place.lock) is None
    await occupant.process.kill()
    lock = await claim(place, spec(), NOW)
    assert isinstance(lock, Lock)
    lock.close()


async def test_the_lock_file_says_who_is_there(place):
    pool = spec()
    occupant = launched(place, pool)
    fields = json.loads(read_holder(place.lock))
    assert (fields["pool"], fields["slot"], fields["pid"]) == ("rpa", 1, occupant.process.id.pid)
    assert parse(read_holder(place.lock)) == Identity(occupant.process.id, NOW, pool.digest)
    await occupant.process.kill()


async def test_a_worker_is_found_again_with_all_that_is_known_of_it(place):
    pool = spec()
    identity = outlive(place, launched(place, pool))
    found = look(place, pool, LATER)
    assert isinstance(found, Occupant)
    assert (found.process.id, found.since, found.digest) == (identity, NOW, pool.digest)
    assert found.process.adopted
    await found.process.kill()
    reap(identity.pid)


@pytest.mark.parametrize("written", ["", '{"pid": 1'])
async def test_a_worker_whose_name_was_never_written_is_found_by_its_lock(place, written):
    pool = spec()
    identity = outlive(place, launched(place, pool))
    place.lock.write_text(written)
    found = await claim(place, pool, LATER)
    assert (found.process.id, found.since, found.digest) == (identity, LATER, pool.digest)
    assert parse(read_holder(place.lock)) == Identity(identity, LATER, pool.digest)
    await found.process.kill()
    reap(identity.pid)


async def test_of_one_that_runs_another_command_it_is_not_known_what_it_runs(place):
    identity = outlive(place, launched(place, spec()))
    place.lock.write_text("")
    found = look(place, spec(command=("sleep", "601")), LATER)
    assert (found.process.id, found.digest) == (identity, "")
    await found.process.kill()
    reap(identity.pid)


async def test_the_worker_is_told_from_its_children_which_hold_the_lock_too(place, bell):
    pool = spec(command=shell("sleep 600 & sleep 600 & echo $$ > $BELL; wait"), env=bell.env)
    identity = outlive(place, launched(place, pool))
    await bell.heard()
    place.lock.write_text("")
    found = look(place, pool, LATER)
    assert found.process.id == identity
    await found.process.kill()
    reap(identity.pid)


async def test_a_worker_that_closed_its_descriptors_is_in_its_slot_all_the_same(place, bell):
    close_all = ("python3", "-S", "-c", CLOSE_ALL)
    identity = outlive(place, launched(place, spec(command=close_all, env=bell.env)))
    await bell.heard()
    lock = try_lock(place.lock)
    assert lock is not None, "the worker was meant to lose the lock"
    lock.close()
    found = await claim(place, spec(), LATER)
    assert found.process.id == identity
    await found.process.kill()
    reap(identity.pid)


async def test_what_a_dead_worker_left_behind_is_seen_and_then_killed(place, bell):
    runaway = shell("setsid sh -c 'echo $$ > $BELL; exec sleep 600' & wait")
    occupant = launched(place, spec(command=runaway, env=bell.env))
    leftover = await bell.pid()
    kill(occupant.process.id.pid)
    await occupant.process.wait()
    found = look(place, spec(), NOW)
    assert [each.pid for each in found] == [leftover]
    assert identify(leftover) is not None, "looking changes nothing"
    lock = await claim(place, spec(), NOW)
    assert isinstance(lock, Lock)
    assert identify(leftover) is None
    lock.close()


async def test_a_child_is_not_taken_for_the_worker_that_left_no_name(place, bell):
    pool = spec(command=shell("sleep 600 & echo $! > $BELL; wait"), env=bell.env)
    identity = outlive(place, launched(place, pool))
    child = await bell.pid()
    place.lock.write_text("")
    kill(identity.pid)
    reap(identity.pid)
    assert [each.pid for each in look(place, pool, NOW)] == [child]
    lock = await claim(place, pool, NOW)
    assert isinstance(lock, Lock)
    assert identify(child) is None
    lock.close()


async def test_a_process_that_has_the_number_of_a_dead_worker_is_never_touched(place):
    innocent = launched(Place(place.state, "other", 1), spec())
    boot, pid, start = innocent.process.id
    place.lock.parent.mkdir(exist_ok=True)
    place.lock.write_text(render(Identity(innocent.process.id._replace(start=start - 1), NOW, "d"), "rpa", 1))
    lock = await claim(place, spec(), NOW)
    assert isinstance(lock, Lock)
    lock.close()
    assert identify(pid) == (boot, pid, start)
    await innocent.process.kill()


async def test_a_lock_that_is_held_for_a_moment_is_waited_for(place):
    """As by a process between its fork and its exec."""
    lock = try_lock(place.lock)
    claiming = asyncio.ensure_future(claim(place, spec(), NOW))
    await asyncio.wait([claiming], timeout=0)
    lock.close()
    claimed = await claiming
    assert isinstance(claimed, Lock)
    claimed.close()


async def test_a_lock_that_we_hold_ourselves_is_refused_with_advice(place):
    lock = try_lock(place.lock)
    with pytest.raises(MedicError, match=r"rpa/1 cannot be started: somebody holds .*rpa\.1\.lock; find out who"):
        await claim(place, spec(), NOW)
    lock.close()


async def test_a_command_that_cannot_run_leaves_the_slot_empty(place):
    lock = try_lock(place.lock)
    with pytest.raises(MedicError, match="cannot run '/no/such'"):
        launch(place, lock, spec(command=("/no/such",)), now=NOW, config=None)
    lock.close()
    lock = look(place, spec(), NOW)
    assert isinstance(lock, Lock)
    lock.close()


async def test_a_worker_knows_where_it_belongs(place, bell, tmp_path):
    script = shell("echo $MEDIC_STATE $MEDIC_POOL $MEDIC_SLOT $MEDIC_CONFIG $NOTIFY_SOCKET $WATCHDOG_USEC $X > $BELL")
    pool = spec(command=script, env={**bell.env, "X": "yes"}, heartbeat=timedelta(seconds=30))
    lock = try_lock(place.lock)
    occupant = launch(place, lock, pool, now=NOW, config=tmp_path / "medic.yml")
    lock.close()
    config = tmp_path / "medic.yml"
    assert await bell.heard() == f"{place.state} rpa 1 {config} {place.address} 30000000 yes"
    await occupant.process.wait()


def test_what_systemd_told_the_daemon_is_not_told_the_worker(place):
    inherited = dict.fromkeys(("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"), "x")
    seen = environment(place, spec(), {**inherited, "PATH": "/bin"})
    assert set(seen) == {"PATH", "MEDIC_STATE", "MEDIC_POOL", "MEDIC_SLOT"}


def test_a_pool_cannot_give_its_workers_another_place(place):
    seen = environment(place, spec(env={"MEDIC_SLOT": "9", "MEDIC_POOL": "x", "MEDIC_STATE": "/"}), {})
    assert (seen["MEDIC_SLOT"], seen["MEDIC_POOL"], seen["MEDIC_STATE"]) == ("1", "rpa", str(place.state))


async def test_output_goes_to_a_file_of_the_slot(place):
    occupant = launched(place, spec(command=shell("echo out; echo err >&2")))
    await occupant.process.wait()
    assert (place.state / "log" / "workers" / "rpa.1.log").read_text() == "out\nerr\n"


def test_all_slots_that_ever_were_are_found_again(state):
    folder = state / "workers"
    folder.mkdir(parents=True)
    for name in ("rpa.1.lock", "rpa.12.lock", "a.b.3.lock", "stopped", "rpa.1.notify", "rpa.x.lock", "odd.lock"):
        (folder / name).touch()
    assert [(place.pool, place.slot) for place in places(state)] == [("a.b", 3), ("rpa", 1), ("rpa", 12)]
    assert places(state / "nothing") == ()


async def test_dying_frees_the_slot_at_once_however_it_dies(place):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV):
        occupant = launched(place, spec(command=SLEEPER))
        os.kill(occupant.process.id.pid, number)
        assert (await occupant.process.wait()).signal == number
        assert seconds_until_free(place.lock) < PATIENCE
