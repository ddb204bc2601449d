"""CPU time of rules over 1,000 series at 15 s: ``python -m bench.rules [SERIES]``."""

import sys
import tracemalloc
from collections.abc import Iterator
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


def ticks(count: int, ticks: int = TICKS) -> Iterator[Snapshot]:
    """Yield snapshots of *count* counters and as many gauges."""
    identities = [labels(instance=str(index), pool=str(index % 10), host="a") for index in range(count)]
    for tick in range(ticks):
        counters = [Sample("tasks_total", one, float(tick * 7 + index)) for index, one in enumerate(identities)]
        gauges = [Sample("load", one, float((tick * index) % 13)) for index, one in enumerate(identities)]
        families = [Family("tasks_total", Kind.COUNTER, "", counters), Family("load", Kind.GAUGE, "", gauges)]
        yield Snapshot(tick * 15_000, families)


def filled(count: int) -> tuple[Series, float]:
    """Return a store with *count* counters and as many gauges, and the CPU seconds of its cheapest tick."""
    series, spent = Series(), []
    for snapshot in ticks(count):
        begun = process_time()
        series.append(snapshot)
        spent.append(process_time() - begun)
    return series, min(spent)


def growing() -> None:
    """Print what a tick and ``sum by (rate())`` after it cost, from 100 to 100,000 series."""
    print("series   append ms   per sample us   sum by rate ms   per series us")
    for count in (100, 1_000, 10_000, 100_000):
        query = compile_query(SHAPES["sum by rate over all"])
        series, appends, queries = Series(), [], []
        for snapshot in ticks(count, 40):
            begun = process_time()
            series.append(snapshot)
            middle = process_time()
            query.at(series.view(), snapshot.at)
            appends.append(middle - begun)
            queries.append(process_time() - middle)
        append, rate = min(appends[5:]), min(queries[25:])
        row = f"{append * 1e3:9.2f} {append / count / 2 * 1e6:13.3f} {rate * 1e3:14.2f} {rate / count * 1e6:13.3f}"
        print(f"{count:7} {row}")


def writing(sources: int = 200, samples: int = 2) -> float:
    """Return the CPU seconds in which many sources write a few samples each."""
    series = Series()
    batches = [
        [Sample("ALERTS", labels(alertname=str(source), n=str(number)), 1.0) for number in range(samples)]
        for source in range(sources)
    ]
    spent = []
    for tick in range(100):
        begun = process_time()
        for number, batch in enumerate(batches):
            series.append_samples(batch, tick * 15_000, source=str(number))
        spent.append(process_time() - begun)
    return min(spent)


def weight(count: int = 10_000, history: int = 480) -> float:
    """Return the bytes that one sample takes in memory, labels and all that belongs to the series included."""
    series = Series(history=history)
    tracemalloc.start()
    for snapshot in ticks(count // 2, history):
        series.append(snapshot)
        del snapshot
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / count / history


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
    print(f"200 rules write 2 samples each: {writing() * 1e3:.2f} ms")
    for name, text in SHAPES.items():
        begun = process_time()
        query = compile_query(text)
        compiled = process_time() - begun
        spent = measure(query, series)
        print(f"{name:30} {spent * 1e6:10.1f} us   compile {compiled * 1e6:7.0f} us")
    growing()
    print(f"memory: {weight():.1f} bytes a sample of 10,000 series over 480 ticks")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
