from exporter.collectors.cpufreq import AGE, Cpufreq
from medic.core.samples import labels
from tests.exporter.tree import SYS, by_name, values
from tests.fakes import HandClock


def test_kilohertz_become_hertz():
    told = Cpufreq(SYS, time=HandClock().monotonic).collect()
    assert values(told, "node_cpu_scaling_frequency_hertz") == {
        labels(cpu="0"): 1_219_917_000,
        labels(cpu="1"): 1_219_918_000,
    }
    assert values(told, "node_cpu_frequency_max_hertz")[labels(cpu="1")] == 4_200_000_000


def test_what_only_one_cpu_tells_is_told_of_that_one():
    told = Cpufreq(SYS, time=HandClock().monotonic).collect()
    assert values(told, "node_cpu_frequency_hertz") == {labels(cpu="0"): 1_200_195_000}


def test_each_governor_that_there_is_says_whether_it_rules():
    told = Cpufreq(SYS, time=HandClock().monotonic).collect()
    assert values(told, "node_cpu_scaling_governor") == {
        labels(cpu=cpu, governor=governor): int(governor == "powersave")
        for cpu in "01"
        for governor in ("performance", "powersave")
    }


def test_cpus_of_one_policy_share_its_frequency(tmp_path):
    policy = tmp_path / "devices/system/cpu/cpufreq/policy0"
    policy.mkdir(parents=True)
    (policy / "scaling_cur_freq").write_text("1000\n")
    for cpu in ("cpu0", "cpu1"):
        (tmp_path / "devices/system/cpu" / cpu).mkdir()
        (tmp_path / "devices/system/cpu" / cpu / "cpufreq").symlink_to("../cpufreq/policy0")
    told = Cpufreq(tmp_path, time=HandClock().monotonic).collect()
    assert list(values(told, "node_cpu_scaling_frequency_hertz").values()) == [1_000_000, 1_000_000]


def test_a_frequency_is_read_each_time_and_a_limit_after_a_while(tmp_path):
    folder = tmp_path / "devices/system/cpu/cpu0/cpufreq"
    folder.mkdir(parents=True)
    clock = HandClock()
    cpufreq = Cpufreq(tmp_path, time=clock.monotonic)

    def after(current, limit):
        (folder / "scaling_cur_freq").write_text(current)
        (folder / "scaling_max_freq").write_text(limit)
        told = by_name(cpufreq.collect())
        names = "node_cpu_scaling_frequency_hertz", "node_cpu_scaling_frequency_max_hertz"
        return [told[name].samples[0].value for name in names]

    assert after("1", "10") == [1000, 10_000]
    assert after("2", "20") == [2000, 10_000]
    clock.pass_by(seconds=AGE)
    assert after("3", "30") == [3000, 30_000]


def test_a_cpu_that_cannot_be_asked_has_no_families(tmp_path):
    assert Cpufreq(tmp_path, time=HandClock().monotonic).collect() == []
