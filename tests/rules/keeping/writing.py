"""Random runs of a store and its rules, with all that an observer sees of them."""

from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.series import Series

STEP = 15_000
START = 1_700_000_000_000

names = st.sampled_from(["a_total", "b", "c:d", "\udcff"])
labels = st.dictionaries(
    st.sampled_from(["job", "host", "x"]), st.sampled_from(["1", "ä\n", "\udc80", " "]), max_size=2
)
keys = st.tuples(names, labels.map(lambda pairs: tuple(sorted(pairs.items()))))
values = st.one_of(st.integers(0, 9).map(float), st.sampled_from([float("nan"), float("inf"), -0.0, 1e-300]))
ticks = st.fixed_dictionaries(
    {
        "quick": st.dictionaries(keys, values, max_size=4),
        "slow": st.dictionaries(keys, st.tuples(values, st.integers(0, 3)), max_size=3),
        "rules": st.dictionaries(
            st.sampled_from(["('f', 'g', 'r', ())#0", "§"]), st.dictionaries(keys, values), max_size=2
        ),
        "step": st.sampled_from([STEP, STEP, STEP + 1, 10 * STEP, -30_000]),
    }
)
runs = st.lists(ticks, min_size=1, max_size=12)


def play(series, run):
    """Write a run and return the rows of each tick, as an observer was given them."""
    seen, at = [], START
    for tick in run:
        rows = []
        series.observer = rows.append
        at += tick["step"]
        samples = [Sample(name, pairs, value) for (name, pairs), value in tick["quick"].items()]
        samples += [
            Sample(f"slow_{name}", pairs, value, at - ago * STEP // 2)
            for (name, pairs), (value, ago) in tick["slow"].items()
        ]
        series.append(Snapshot(at, [Family("m", Kind.UNTYPED, "", samples)]))
        for source, found in tick["rules"].items():
            series.append_samples([Sample(f"r_{name}", *rest) for (name, *rest) in _flat(found)], at, source=source)
        seen.append(rows)
    series.observer = None
    return seen


def _flat(found):
    return [(name, pairs, value) for (name, pairs), value in found.items()]


def contents(series, until=1 << 60):
    """Return all that a store shows: each series with its samples, and the values that count now."""
    view = series.view()
    tracks = view.select(())
    windows = {
        found.pairs: [(at, repr(value)) for at, value in zip(*points, strict=True)]
        for found, points in view.windows(tracks, -1, until)
    }
    latest = {found.pairs: repr(value) for found, value in view.latest(tracks, -1, until).items()}
    return windows, latest


def stored(run):
    series = Series(history=10**6)
    play(series, run)
    return contents(series)
