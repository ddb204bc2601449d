"""The probes of a configuration, against a real service."""

import pytest

from medic.app.probes import Probes
from medic.app.settings.model import Configuration
from medic.core.clock import SystemClock
from medic.core.probes import ProbeFigures
from tests.app.settings.reading import section
from tests.exporter.probes.services import web


@pytest.fixture
def service():
    with web() as running:
        yield running


def configured(*probes):
    return section(Configuration, {"probes": probes}).probes


def collected(probes):
    return [each.collect() for each in probes.collectors()]


def test_nothing_is_known_before_the_first_run(service):
    url = f"http://me:secret@localhost:{service.port}/ok?key=secret"
    probes = Probes(configured({"name": "web", "url": url}, {"name": "db", "tcp": "h:1"}), SystemClock())
    unknown = (None, "", None, None, None, None, None)
    assert probes.all() == (
        ProbeFigures("web", f"http://localhost:{service.port}/ok", *unknown),
        ProbeFigures("db", "tcp://h:1", *unknown),
    )


def test_each_run_is_counted_and_the_last_one_is_remembered(service):
    probes = Probes(configured({"name": "web", "url": service.url("/ok")}), SystemClock())
    collected(probes)
    collected(probes)
    (found,) = probes.all()
    assert (found.success, found.availability) == (True, 1.0)
    assert 0 < found.median <= found.p95 == found.p99
    ((*_, histogram),) = collected(probes)
    assert histogram.name == "medic_probe_duration_seconds"
    assert histogram.samples[-1].value == 3


def test_who_only_wants_to_see_changes_nothing_and_gets_no_more_time_than_the_probe(service):
    probes = Probes(configured({"name": "web", "url": service.url("/hang"), "timeout": "200ms"}), SystemClock())
    assert probes.ask("web", 60.0, turn=0.0).reason.startswith("0.2 s passed")
    assert probes.ask("web", 0.1, turn=0.0).reason.startswith("0.1 s passed")
    assert probes.all()[0].success is None


def test_a_pattern_is_searched_for_anywhere_in_the_body(service):
    probes = Probes(
        configured(
            {"name": "a", "url": service.url("/ok"), "matches": ["w.r", "^all is well$", "(?m)^all is well$"]},
            {"name": "b", "url": service.url("/ok"), "matches": "(?m)^all is well$", "not_matches": "error"},
            {"name": "c", "url": service.url("/ok"), "contains": ["hello", "a.l"]},
        ),
        SystemClock(),
    )
    collected(probes)
    assert [each.success for each in probes.all()] == [False, True, False]
