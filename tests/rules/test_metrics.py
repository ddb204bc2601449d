from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.metrics import series_families
from rules.series import Series


def measured(series):
    return {
        (sample.name, sample.labels): sample.value for family in series_families(series) for sample in family.samples
    }


def test_the_store_tells_its_size_and_what_it_refused():
    series = Series()
    for at in (1000, 1000):
        series.append(Snapshot(at, [Family("x", Kind.GAUGE, "", [Sample("x", labels(a=a), 1.0) for a in "bcd"])]))
    told = measured(series)
    assert told[("medic_series", ())] == 3
    assert told[("medic_series_refused_total", labels(reason="order"))] == 3


def test_samples_that_memory_had_no_place_for_are_counted_apart():
    series = Series(max_bytes=1)
    series.append(Snapshot(1000, [Family("x", Kind.GAUGE, "", [Sample("x", (), 1.0)])]))
    told = measured(series)
    assert told[("medic_series_refused_total", labels(reason="memory"))] == 1
    assert told[("medic_series_refused_total", labels(reason="order"))] == 0
