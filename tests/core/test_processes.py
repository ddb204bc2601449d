"""The gate to processes, with real ones."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from medic.core.errors import MedicError
from medic.core.processes import Command, ExitStatus, adopt, identify, is_alive, run, spawn
from medic.core.workers import ProcessId
from tests.workers.scene import PATIENCE, Bell


@pytest.fixture
def bell(tmp_path):
    bell = Bell(tmp_path / "bell")
    yield bell
    bell.close()


def sh(script, bell=None, **fields):
    env = {**os.environ, **(bell.env if bell else {})}
    return Command(("sh", "-c", script), env=env, **fields)


async def ended(process):
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


def becomes_zombie(process):
    os.waitid(os.P_PID, process.id.pid, os.WEXITED | os.WNOWAIT)


def reap(pid):
    return os.waitpid(pid, 0)[1]


def start_outside(script, bell):
    """Start a process that is none of the gate's."""
    return subprocess.Popen(("sh", "-c", script), env={**os.environ, **bell.env}, start_new_session=True)


async def gone(pid):
    """Wait until nobody has this number, or only a zombie that its own parent has not reaped."""
    identity = identify(pid)
    if identity is None or (process := adopt(identity)) is None:
        return
    await ended(process)


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ("exit 0", ExitStatus(0, None), "exit 0"),
        ("exit 3", ExitStatus(3, None), "exit 3"),
        ("kill -9 $$", ExitStatus(None, signal.SIGKILL), "SIGKILL"),
        ("kill -40 $$", ExitStatus(None, 40), "signal 40"),
    ],
)
async def test_says_how_a_process_ended(script, status, words):
    process = spawn(sh(script))
    assert await ended(process) == status
    assert (await ended(process)).words == words


def test_of_an_adopted_process_the_exit_is_unknown():
    assert ExitStatus(None, None).words == "unknown"


async def test_any_number_may_wait_and_a_cancelled_wait_harms_nothing(bell):
    process = spawn(sh("echo $$ > $BELL; exec sleep 600", bell))
    await bell.heard()
    impatient = asyncio.ensure_future(process.wait())
    patient = [asyncio.ensure_future(process.wait()) for _ in range(3)]
    await asyncio.wait(patient, timeout=0)
    impatient.cancel()
    process.signal(signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        assert {status.signal for status in await asyncio.gather(*patient)} == {signal.SIGKILL}
    assert impatient.cancelled()


async def test_a_process_that_ended_before_anybody_waited_is_still_told_rightly(tmp_path):
    process = spawn(sh("exit 7"))
    becomes_zombie(process)
    assert await ended(process) == ExitStatus(7, None)


async def test_signalling_one_that_has_ended_is_harmless_and_says_so():
    process = spawn(sh("exit 0"))
    await ended(process)
    assert process.signal(signal.SIGTERM) is False


async def test_stop_lets_it_end_by_itself(bell):
    process = spawn(sh('trap "exit 5" TERM; echo up > $BELL; while :; do sleep 0.01; done', bell))
    await bell.heard()
    assert await process.stop(PATIENCE) == ExitStatus(5, None)


async def test_stop_kills_one_that_ignores_term(bell):
    process = spawn(sh('trap "" TERM; echo up > $BELL; exec sleep 600', bell))
    await bell.heard()
    assert await process.stop(0.05) == ExitStatus(None, signal.SIGKILL)


async def test_what_is_left_of_its_group_is_killed_with_it(bell):
    process = spawn(sh("sleep 600 & echo $! > $BELL; exit 0", bell))
    grandchild = await bell.pid()
    assert await ended(process) == ExitStatus(0, None)
    await gone(grandchild)
    assert identify(grandchild) is None


async def test_kill_takes_the_group_of_an_adopted_process_too(bell):
    script = "sleep 600 & echo $! > $BELL; echo $$ > $BELL; wait"
    parent = start_outside(script, bell)
    grandchild, pid = await bell.pid(), await bell.pid()
    process = adopt(identify(pid))
    async with asyncio.timeout(PATIENCE):
        assert (await process.kill()).words == "unknown"
    assert parent.wait(PATIENCE) == -signal.SIGKILL
    await gone(grandchild)
    assert identify(grandchild) is None


async def test_a_process_that_reuses_a_number_is_never_adopted():
    process = spawn(sh("exec sleep 600"))
    boot, pid, start = process.id
    try:
        assert adopt(ProcessId(boot, pid, start + 1)) is None
        assert adopt(ProcessId("another boot", pid, start)) is None
        assert is_alive(process.id)
    finally:
        await process.kill()


async def test_nobody_is_adopted_when_the_number_is_free_or_a_zombie():
    process = spawn(sh("exit 0"))
    becomes_zombie(process)
    assert identify(process.id.pid) is None
    assert adopt(process.id) is None
    await ended(process)
    assert adopt(process.id) is None


async def test_an_abandoned_process_lives_on_and_can_be_adopted():
    process = spawn(sh("exec sleep 600"))
    process.abandon()
    again = adopt(process.id)
    assert again is not None
    assert again.adopted
    await again.kill()
    reap(process.id.pid)


async def test_an_abandoned_process_that_was_waited_for_is_let_go():
    process = spawn(sh("exec sleep 600"))
    waiting = asyncio.ensure_future(process.wait())
    await asyncio.wait([waiting], timeout=0)
    process.abandon()
    waiting.cancel()
    os.kill(process.id.pid, signal.SIGKILL)
    assert reap(process.id.pid) == signal.SIGKILL


async def test_a_process_leads_a_session_of_its_own():
    process = spawn(sh("exec sleep 600"))
    assert os.getsid(process.id.pid) == os.getpgid(process.id.pid) == process.id.pid
    await process.kill()


async def test_output_is_appended_and_its_folder_made(tmp_path):
    output = tmp_path / "deep" / "worker.log"
    for word in ("one", "two"):
        await ended(spawn(sh(f"echo {word}; echo {word} >&2", output=output)))
    assert output.read_text() == "one\none\ntwo\ntwo\n"
    assert output.stat().st_mode & 0o777 == 0o600


async def test_output_that_cannot_be_written_is_refused_with_advice(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MedicError, match="cannot append output to"):
        spawn(sh("exit 0", output=tmp_path / "file" / "worker.log"))


async def test_a_child_inherits_what_it_is_given_and_nothing_else(tmp_path):
    kept, other = (os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("kept", "other"))
    os.set_inheritable(other, True)
    script = f"import os; os.write({kept}, b'mine'); os.write({other}, b'not mine')"
    await ended(spawn(Command((sys.executable, "-S", "-c", script), keep=(kept,))))
    assert (tmp_path / "kept").read_text() == "mine"
    assert (tmp_path / "other").read_text() == ""
    os.close(kept)
    os.close(other)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Command(("/no/such/program",)), "cannot run '/no/such/program': No such file or directory"),
        (Command(("/etc/passwd",)), "cannot run '/etc/passwd': Permission denied"),
        (Command(("sh",), env={"A\0": "b"}), "cannot run 'sh': embedded null byte"),
    ],
)
def test_what_cannot_be_executed_is_said_in_words(command, text):
    with pytest.raises(MedicError, match=text):
        spawn(command)


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path):
    with pytest.raises(MedicError, match=r"cannot run 'sh': its folder .*/nowhere does not exist"):
        spawn(Command(("sh",), cwd=tmp_path / "nowhere"))


async def test_run_returns_the_status():
    assert (await run(sh("exit 0"), timeout=PATIENCE)).succeeded
    failed = await run(sh("exit 4"), timeout=PATIENCE)
    assert failed.status.code == 4
    assert not failed.succeeded


async def test_run_stops_what_takes_too_long():
    finished = await run(sh("exec sleep 600"), timeout=0.1, grace=PATIENCE)
    assert finished.timed_out
    assert finished.status.signal == signal.SIGTERM
    assert not finished.succeeded


async def test_a_cancelled_run_leaves_nothing_behind(bell):
    running = asyncio.ensure_future(run(sh("echo $$ > $BELL; exec sleep 600", bell), timeout=PATIENCE))
    pid = await bell.pid()
    running.cancel()
    await asyncio.wait([running], timeout=PATIENCE)
    assert running.cancelled()
    assert identify(pid) is None


async def test_a_run_that_is_cancelled_while_it_is_stopped_leaves_nothing_behind(bell):
    script = 'trap "echo stopping > $BELL" TERM; echo $$ > $BELL; while :; do sleep 0.01; done'
    command, until_rung = sh(script, bell), lambda _process: bell.wait()
    running = asyncio.ensure_future(run(command, timeout=0.05, grace=PATIENCE, on_start=until_rung))
    pid = await bell.pid()
    assert await bell.heard() == "stopping"
    running.cancel()
    await asyncio.wait([running], timeout=PATIENCE)
    assert running.cancelled()
    assert identify(pid) is None


async def test_a_run_that_nobody_could_be_told_of_leaves_nothing_behind():
    started = []

    def refuse(process):
        started.append(process)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        await run(sh("exec sleep 600"), timeout=PATIENCE, on_start=refuse)
    assert not is_alive(started[0])


def test_we_know_ourselves():
    assert is_alive(identify(os.getpid()))
    assert identify(2**22 + 1) is None


def test_where_sigchld_was_ignored_a_child_is_waited_for_all_the_same():
    script = (
        "import asyncio, signal; from medic.core.processes import Command, spawn\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "async def main(): return await spawn(Command(('sh', '-c', 'exit 3'))).wait()\n"
        "print(asyncio.run(main()).words)"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout == "exit 3\n"


async def test_where_somebody_else_took_the_status_the_end_is_noticed_all_the_same():
    process = spawn(sh("exit 3"))
    reap(process.id.pid)
    assert (await ended(process)).words == "unknown"


def test_a_child_that_cannot_be_watched_is_not_left_running(tmp_path):
    script = (
        "import os, resource, sys; from medic.core.processes import Command, boot_id, spawn\n"
        "boot_id(); lowest = os.open('/dev/null', os.O_RDONLY); os.close(lowest)\n"
        "for spare in range(1, 30):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + spare, 4096))\n"
        "    try: spawn(Command(('sleep', '600'))).signal(9)\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
        "    else: break\n"
        "try: os.waitpid(-1, 0); os.waitpid(-1, 0)\n"
        "except ChildProcessError: print('none left')"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert "none left" in done.stdout
    assert "MedicError cannot " in done.stdout
