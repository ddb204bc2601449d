import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter.admission import admit
from exporter.collectors.gpu.families import families
from exporter.collectors.gpu.fields import LIVE, STEADY, THROUGHPUT
from exporter.collectors.gpu.readings import Instance, Look, Reading
from exporter.collectors.gpu.usage import Owner, People
from exporter.exposition import render
from medic.core.samples import labels

MEMORY = {"memory.total [MiB]": 4.0, "memory.used [MiB]": 1.0, "memory.free [MiB]": 2.0, "memory.reserved [MiB]": 1.0}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def page():
    """Two GPUs that know everything, one of them divided, and a worker."""
    values = {field: 1.5 for query in (*LIVE, *STEADY, *THROUGHPUT) for field in query.fields}
    instance = Instance("m", 1, 0, "1g.18gb", MEMORY)
    readings = [
        Reading("a", labels(uuid="a", name="H200"), values, [instance], {1: 1000}),
        Reading("b", labels(uuid="b", name="H200"), values, [], {2: 1000}),
    ]
    worker = Owner("rpa", "rpa/1")
    return admit(families(Look(readings, 0), People({1: worker}, {1, 2}, ["rpa"], [worker])))


def test_every_family_has_samples_when_everything_is_known(page):
    assert [family.name for family in page if not family.samples] == []


def test_a_strict_reader_takes_the_page(page):
    body = render(page, OPENMETRICS).body.decode()
    assert len(list(text_string_to_metric_families(body))) == len(page)


@pytest.mark.needs("promtool")
def test_promtool_finds_fault_only_with_names_that_are_nvidias(page):
    body = render(sorted(page, key=lambda family: family.name)).body
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, check=False)
    told = [line.split()[0].decode() for line in checked.stderr.splitlines()]
    assert [name for name in told if not name.startswith("nvidia_smi_")] == []
