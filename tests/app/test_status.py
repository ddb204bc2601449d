from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from medic.app.status import Status, checks, problems
from medic.core.alerts import Alert, AlertState, Source
from medic.core.healing import Mode, Notice, Pause
from medic.core.queue import QueueFigures
from medic.core.samples import labels
from medic.core.targets import parse_target
from medic.core.workers import Pool, SlotState, Worker

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WELL = Status(
    now=NOW,
    started_at=NOW - timedelta(hours=1),
    version="1",
    interval=timedelta(seconds=15),
    last_tick=NOW - timedelta(seconds=1),
    alerts=(),
    pools=(Pool("rpa", 1, (Worker("rpa", 1, SlotState.RUNNING),)),),
    queues=(QueueFigures("default", "embedded", up=True),),
    episodes=(),
    attempts=(),
    jobs=(),
    pauses=(),
    paused_by_file=False,
    notices=(),
    breakers=frozenset(),
    failing=frozenset(),
    rule_errors=(),
    mode=Mode.AUTO,
    notified=True,
    disk_used=0.5,
)
FIRING = Alert(labels(alertname="Hot", gpu="0"), (), AlertState.FIRING, NOW, Source.RULES)


def test_a_host_that_is_well_has_no_problems_and_passes_at_least_eight_checks():
    assert problems(WELL) == ()
    assert len(checks(WELL)) >= 8


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"last_tick": None}, "ticks", "nothing was measured yet"),
        ({"last_tick": NOW - timedelta(minutes=5)}, "ticks", "measured 300.0 s ago"),
        ({"failing": frozenset({"cpu"})}, "collectors", "failing: cpu"),
        ({"rule_errors": ("A: many to many",)}, "rules", "A: many to many"),
        ({"queues": (QueueFigures("mail", "http", up=False),)}, "queues", "not reachable: mail"),
        ({"pools": (Pool("rpa", 2, ()),)}, "workers", "rpa 0 of 2"),
        ({"alerts": (FIRING,)}, "alerts", "firing: Hot"),
        ({"breakers": frozenset({parse_target("pool:rpa")})}, "breakers", "open on pool:rpa"),
        ({"paused_by_file": True}, "healing", "the file PAUSED"),
        ({"pauses": (Pause(None, None, "deploy", "ann", NOW),)}, "healing", "paused by ann: deploy"),
        ({"notices": (Notice(1, NOW, "t", "b", "k", tries=3, error="refused"),)}, "notifications", "refused"),
        ({"disk_used": 0.99}, "disk", "99%"),
        ({"journal_error": "disk is full"}, "journal", "nothing is healed: disk is full"),
    ],
)
def test_each_trouble_fails_its_own_check_and_is_a_problem(change, check, words):
    status = replace(WELL, **change)
    failed = [each for each in checks(status) if not each.ok]
    assert [each.name for each in failed] == [check]
    assert words in failed[0].text
    assert len(problems(status)) == 1


@pytest.mark.parametrize("severity", ["info", "none"])
def test_an_alert_that_is_for_information_is_told_and_is_well(severity):
    news = replace(FIRING, labels=labels(alertname="BaselineRestarts", severity=severity))
    status = replace(WELL, alerts=(news,))
    assert problems(status) == ()
    check = next(check for check in checks(status) if check.name == "alerts")
    assert (check.ok, check.text) == (True, "none but BaselineRestarts, which is for information")
    assert problems(replace(WELL, alerts=(news, FIRING))) == ("alert Hot is firing on gpu=0",)


def test_what_an_operator_stopped_is_told_and_is_well():
    status = replace(WELL, stopped=frozenset({parse_target("worker:rpa/2")}))
    assert problems(status) == ()
    workers = next(check for check in checks(status) if check.name == "workers")
    assert workers.text == "1 as expected; stopped by an operator: worker:rpa/2"


def test_pending_and_resolved_alerts_are_no_problem():
    pending = replace(FIRING, state=AlertState.PENDING)
    resolved = replace(FIRING, state=AlertState.INACTIVE, resolved_at=NOW)
    assert problems(replace(WELL, alerts=(pending, resolved))) == ()


def test_a_pause_of_one_target_alone_is_well():
    pause = Pause(parse_target("pool:rpa"), NOW, "deploy", "ann", NOW)
    assert problems(replace(WELL, pauses=(pause,))) == ()
