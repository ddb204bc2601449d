from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.cpu import AGE, GUESTS, IDLE, JUMP, MODES, Cpu, families, parse, steady
from medic.core.samples import labels
from tests.exporter.tree import PROC, SYS, values
from tests.fakes import HandClock


def test_ticks_of_each_cpu_become_seconds_by_mode():
    told = families(parse("cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1575 0 1057 88398 61 0 10 4 7 8\nintr 1\n"))
    seconds = values(told, "node_cpu_seconds_total")
    assert seconds[labels(cpu="0", mode="user")] == 15.75
    assert seconds[labels(cpu="0", mode="idle")] == 883.98
    assert len(seconds) == len(MODES)
    assert values(told, "node_cpu_guest_seconds_total") == {
        labels(cpu="0", mode="user"): 0.07,
        labels(cpu="0", mode="nice"): 0.08,
    }


def test_an_old_kernel_has_fewer_modes():
    told = families(parse("cpu 1\ncpu0 100 0 200 300\n"))
    assert {dict(each)["mode"] for each in values(told, "node_cpu_seconds_total")} == {"user", "nice", "system", "idle"}
    assert values(told, "node_cpu_guest_seconds_total") == {}


def test_the_recorded_file_has_two_cpus():
    told = Cpu(PROC, SYS, time=HandClock().monotonic).collect()
    assert {dict(each)["cpu"] for each in values(told, "node_cpu_seconds_total")} == {"0", "1"}


def test_what_the_cpus_are_is_read_once_until_one_comes_or_goes(tmp_path):
    clock = HandClock()
    lines = ["cpu 1 1 1 1", "cpu0 1 1 1 1", "cpu1 1 1 1 1"]
    (tmp_path / "stat").write_text("\n".join(lines))
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : One\n")
    cpu = Cpu(tmp_path, tmp_path, time=clock.monotonic)

    def models():
        return {dict(each)["model_name"] for each in values(cpu.collect(), "node_cpu_info")}

    assert models() == {"One"}
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Two\n")
    assert models() == {"One"}
    (tmp_path / "stat").write_text("\n".join(lines[:2]))
    assert models() == {"Two"}
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Three\n")
    clock.pass_by(seconds=AGE)
    assert models() == {"Three"}


def times(**seconds):
    return tuple(float(seconds.get(mode, 0)) for mode in MODES) + (0.0,) * len(GUESTS)


def test_a_step_back_of_the_kernels_idle_time_is_not_shown():
    before, now = {"0": times(idle=100, iowait=5, user=7)}, {"0": times(idle=99.9, iowait=4, user=8)}
    assert steady(before, now) == {"0": times(idle=100, iowait=5, user=8)}


def test_a_cpu_that_was_plugged_in_again_begins_anew():
    before, now = {"0": times(idle=100, user=50)}, {"0": times(idle=1, user=1)}
    assert steady(before, now) == now


def test_a_cpu_that_is_gone_is_absent():
    assert steady({"0": times(), "1": times()}, {"1": times(idle=1)}) == {"1": times(idle=1)}


rows = st.tuples(*[st.floats(0, 1e9)] * (len(MODES) + len(GUESTS)))


@given(rows, rows)
def test_no_mode_ever_goes_back_unless_idle_jumped(before, now):
    after = steady({"0": before}, {"0": now})["0"]
    if before[IDLE] - now[IDLE] < JUMP:
        assert all(new >= old for old, new in zip(before, after, strict=True))
    else:
        assert after == now
