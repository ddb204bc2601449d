from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.alerts import AlertState
from medic.core.queue import QueueFigures
from medic.core.runs import RunState
from medic.core.samples import labels
from rhythm.ports import Check
from rhythm.reports.report import Tone
from rhythm.reports.summary import percent, summarize
from tests.rhythm.reports.figures import END, FULL, START, WELL, alert, attempt, episode, facts, pool, queue, run


def test_a_good_day_says_so_with_its_figures():
    report = summarize(replace(WELL, attempts=(attempt(),)), END)
    assert report.summary == "All is well: queue default at 99 %, 2 of 2 workers up, 1 healed, no alert firing."
    assert (report.tone, report.attention, report.empty) == (Tone.GOOD, (), False)


def test_a_day_with_no_data_says_so():
    report = summarize(facts(), END)
    assert report.summary.startswith("There is no data: nothing was recorded of box")
    assert (report.tone, report.empty) == (Tone.UNKNOWN, True)


def test_a_bad_day_names_the_worst_and_how_much_more_there_is():
    report = summarize(FULL, END)
    assert report.summary == "Not well: pool:rpa was given up by restart-workers, and 6 more to look at."
    assert report.tone is Tone.BAD


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"episodes": (episode(),)}, "pool:rpa was given up by restart-workers"),
        ({"alerts": (alert(),)}, "SuccessRateLow is firing"),
        ({"pools": (pool(1),)}, "pool rpa has 1 of 2 workers"),
        ({"pools": (pool(3),)}, "pool rpa has 3 of 2 workers"),
        ({"queues": (queue(7, 3),)}, "queue default completes 70 % of its tasks, its target is 95 %"),
        ({"queues": (queue(up=False),)}, "queue default does not answer"),
        ({"checks": (Check("disk", False, "full"),)}, "check disk failed: full"),
        ({"runs": (run(1), run(2, RunState.FAILED, reason="exit 3"))}, "job etl failed: exit 3"),
        ({"runs": (run(1, RunState.INTERRUPTED),)}, "job etl interrupted"),
    ],
)
def test_each_trouble_needs_a_look(wrong, text):
    report = summarize(facts(**wrong), END)
    assert report.attention == (text,)
    assert report.summary == f"Not well: {text}."


@pytest.mark.parametrize(
    "fine",
    [
        {"alerts": (alert(AlertState.PENDING),)},
        {"alerts": (replace(alert(), labels=labels(alertname="BaselineRestarts", severity="info")),)},
        {"alerts": (alert(resolved_at=END),)},
        {"runs": (run(1, RunState.FAILED), run(2))},
        {"runs": (run(1, RunState.SKIPPED, reason="check failed"),)},
        {"queues": (QueueFigures("mail", "http", up=True),)},
        {"queues": (queue(0, 0),)},
    ],
)
def test_what_is_over_or_not_known_needs_none(fine):
    assert summarize(facts(**fine), END).attention == ()


def test_the_success_rate_is_of_the_longest_window_and_absent_when_nothing_ran():
    one, other = summarize(facts(queues=(queue(1, 3), queue(0, 0))), END).queues
    assert (one.success, one.window) == (0.25, "24h")
    assert (other.success, other.completed) == (None, 0)
    assert summarize(facts(queues=(QueueFigures("m", "http", up=True),)), END).queues[0].completed is None


def test_jobs_are_counted_by_their_endings():
    runs = (run(1, seconds=1), run(2, seconds=3), run(3, RunState.MISSED), run(4, RunState.FAILED, reason="exit 1"))
    (line,) = summarize(facts(runs=(*runs, run(5, RunState.RUNNING))), END).jobs
    assert (line.done, line.missed, line.failed, line.skipped, line.interrupted) == (2, 1, 1, 0, 0)
    assert (line.mean, line.last, line.tone) == (2.0, "failed: exit 1", Tone.BAD)


def test_the_timeline_is_in_order_and_within_the_period():
    early = replace(alert(resolved_at=START), active_at=START - timedelta(hours=9))
    late = replace(alert(), active_at=END)
    report = summarize(replace(FULL, alerts=(*FULL.alerts, early, late)), END)
    moments = [event.at for event in report.timeline]
    assert moments == sorted(moments)
    assert all(START <= at < END for at in moments)
    assert [event.what for event in report.timeline].count("alert") == 2


def test_the_timeline_tells_of_a_heal_from_its_alert_to_its_end():
    found = summarize(facts(alerts=(alert(resolved_at=END - timedelta(hours=1)),), attempts=(attempt(),)), END)
    assert [event.what for event in found.timeline] == ["alert", "heal", "healed", "resolved"]


def test_firing_alerts_stand_first():
    report = summarize(facts(alerts=(alert(resolved_at=END), alert())), END)
    assert [line.state for line in report.alerts] == ["firing", "resolved"]


@given(st.floats(0, 1))
def test_only_what_is_whole_is_called_whole(ratio):
    assert (percent(ratio) == "100 %") == (ratio == 1)
    assert (percent(ratio) == "0 %") == (ratio == 0)
