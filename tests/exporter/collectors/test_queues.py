import math
import threading
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from exporter.admission import admit
from exporter.collectors.queues import collector, families, ratio
from exporter.exposition import render
from exporter.runner import Runner
from medic.core.clock import SystemClock
from medic.core.errors import MedicError
from medic.core.queue import Histogram, QueueFigures, Window
from medic.core.samples import labels
from tests.exporter.tree import by_name, values
from tests.fakes import HandClock

Q = labels(queue="default")
FULL = QueueFigures(
    queue="default",
    backend="embedded",
    up=True,
    pending=3,
    running=2,
    submitted=40,
    completed=30,
    failed=5,
    oldest_pending_at=1_500,
    windows=(Window("1h", 9, 3), Window("24h", 0, 0)),
    weighted_ratio=0.8,
    durations=(Histogram(labels(task="order"), ((0.5, 1), (1.0, 2), (math.inf, 3)), 4.5, 3),),
    waits=(Histogram((), ((math.inf, 0),), 0.0, 0),),
    canary_success=True,
    canary_duration=0.25,
)


def told(figures, name):
    return values(families(figures), name)


def test_every_figure_is_told():
    assert told(FULL, "medic_queue_up") == {labels(queue="default", backend="embedded"): 1}
    assert told(FULL, "medic_queue_tasks") == {
        labels(queue="default", state="pending"): 3,
        labels(queue="default", state="running"): 2,
    }
    assert told(FULL, "medic_queue_tasks_submitted_total") == {Q: 40}
    assert told(FULL, "medic_queue_tasks_completed_total") == {Q: 30}
    assert told(FULL, "medic_queue_tasks_failed_total") == {Q: 5}
    assert told(FULL, "medic_queue_oldest_pending_timestamp_seconds") == {Q: 1.5}
    assert told(FULL, "medic_queue_success_ratio_weighted") == {Q: 0.8}
    assert told(FULL, "medic_canary_success") == {Q: 1}
    assert told(FULL, "medic_canary_duration_seconds") == {Q: 0.25}


def test_a_ratio_is_absent_where_nothing_ended_and_its_tasks_are_zero():
    assert told(FULL, "medic_queue_success_ratio") == {labels(queue="default", window="1h"): 0.75}
    assert told(FULL, "medic_queue_window_tasks") == {
        labels(queue="default", window="1h"): 12,
        labels(queue="default", window="24h"): 0,
    }


def test_histograms_have_their_buckets_sum_and_count():
    rows = [(each.name, dict(each.labels), each.value) for each in
            by_name(families(FULL))["medic_task_duration_seconds"].samples]  # fmt: skip
    both = {"queue": "default", "task": "order"}
    assert rows == [
        ("medic_task_duration_seconds_bucket", both | {"le": "0.5"}, 1),
        ("medic_task_duration_seconds_bucket", both | {"le": "1.0"}, 2),
        ("medic_task_duration_seconds_bucket", both | {"le": "+Inf"}, 3),
        ("medic_task_duration_seconds_sum", both, 4.5),
        ("medic_task_duration_seconds_count", both, 3),
    ]


def test_what_is_unknown_is_absent_and_zero_is_not():
    unknown = families(QueueFigures("default", "http", up=True, failed=0))
    present = {family.name for family in unknown if family.samples}
    assert present == {"medic_queue_up", "medic_queue_tasks_failed_total"}
    assert values(unknown, "medic_queue_tasks_failed_total") == {Q: 0}


def test_a_failed_canary_is_zero():
    assert told(QueueFigures("default", "http", up=True, canary_success=False), "medic_canary_success") == {Q: 0}


counts = st.none() | st.integers(0, 2**40)


@given(counts, counts, st.integers(0, 9), st.integers(0, 9))
def test_whatever_a_queue_says_can_stand_on_a_page(pending, failed, done, lost):
    figures = QueueFigures("q", "http", up=True, pending=pending, failed=failed, windows=(Window("1h", done, lost),))
    assert render(admit(families(figures))).body
    part = ratio(figures.windows[0])
    assert part is None if done + lost == 0 else 0 <= part <= 1


async def test_a_queue_that_cannot_be_read_is_down_and_its_collector_fails():
    def read():
        raise MedicError("no answer")

    runner = Runner([collector("default", "http", read), collector("mail", "http", lambda: FULL)], HandClock())
    await runner.refresh("queue:default")
    await runner.refresh("queue:mail")
    snapshot = await runner.tick()
    assert snapshot.failed == {"queue:default"}
    up = values(snapshot.families, "medic_queue_up")
    assert up[labels(queue="default", backend="http")] == 0
    assert up[labels(queue="default", backend="embedded")] == 1
    assert all(sample.at is not None for sample in by_name(snapshot.families)["medic_queue_up"].samples)


async def test_a_queue_that_does_not_answer_in_time_is_down():
    answered = threading.Event()
    every, timeout = timedelta(seconds=15), timedelta(seconds=0.05)
    slow = collector("default", "http", lambda: answered.wait(10) and FULL, every=every, timeout=timeout)
    runner = Runner([slow], SystemClock())
    await runner.refresh("queue:default")
    snapshot = await runner.tick()
    answered.set()
    assert snapshot.failed == {"queue:default"}
    assert values(snapshot.families, "medic_queue_up") == {labels(queue="default", backend="http"): 0}
