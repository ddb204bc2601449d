"""Medic is killed at each failpoint in turn, and the next one finds nothing doubled and nothing lost."""

import signal

import pytest

from tests.app.daemon.crashes import CRASHES, OF_THE_QUEUE, alert, check, crash_configuration, failpoints, lines, send
from tests.app.daemon.scene import await_attempt, rows
from tests.harness import Medic, until


@pytest.fixture
def medic(tmp_path):
    folder = tmp_path / "medic"
    with Medic(folder, crash_configuration(folder)) as house:
        yield house


def test_every_failpoint_there_is_has_its_crash():
    tried = {crash.point.partition(":")[0] for crash in CRASHES}
    assert tried | OF_THE_QUEUE == failpoints()


@pytest.mark.parametrize("crash", [each for each in CRASHES if each.short], ids=str)
def test_killed_there_nothing_is_doubled_and_nothing_is_lost(medic, crash):
    die_and_go_on(medic, crash)


@pytest.mark.stress
@pytest.mark.parametrize("crash", [each for each in CRASHES if not each.short], ids=str)
def test_killed_anywhere_nothing_is_doubled_and_nothing_is_lost(medic, crash):
    die_and_go_on(medic, crash)


def die_and_go_on(medic, crash):
    crash.before(medic)
    medic.start(ready=not crash.at_start, MEDIC_FAILPOINT=crash.point)
    acknowledged = crash.bring(medic)
    assert medic.died() == -signal.SIGKILL, medic.output()
    check_before_the_next(medic)
    medic.start()
    if crash.acts is not None:
        see_it_through(medic, crash.acts, acknowledged)
    until(lambda: rows(medic, "SELECT 1 FROM dues WHERE job = 'beat' AND state = 'done'"), what="a job done")
    check(medic, acknowledged)


def check_before_the_next(medic):
    """What a dead Medic left behind: at most one process in each slot."""
    assert all(len(pids) == 1 for pids in medic.slots().values())


def see_it_through(medic, acts, acknowledged):
    """Send the alert again, as its sender does until it is acknowledged; it is acted on as often as it must be."""
    assert acknowledged or send(medic, alert("Quick"))
    found = await_attempt(medic, remedy="quick")
    until(
        lambda: rows(medic, f"SELECT 1 FROM attempts WHERE id = {found['id']} AND acted_at"), what="the action is over"
    )
    assert [line.split()[1] for line in lines(medic, "effects")] == ["1"] * acts
    assert rows(medic, "SELECT count(*) FROM attempts WHERE remedy = 'quick'") == [(1,)]


def test_killed_during_an_action_it_looks_at_the_attempt_and_does_not_repeat_it(medic):
    slow = medic.config["remedies"][0]["do"]["command"]["argv"]
    slow[2] += "; exec sleep 1000"
    medic.start()
    assert send(medic, alert("Quick"))
    until(lambda: lines(medic, "effects"), what="the action has begun")
    medic.kill()
    medic.start()
    found = await_attempt(medic, remedy="quick")
    assert (found["succeeded"], found["outcome"], found["detail"]) == (None, None, "Medic ended during the action")
    send(medic, alert("Quick"), alert("Quick", 2))
    until(lambda: rows(medic, "SELECT count(*) FROM episode_alerts") == [(2,)], what="the second alert joined")
    assert len(lines(medic, "effects")) == 1
    assert rows(medic, "SELECT count(*) FROM attempts") == [(1,)]
    told = medic.json("/api/v1/explain?of=unit:a.service")["episodes"][0]["verdict"]
    assert told == f"held by busy: attempt {found['id']} (command unit:a.service) is under way"
