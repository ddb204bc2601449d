from datetime import timedelta

from medic.app.settings.gpu import GpuCollector
from tests.app.settings.reading import good


def test_gpus_are_looked_at_without_a_word():
    assert good("{}").configuration.collectors.gpu == GpuCollector()


def test_how_they_are_looked_at_can_be_said():
    text = "collectors: {gpu: {expected: 0, every: 1m, pcie_throughput: true, expose: false}}"
    asked = good(text).configuration.collectors.gpu
    assert asked.expected == 0
    assert asked.every == timedelta(minutes=1)
    assert asked.pcie_throughput
    assert not asked.expose
