"""The times of probes, as a histogram and as percentiles."""

from hypothesis import given
from hypothesis import strategies as st

from exporter.admission import admit
from exporter.exposition import render
from exporter.probes.latency import BOUNDS, WINDOW, Latency

times = st.lists(st.floats(0, 20), max_size=60)


def filled(seconds, *, at=0.0, success=True):
    latency = Latency()
    for each in seconds:
        latency.add(at, each, success=success)
    return latency


@given(times)
def test_each_bucket_counts_what_took_no_longer(seconds):
    samples = admit([filled(seconds).family("web")])[0].samples
    buckets = {dict(each.labels)["le"]: each.value for each in samples if each.name.endswith("_bucket")}
    assert buckets == {str(bound): sum(each <= bound for each in seconds) for bound in BOUNDS} | {"+Inf": len(seconds)}
    assert samples[-1].value == len(seconds)
    assert abs(samples[-2].value - sum(seconds)) < 1e-6


@given(times.filter(bool), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_a_time_that_so_many_did_not_exceed(seconds, share):
    found = filled(seconds).percentile(share, 0.0)
    assert found in seconds
    assert sum(each <= found for each in seconds) >= share * len(seconds) - 1e-9
    assert sum(each < found for each in seconds) < share * len(seconds) + 1e-9


def test_what_failed_is_unavailable_and_no_time_of_the_service():
    latency = filled([0.1, 0.2, 0.3])
    latency.add(0.0, 30.0, success=False)
    assert latency.availability(0.0) == 0.75
    assert latency.percentile(1.0, 0.0) == 0.3
    assert latency.family("web").samples[-1].value == 3


def test_percentiles_are_of_the_last_hour_and_the_histogram_is_of_all_time():
    latency = filled([9.0], at=0.0)
    latency.add(WINDOW / 2, 0.1, success=True)
    assert latency.percentile(1.0, WINDOW - 1) == 9.0
    assert latency.percentile(1.0, WINDOW + 1) == 0.1
    assert latency.family("web").samples[-1].value == 2


def test_of_no_run_nothing_is_known_but_that_there_was_none():
    latency = Latency()
    assert (latency.percentile(0.5, 0.0), latency.availability(0.0)) == (None, None)
    page = render([latency.family("web")]).body.decode()
    assert 'medic_probe_duration_seconds_bucket{le="+Inf",probe="web"} 0' in page
