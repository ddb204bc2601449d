import json
import os
import subprocess

from medic.app.state import Holder, State, hold, sign
from tests.app.cli.running import medic
from tests.harness import MEDIC, until


def ensuring(at, *arguments):
    return subprocess.Popen(
        [*MEDIC, "workers", "ensure", *arguments], env=at.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def pair(at):
    """Wait until both workers have become their program: only then /proc tells whose they are."""
    return until(lambda: len(found := at.workers("pair")) >= 2 and found)


def test_a_dry_run_says_what_is_missing_and_starts_nothing(idle):
    result = medic(idle, "workers", "ensure", "--dry-run")
    assert sorted(line.split()[:2] for line in result.output.splitlines()[1:]) == [
        ["start", "pair/1"],
        ["start", "pair/2"],
        ["start", "queue-server/1"],
    ]
    assert idle.workers() == []


def test_many_that_ask_at_once_without_a_daemon_start_each_worker_once(idle):
    del idle.config["queues"]  # its server would cost more to start than all the rest
    idle.write()
    commands = [ensuring(idle) for _ in range(8)]
    results = [(command.communicate(timeout=60), command.returncode) for command in commands]
    assert [code for _, code in results] == [0] * 8, results
    assert len(pair(idle)) == 2
    assert [out.decode().count("start") for (out, _), _ in results].count(2) == 1


def test_one_pool_is_ensured_alone(idle):
    changes = json.loads(medic(idle, "workers", "ensure", "pair", "--json").output)["changes"]
    assert [(change["worker"], change["do"]) for change in changes] == [("pair/1", "start"), ("pair/2", "start")]
    assert pair(idle) == idle.workers()
    state = State(idle.state)
    assert state.lock.read_text().strip() == ""


def test_whoever_finds_the_folder_held_waits_for_its_turn(idle):
    del idle.config["queues"]
    idle.write()
    state = State(idle.state)
    idle.state.mkdir()
    lock = hold(state, "workers ensure")
    before = idle.state.stat().st_mtime_ns
    waiting = ensuring(idle)
    until(lambda: idle.state.stat().st_mtime_ns > before, what="the command has tried whether it may write")
    assert waiting.poll() is None
    assert idle.workers() == []
    lock.close()
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert len(pair(idle)) == 2


def test_a_daemon_that_is_gone_is_asked_no_more(idle):
    del idle.config["queues"]
    idle.write()
    state = State(idle.state)
    idle.state.mkdir()
    lock = hold(state, "run")
    sign(lock, Holder(os.getpid(), "run", "http://127.0.0.1:1"))
    lock.close()
    assert medic(idle, "workers", "ensure").exit_code == 0
    assert len(pair(idle)) == 2
