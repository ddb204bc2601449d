"""A worker dies: it is replaced, written down, counted and explained, and what cannot live is left alone."""

import json

import pytest

from tests.app.daemon.people import mailbox
from tests.app.daemon.scene import attempts, audit, await_attempt, await_whole, check_journal, is_whole, slay
from tests.harness import alive, until

DIES = ["sh", "-c", "echo the port is taken >&2; exit 7"]


def test_a_killed_worker_is_replaced_journaled_audited_and_counted(medic):
    before = medic.start().slots()
    with medic.listening() as events:
        slay(before["pair/1"][0])
        _, told = next(event for event in events if event[0] == "exit")
    assert told == {"worker": "pair/1", "reason": "crash", "status": "SIGKILL"}
    until(lambda: is_whole(medic) and medic.slots() != before, what="the replacement")
    assert medic.slots()["pair/2"] == before["pair/2"]
    await_attempt(medic, target="worker:pair/1", succeeded=True)
    (attempt,) = json.loads(medic.command("heal", "history", "--json").stdout)
    assert attempt["remedy"] == "worker-exit"
    assert (attempt["target"], attempt["action"], attempt["number"]) == ("worker:pair/1", "start", 1)
    assert "SIGKILL" in attempt["reason"]
    restarts = 'medic_worker_restarts_total{pool="pair",reason="crash"}'
    until(lambda: medic.metric(restarts) == 1, what=restarts)
    assert check_journal(medic) >= 2
    assert [line["body"]["attempt"]["target"] for line in audit(medic, "reserved")] == ["worker:pair/1"]
    assert medic.end() == 0
    assert check_journal(medic) >= 2


def test_all_workers_of_a_pool_killed_at_once_are_replaced_at_once(medic):
    before = medic.start().slots()
    for pid in medic.workers():
        slay(pid)
    after = until(lambda: medic.slots() if is_whole(medic) and not set(medic.workers()) & pids(before) else None)
    assert sorted(after) == ["pair/1", "pair/2"]
    assert len(attempts(medic)) == 2


def pids(slots):
    return {pid for each in slots.values() for pid in each}


def test_a_worker_that_dies_at_once_is_left_alone_after_the_third_time_and_a_person_is_called(medic):
    with mailbox() as (url, letters):
        medic.config["notify"] = [{"url": url}]
        medic.config["workers"].append({"pool": "doomed", "command": DIES})
        medic.start()
        await_attempt(medic, target="worker:doomed/1", outcome="failed")
        # A person's own hand need not wait for the back-off: the third time comes at once.
        assert medic.post("/api/v1/workers/start", {"target": "pool:doomed"})[0] == 200
        see_it_given_up(medic, letters)
        assert medic.slots("doomed") == {}
        assert is_whole(medic)


@pytest.mark.stress
def test_a_worker_that_dies_at_once_is_left_alone_after_its_back_off_too(medic):
    with mailbox() as (url, letters):
        medic.config["notify"] = [{"url": url}]
        medic.config["workers"].append({"pool": "doomed", "command": DIES})
        medic.start()
        see_it_given_up(medic, letters)
        assert [each["number"] for each in attempts(medic)] == [2, 1]


def see_it_given_up(medic, letters):
    """The breaker is open, a metric and the explanation say so, and a person got one letter."""
    breaker = 'medic_breaker_open{target="worker:doomed/1"}'
    until(lambda: medic.metric(breaker) == 1, what=breaker)
    letter = letters.get(timeout=30)
    assert "worker:doomed/1 could not be healed by worker-exit" in letter["title"]
    assert "the last time with exit 7: the port is taken." in letter["message"]
    told = medic.command("explain", "pool:doomed")
    assert told.returncode == 0
    assert "held by" in told.stdout
    assert "the port is taken" in told.stdout
    assert "the breaker is open" in told.stdout
    gates = medic.json("/api/v1/explain?of=worker:doomed/1")["episodes"][0]["gates"]
    spent = next(gate for gate in gates if gate["name"] == "attempts")
    assert not spent["open"]
    assert 0 < spent["seconds_left"] <= 300
    assert medic.json("/api/v1/status")["breakers"] == ["worker:doomed/1"]
    assert letters.empty()


def test_a_reset_closes_the_breaker_and_the_mended_command_is_started(medic):
    medic.config["workers"] = [
        {"pool": "pair", "command": ["sh", "-c", f'test -e "{medic.folder}/mended" || exit 7; exec sleep 1000']}
    ]
    medic.start()
    await_attempt(medic, target="worker:pair/1", outcome="failed")
    medic.post("/api/v1/workers/start", {"target": "pool:pair"})
    until(lambda: medic.json("/api/v1/status")["breakers"] == ["worker:pair/1"], what="the breaker opens")
    (medic.folder / "mended").touch()
    done = medic.command("heal", "reset", "worker:pair/1")
    assert done.returncode == 0, done.stderr
    await_whole(medic, count=1)
    assert medic.json("/api/v1/status")["breakers"] == []


def test_the_file_paused_holds_the_replacement_until_it_is_gone(medic):
    (medic.start().state / "PAUSED").touch()
    hold_and_release(medic, (medic.state / "PAUSED").unlink)


def test_a_pause_holds_the_replacement_until_somebody_resumes(medic):
    medic.start()
    assert medic.command("pause", "--for", "1h", "--why", "a test").returncode == 0
    hold_and_release(medic, lambda: medic.command("resume"))


def test_a_pause_outlives_a_killed_medic(medic):
    medic.start()
    assert medic.command("pause", "worker:pair/1", "--for", "1h", "--why", "a test").returncode == 0
    medic.kill()
    medic.start()
    hold_and_release(medic, lambda: medic.command("resume", "worker:pair/1"))


def hold_and_release(medic, release):
    """A worker that dies meanwhile is not replaced, the explanation says why, and then it is."""
    victim = medic.slots()["pair/1"][0]
    slay(victim)
    until(lambda: held_by(medic) == "paused", what="the gate `paused` holds it")
    assert medic.post("/api/v1/workers/ensure", {})[0] == 200
    assert list(medic.slots()) == ["pair/2"]
    assert attempts(medic) == []
    assert not alive(victim)
    release()
    await_whole(medic)
    assert [each["target"] for each in attempts(medic)] == ["worker:pair/1"]


def held_by(medic):
    episodes = medic.json("/api/v1/explain?of=worker:pair/1")["episodes"]
    return next((gate["name"] for each in episodes for gate in each["gates"] if not gate["open"]), None)
