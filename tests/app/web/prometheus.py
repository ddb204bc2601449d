"""Series of the test's own, and questions about them as Prometheus' clients ask."""

from urllib.parse import urlencode

from medic.core.samples import Family, Kind, Sample, Snapshot, labels

T = 1_700_000_000
"""Seconds since the epoch of the last of the test's ticks."""
POSTED = ("query", "query_range", "query_exemplars", "format_query", "series", "labels")
"""Paths that take a form, too."""
HEAVY = {
    "query": "sum by (job) (quantile_over_time(0.9, rate(c_total[10m])[20m:15s]))",
    "start": T - 3000,
    "end": T,
    "step": "1",
}
"""A question that takes seconds."""


def snapshot(at, *families):
    return Snapshot(at, families)


def family(name, kind, *values):
    return Family(name, kind, f"Help of {name}.", [Sample(name, pairs, value) for pairs, value in values])


def feed(series, *, count=5, width=2):
    """Write *count* ticks, 15 s apart, of a counter and a gauge."""
    for number in range(count):
        at = (T - (count - 1 - number) * 15) * 1000
        ups = [(labels(instance=str(each), job="j"), float(number * 15 * each)) for each in range(width)]
        series.append(snapshot(at, family("c_total", Kind.COUNTER, *ups), family("g", Kind.GAUGE, ((), 0.1 + number))))


async def ask(door, path, **fields):
    status, found = await door.get(f"/api/v1/{path}?{urlencode(fields, doseq=True)}")
    return (status, found["data"]) if found["status"] == "success" else (status, found["errorType"], found["error"])
