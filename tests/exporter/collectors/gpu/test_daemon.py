import os

import pytest
import yaml

from rules.defaults import defaults
from tests.app.daemon.scene import configuration
from tests.exporter.collectors.gpu.host import FIRST
from tests.harness import Medic, until

pytestmark = pytest.mark.needs("cc")


def immediate(name):
    """Return a shipped rule so that it fires as soon as its condition holds."""
    (shipped,) = [path for path in defaults() if path.name == "gpu.yml"]
    rules = [rule for group in yaml.safe_load(shipped.read_text())["groups"] for rule in group["rules"]]
    (rule,) = [rule | {"for": "0s"} for rule in rules if rule["alert"] == name]
    return {"groups": [{"name": "now", "rules": [rule]}]}


@pytest.fixture
def medic(tmp_path, orders):
    house = Medic(tmp_path / "medic", configuration() | {"collectors": {"gpu": {"every": "200ms"}}})
    house.env = orders.environment
    with house:
        yield house


def test_gpus_are_shown_with_who_uses_them(medic, orders):
    medic.start()
    until(lambda: medic.metric("nvidia_smi_temperature_gpu"))
    worker, *_ = medic.workers()
    orders.say(processes=f"{worker}:4096,{os.getpid()}:512", used=8192)
    until(lambda: medic.metric("medic_gpu_process_memory_bytes{pool="))
    page = medic.get("/metrics")
    ((slot, _),) = [(slot, pids) for slot, pids in medic.slots().items() if worker in pids]
    pool = slot.partition("/")[0]
    assert f'medic_gpu_process_memory_bytes{{pool="{pool}",uuid="{FIRST}"}} 4096' in page
    assert f'medic_gpu_process_memory_bytes{{uuid="{FIRST}"}} 512' in page
    assert f'medic_worker_gpu_memory_bytes{{pool="{pool}",worker="{slot}"}} 4096' in page
    assert f'medic_gpu_orphaned_memory_bytes{{uuid="{FIRST}"}} 3584' in page


def test_a_gpu_that_is_lost_is_alerted_on_after_a_restart_too(medic, orders):
    orders.say(gpus=2)
    medic.folder.mkdir()
    (medic.folder / "now.yml").write_text(yaml.safe_dump(immediate("GPULost")))
    medic.config["rules"] = {"files": ["now.yml"], "defaults": False}

    def lost():
        return [alert["state"] for alert in medic.json("/api/v1/alerts")["data"]["alerts"]] == ["firing"]

    medic.start()
    until(lambda: medic.metric("medic_gpu_present") == 2)
    assert not lost()
    orders.say(lost="1")
    until(lost)
    medic.end()
    medic.start()
    until(lambda: medic.metric("medic_gpu_present") == 1)
    until(lost)
    assert medic.metric("medic_gpu_expected") == 2


def test_a_call_that_hangs_holds_neither_scrape_nor_end(medic, orders):
    orders.fifo("gate")
    events = os.open(orders.fifo("events"), os.O_RDWR)
    orders.say(hang="nvmlDeviceGetPowerUsage")
    medic.start()
    os.write(events, b"0 79\n")
    until(lambda: medic.metric(f'nvidia_smi_xid_errors_total{{uuid="{FIRST}",xid="79"}}') == 1)
    until(lambda: medic.metric('medic_scrape_collector_timeout{collector="gpu"}') == 1)
    page = medic.get("/metrics")
    assert 'medic_scrape_collector_success{collector="gpu"} 0' in page
    assert 'medic_scrape_collector_success{collector="gpu_xids"} 1' in page
    assert "nvidia_smi_temperature_gpu" not in page
    assert "node_load1 " in page
    assert medic.end() == 0
    os.close(events)
