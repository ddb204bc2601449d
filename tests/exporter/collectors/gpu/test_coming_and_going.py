import pytest

from tests.exporter.collectors.gpu.host import FIRST, SECOND, Host, build

pytestmark = pytest.mark.needs("cc")

LOST, NOT_LOADED, MISMATCH, UNKNOWN = 15, 9, 18, 999


def test_a_host_without_the_library_has_no_gpu_and_nothing_is_wrong(tmp_path):
    host = Host(tmp_path, library=False)
    try:
        page = host.look()
    finally:
        host.close()
    assert dict(page) == {
        "medic_gpu_present": [[{}, 0]],
        "medic_gpu_expected": [[{}, 0]],
    }


def test_a_library_without_a_gpu_is_as_well(host):
    host.orders.say(gpus=0)
    page = host.look()
    assert (page.present, page.expected) == (0, 0)
    assert page.one("nvidia_smi_nvml_return_code") == 0


def test_the_library_is_initialised_once(host):
    for _ in range(5):
        assert host.look().present == 1
    calls = host.orders.calls()
    assert calls["nvmlInitWithFlags"] == 1
    assert calls["nvmlDeviceGetHandleByIndex_v2"] == 1


def test_a_gpu_that_is_lost_is_missed_while_the_other_is_still_measured(host):
    host.orders.say(gpus=2)
    assert host.look().present == 2
    host.orders.say(lost="1")
    page = host.look()
    assert (page.present, page.expected) == (1, 2)
    assert page.of("temperature_gpu", FIRST) == 52
    assert page.of("temperature_gpu", SECOND) is None
    assert page.one("nvidia_smi_nvml_return_code") == LOST


def test_a_gpu_that_comes_back_is_found_again(host):
    host.orders.say(gpus=2)
    host.look()
    host.orders.say(lost="1")
    host.look()
    host.orders.say(lost=None)
    page = host.look(after=60)
    assert page.present == 2
    assert page.one("nvidia_smi_nvml_return_code") == 0


def test_while_a_gpu_is_lost_the_library_is_initialised_ever_more_rarely(host):
    host.orders.say(gpus=2)
    host.look()
    host.orders.say(lost="1")
    for _ in range(240):
        host.look(after=15)
    # at once, and then after 10, 20, 40, ... 600 s, each at the next look
    assert 6 <= host.orders.calls()["nvmlInitWithFlags"] - 1 <= 12


def test_a_gpu_that_the_kernel_no_longer_lists_is_missed_too(host):
    host.orders.say(gpus=2)
    host.look()
    host.orders.say(gpus=1, generation=2)
    page = host.look()
    assert (page.present, page.expected) == (1, 2)


def test_a_driver_that_is_loaded_anew_is_used_at_once(host):
    host.look()
    host.orders.say(generation=2)
    page = host.look()
    assert page.present == 1
    assert page.one("nvidia_smi_nvml_return_code") == 0
    assert host.orders.calls()["nvmlInitWithFlags"] == 2


def test_a_driver_that_is_unloaded_leaves_no_gpu_until_it_is_back(host):
    host.look()
    host.orders.say(generation=2, stale=NOT_LOADED, init=NOT_LOADED)
    page = host.look()
    assert (page.present, page.expected) == (0, 1)
    assert page.one("nvidia_smi_nvml_return_code") == NOT_LOADED
    host.orders.say(init=None)
    assert host.look(after=60).present == 1


def test_a_driver_that_was_not_there_at_the_start_is_found_later(host):
    host.orders.say(init=NOT_LOADED)
    assert host.look().present == 0
    host.orders.say(init=None)
    assert host.look(after=600).present == 1


def test_an_upgraded_driver_is_met_with_the_library_that_came_with_it(host):
    host.orders.say(kernel=1)
    page = host.look()
    assert page["nvidia_smi_gpu_info"][0][0]["driver_version"] == "590.48.01"
    host.orders.say(kernel=2, generation=2, stale=MISMATCH)
    page = host.look()
    assert (page.present, page.expected) == (0, 1)
    assert page.one("nvidia_smi_nvml_return_code") == MISMATCH
    build(host.orders.folder, version="2")
    page = host.look(after=60)
    assert page.present == 1
    assert page["nvidia_smi_gpu_info"][0][0]["driver_version"] == "590.48.02"


def test_a_gpu_that_was_not_given_to_us_is_none_of_ours(host):
    host.orders.say(refuse="nvmlDeviceGetHandleByIndex_v2:4")
    page = host.look()
    assert (page.present, page.expected) == (0, 0)
    assert page.one("nvidia_smi_nvml_return_code") == 0


def test_a_gpu_that_answers_nothing_is_not_present(host):
    host.look()
    host.orders.say(generation=2, stale=UNKNOWN, init=NOT_LOADED)
    assert host.look().present == 0


def test_the_configuration_can_say_how_many_there_should_be(host):
    host.options = {"expected": 4}
    page = host.look()
    assert (page.present, page.expected) == (1, 4)


def test_what_was_seen_before_a_restart_is_expected_after_it(host):
    host.options = {"file": str(host.orders.folder / "gpus")}
    host.orders.say(gpus=2)
    assert host.look().expected == 2
    host.restart()
    host.orders.say(gpus=1)
    page = host.look()
    assert (page.present, page.expected) == (1, 2)
