from dataclasses import replace
from datetime import timedelta

import pytest

from healer.ports import Condition
from healer.settings import Verify
from healer.verify import judge, of_external, of_order, of_worker, together, wakes
from healer.world import Evidence
from medic.core.alerts import Source
from medic.core.healing import Attempt, Outcome
from medic.core.targets import pool_target, worker_target
from medic.core.workers import Exit, ExitReason, Pool, SlotState, Worker
from tests.healer.house import NOW, alert, gone

VERIFY = Verify(within=timedelta(minutes=10), stable=timedelta(seconds=60))
ACTED = Attempt(1, 1, "r", pool_target("rpa"), "restart", 1, False, "why", NOW, acted_at=NOW, succeeded=True)
FAILED = replace(ACTED, succeeded=False)


def evidence(holds, *, since=0, final=False):
    return Evidence(Condition(holds, "words"), NOW + timedelta(seconds=since), final)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("attempt", "given", "seconds", "outcome"),
    [
        (ACTED, evidence(False), 59, None),
        (ACTED, evidence(False), 60, Outcome.HEALED),
        (ACTED, evidence(False, since=590), 600, None),
        (ACTED, evidence(False, since=590), 650, Outcome.HEALED),
        (ACTED, evidence(True), 599, None),
        (ACTED, evidence(True), 600, Outcome.FAILED),
        (ACTED, evidence(None), 599, None),
        (ACTED, evidence(None), 600, Outcome.UNKNOWN),
        (ACTED, evidence(True, final=True), 0, Outcome.FAILED),
        (ACTED, evidence(None, final=True), 0, Outcome.UNKNOWN),
        (FAILED, evidence(True), 0, Outcome.FAILED),
        (FAILED, evidence(None), 0, None),
        (FAILED, evidence(None), 600, Outcome.FAILED),
        (FAILED, evidence(False), 60, Outcome.HEALED),
        (replace(ACTED, acted_at=None), evidence(False), 3600, None),
    ],
)
def test_the_evidence_decides_and_not_what_the_action_said(attempt, given, seconds, outcome):
    found = judge(attempt, VERIFY, given, at(seconds))
    assert (found.outcome if found else None) is outcome
    wake = wakes(attempt, VERIFY, given)
    if outcome is None and wake is not None:
        assert wake > at(seconds)
        assert judge(attempt, VERIFY, given, wake) is not None


def test_a_worker_is_healed_by_living_and_failed_by_dying_again():
    target = worker_target("rpa", 1)
    attempt = replace(ACTED, target=target)
    running = Worker("rpa", 1, SlotState.RUNNING, None, at(1))
    before = Exit("rpa", 1, None, ExitReason.CRASH, at(0), None, "SIGKILL")
    after = replace(before, at=at(2), status="exit 3")
    assert of_worker(running, (before,), attempt) == Evidence(Condition(holds=False, reason="alive"), at(1))
    assert of_worker(running, (before, after), attempt).final
    assert "exit 3" in of_worker(running, (before, after), attempt).condition.reason
    assert of_worker(replace(running, state=SlotState.EMPTY), (before,), attempt).condition.holds is True
    assert of_worker(None, (), attempt).final


def test_an_order_is_done_when_its_pool_is_whole_or_else_when_its_action_said_so():
    worker = Worker("rpa", 1, SlotState.RUNNING)
    assert of_order(ACTED, Pool("rpa", 1, (worker,))).condition.holds is False
    assert of_order(ACTED, Pool("rpa", 2, (worker,))).condition == Condition(holds=True, reason="1 of 2 workers run")
    assert of_order(ACTED, None).condition.holds is False
    assert of_order(FAILED, None).condition.holds is True
    assert of_order(replace(ACTED, succeeded=None), None).condition.holds is None


def test_of_several_alerts_one_that_is_wrong_or_unknown_decides():
    wrong, unknown, well = Condition(True, "wrong"), Condition(None, "unknown"), Condition(False, "well")
    assert together([well, unknown, wrong]) == wrong
    assert together([well, unknown]) == unknown
    assert together([well, well]) == well
    assert together([]).holds is None


def test_an_external_alert_is_unknown_until_its_sender_resolves_it():
    external = alert(source=Source.ALERTMANAGER)
    assert of_external(external).holds is None
    assert of_external(gone(external)).holds is False
