from exporter.collectors.netclass import AGE, Netclass
from medic.core.samples import Kind, labels
from tests.exporter.tree import SYS, by_name, values
from tests.fakes import HandClock

ETH0, WLAN0 = labels(device="eth0"), labels(device="wlan0")


def collect(sys):
    return Netclass(sys, time=HandClock().monotonic).collect()


def interface(tmp_path, name, **files):
    folder = tmp_path / "class/net" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {"operstate": "up", "address": "02:00:00:00:00:01", **files}.items():
        (folder / file).write_text(f"{text}\n")
    return folder


def test_the_recorded_interfaces_are_read_and_a_file_among_them_is_none():
    told = collect(SYS)
    assert values(told, "node_network_up") == {ETH0: 1, WLAN0: 0}
    assert values(told, "node_network_flags") == {ETH0: 0x1303, WLAN0: 0x1002}
    assert values(told, "node_network_info").keys() == {
        labels(device="eth0", address="02:fc:00:00:00:01", broadcast="ff:ff:ff:ff:ff:ff", duplex="full",
               operstate="up", ifalias="uplink"),
        labels(device="wlan0", address="02:fc:00:00:00:09", broadcast="ff:ff:ff:ff:ff:ff", operstate="down"),
    }  # fmt: skip


def test_megabits_become_bytes_and_an_unknown_speed_is_absent():
    assert values(collect(SYS), "node_network_speed_bytes") == {ETH0: 125_000_000}


def test_what_a_driver_does_not_tell_is_absent():
    told = collect(SYS)
    assert set(values(told, "node_network_carrier")) == {ETH0}
    assert set(values(told, "node_network_name_assign_type")) == {ETH0}


def test_changes_of_the_link_are_counters_and_the_rest_are_gauges():
    counters = {family.name for family in collect(SYS) if family.kind is Kind.COUNTER}
    assert counters == {f"node_network_carrier_{way}changes_total" for way in ("", "up_", "down_")}


def test_a_link_that_goes_down_is_seen_at_once(tmp_path):
    folder = interface(tmp_path, "eth0", carrier_changes=1, carrier=1)
    netclass = Netclass(tmp_path, time=HandClock().monotonic)
    assert values(netclass.collect(), "node_network_carrier") == {ETH0: 1}
    (folder / "operstate").write_text("down")
    (folder / "carrier").write_text("0")
    told = netclass.collect()
    assert (values(told, "node_network_up"), values(told, "node_network_carrier")) == ({ETH0: 0}, {ETH0: 0})


def test_while_no_link_changes_the_rest_is_read_after_a_while(tmp_path):
    folder = interface(tmp_path, "eth0", tx_queue_len=1000)
    clock = HandClock()
    netclass = Netclass(tmp_path, time=clock.monotonic)
    first = netclass.collect()
    (folder / "tx_queue_len").write_text("500")
    assert netclass.collect() is first
    clock.pass_by(seconds=AGE)
    assert values(netclass.collect(), "node_network_transmit_queue_length") == {ETH0: 500}


def test_an_interface_that_comes_is_seen_at_once_and_one_that_goes_is_gone(tmp_path):
    folder = interface(tmp_path, "eth0")
    netclass = Netclass(tmp_path, time=HandClock().monotonic)
    assert set(values(netclass.collect(), "node_network_up")) == {ETH0}
    interface(tmp_path, "wlan0")
    assert set(values(netclass.collect(), "node_network_up")) == {ETH0, WLAN0}
    folder.rename(tmp_path / "gone")
    assert set(values(netclass.collect(), "node_network_up")) == {WLAN0}


def test_a_host_without_interfaces_has_no_families(tmp_path):
    assert by_name(collect(tmp_path)) == {}
