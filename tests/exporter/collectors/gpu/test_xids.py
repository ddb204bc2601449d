import os

import pytest

from exporter.collectors.gpu.xids import Xids
from medic.core.samples import labels
from tests.exporter.collectors.gpu.host import FIRST, SECOND
from tests.exporter.tree import values
from tests.harness import until

ERRORS, LAST = "nvidia_smi_xid_errors_total", "nvidia_smi_xid_last_timestamp_seconds"


def test_errors_are_counted_by_gpu_and_number_with_the_time_of_the_last():
    times = iter([10.0, 20.0, 30.0])
    xids = Xids(lambda: next(times))
    xids.count(FIRST, 79)
    xids.count(FIRST, 79)
    xids.count(SECOND, 13)
    found = xids.families()
    assert values(found, ERRORS) == {labels(uuid=FIRST, xid="79"): 2, labels(uuid=SECOND, xid="13"): 1}
    assert values(found, LAST) == {labels(uuid=FIRST, xid="79"): 20.0, labels(uuid=SECOND, xid="13"): 30.0}


def test_no_error_is_known_before_it_came():
    assert not any(family.samples for family in Xids(lambda: 0.0).families())


@pytest.fixture
def events(host):
    fifo = os.open(host.orders.fifo("events"), os.O_RDWR)  # for writing alone it would wait for a reader
    yield lambda text: os.write(fifo, f"{text}\n".encode())
    os.close(fifo)


def seen(host, uuid, xid):
    return host.look(after=0).one(ERRORS, uuid=uuid, xid=str(xid))


@pytest.mark.needs("cc")
def test_an_event_of_the_driver_is_counted(host, events):
    host.orders.say(gpus=2)
    host.look()
    events("1 79")
    until(lambda: seen(host, SECOND, 79) == 1)
    events("1 79")
    until(lambda: seen(host, SECOND, 79) == 2)
    assert seen(host, FIRST, 79) is None


@pytest.mark.needs("cc")
def test_counts_outlive_the_gpu_and_the_driver(host, events):
    host.look()
    events("0 79")
    until(lambda: seen(host, FIRST, 79) == 1)
    host.orders.say(generation=2, stale=15, init=9)
    page = host.look()
    assert page.present == 0
    assert page.one(ERRORS, uuid=FIRST, xid="79") == 1


@pytest.mark.needs("cc")
def test_events_are_waited_for_again_after_the_driver_was_loaded_anew(host, events):
    host.look()
    host.orders.say(generation=2)
    assert host.look().present == 1
    events("0 48")
    until(lambda: seen(host, FIRST, 48) == 1)


@pytest.mark.needs("cc")
def test_while_one_that_waits_for_events_is_stuck_in_the_library_no_other_joins_it_and_the_library_stays(host):
    gate = host.orders.fifo("gate")
    host.orders.say(hang="nvmlEventSetWait_v2")
    host.look()
    until(lambda: host.orders.calls()["nvmlEventSetWait_v2"] == 1)
    for generation in (2, 3):
        host.orders.say(generation=generation)
        assert host.look(after=600).present == 1
    assert host.orders.calls()["nvmlEventSetCreate"] == 1
    host.orders.say(generation=4, stale=18, kernel=2)
    assert host.look(after=600).present == 0
    host.orders.say(kernel=None, hang=None)
    gate.write_bytes(b"")
    until(lambda: host.look(after=600).present == 1 and host.orders.calls()["nvmlEventSetCreate"] == 2)
    assert host.orders.calls()["nvmlEventSetFree"] == 1


@pytest.mark.needs("cc")
def test_gpus_without_events_are_measured_all_the_same(host):
    host.orders.say(refuse="nvmlDeviceRegisterEvents:3")
    assert host.look().of("temperature_gpu") == 52
    calls = host.orders.calls()
    assert calls["nvmlEventSetFree"] == calls["nvmlEventSetCreate"] == 1
    assert calls["nvmlEventSetWait_v2"] == 0
