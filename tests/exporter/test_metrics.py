from exporter.collector import Collected
from exporter.metrics import families
from medic.core.samples import labels
from tests.exporter.tree import values

RUNS = {
    "b": Collected(seconds=0.5),
    "a": Collected(seconds=5.0, timed_out=True),
    "c": Collected(error=ValueError("x")),
}


def test_each_run_is_described():
    told = families(RUNS, {"a": 1_500, "b": 2_000, "gone": 3_000})
    a, b, c = (labels(collector=name) for name in "abc")
    assert values(told, "medic_scrape_collector_success") == {a: 0, b: 1, c: 0}
    assert values(told, "medic_scrape_collector_timeout") == {a: 1, b: 0, c: 0}
    assert values(told, "medic_scrape_collector_duration_seconds") == {a: 5.0, b: 0.5, c: 0.0}
    assert values(told, "medic_collector_last_success_timestamp_seconds") == {a: 1.5, b: 2.0}


def test_the_order_does_not_depend_on_who_ran_first():
    assert families(RUNS, {}) == families(dict(reversed(RUNS.items())), {})
