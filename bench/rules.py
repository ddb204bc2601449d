"""CPU time of rules over 1,000 series at 15 s: ``python -m bench.rules [SERIES]``."""

import sys
from time import process_time

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.promql import Query, compile_query
from rules.series import Series

TICKS = 260
SHAPES = {
    "threshold on one series": 'load{instance="7"} > 5',
    "rate of one series": 'rate(tasks_total{instance="7"}[5m]) > 1e9',
    "threshold over all": "load > 1e9",
    "rate over all": "rate(tasks_total[5m]) > 1e9",
    "sum by rate over all": "sum by (pool) (rate(tasks_total[5m])) > 1e9",
    "ratio of sums": "sum by (pool) (increase(tasks_total[5m])) / sum by (pool) (load) > 1e9",
    "avg_over_time of all, 30 m": "avg_over_time(load[30m]) > 1e9",
}


def filled(count: int) -> tuple[Series, float]:
    """Return a store with *count* counters and as many gauges, and the CPU seconds of its last tick."""
    series = Series()
    identities = [labels(instance=str(index), pool=str(index % 10), host="a") for index in range(count)]
    spent = 0.0
    for tick in range(TICKS):
        counters = [Sample("tasks_total", one, float(tick * 7 + index)) for index, one in enumerate(identities)]
        gauges = [Sample("load", one, float((tick * index) % 13)) for index, one in enumerate(identities)]
        families = [Family("tasks_total", Kind.COUNTER, "", counters), Family("load", Kind.GAUGE, "", gauges)]
        begun = process_time()
        series.append(Snapshot(tick * 15_000, families))
        spent = process_time() - begun
    return series, spent


def measure(query: Query, series: Series) -> float:
    """Return CPU seconds for one evaluation, after one that fills the caches."""
    view = series.view()
    query.at(view, view.at_ms)
    rounds, begun = 0, process_time()
    while process_time() - begun < 0.3:
        query.at(series.view(), view.at_ms)
        rounds += 1
    return (process_time() - begun) / rounds


def main(argv: list[str]) -> int:
    count = int(argv[0]) if argv else 1000
    series, tick = filled(count)
    print(f"{2 * count} series, {TICKS} ticks; one tick's append: {tick * 1e3:.2f} ms")
    for name, text in SHAPES.items():
        begun = process_time()
        query = compile_query(text)
        compiled = process_time() - begun
        spent = measure(query, series)
        print(f"{name:30} {spent * 1e6:10.1f} us   compile {compiled * 1e6:7.0f} us")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
