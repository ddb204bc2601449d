import pytest

from tests.exporter.collectors.gpu.host import FIRST

pytestmark = pytest.mark.needs("cc")

ONE, TWO = {"uuid": FIRST, "gpu_instance_id": "1"}, {"uuid": FIRST, "gpu_instance_id": "2"}


@pytest.fixture
def divided(host):
    host.orders.say(mig=1)
    return host


def test_each_device_of_a_divided_gpu_says_who_it_is(divided):
    page = divided.look()
    assert page.present == 1
    assert [pairs for pairs, _ in page["nvidia_smi_mig_info"]] == [
        ONE | {"mig_uuid": "11111111-0000-0000-0000-000000000000", "compute_instance_id": "0", "profile": "1g.18gb"},
        TWO | {"mig_uuid": "11111111-0000-0000-0000-000000000001", "compute_instance_id": "0", "profile": "2g.18gb"},
        TWO | {"mig_uuid": "11111111-0000-0000-0000-000000000002", "compute_instance_id": "1", "profile": "3g.18gb"},
    ]


def test_the_memory_of_a_gpu_instance_is_counted_once_for_its_compute_instances_and_apart_from_the_gpus(divided):
    page = divided.look()
    assert [pairs for pairs, _ in page["nvidia_smi_mig_memory_used_bytes"]] == [ONE, TWO]
    assert [value for _, value in page["nvidia_smi_mig_memory_used_bytes"]] == [1 << 30, 1 << 30]
    assert page["nvidia_smi_memory_used_bytes"] == [[{"uuid": FIRST}, 33934016512]]


def test_the_processes_of_a_divided_gpu_are_those_of_its_instances(divided):
    divided.orders.say(processes="7:1000", used=5000)
    divided.runs(7)
    divided.pools = {"rpa": [[7, 100]]}
    page = divided.look()
    assert page.one("medic_gpu_process_memory_bytes", uuid=FIRST, pool="rpa") == 1000
    assert page.one("medic_gpu_orphaned_memory_bytes", uuid=FIRST) == 4000


def test_a_whole_gpu_has_no_instances(host):
    assert "nvidia_smi_mig_info" not in host.look()
    assert host.orders.calls()["nvmlDeviceGetMaxMigDeviceCount"] == 0
