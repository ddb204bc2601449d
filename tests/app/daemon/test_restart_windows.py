"""What was measured before a restart, and what was pending or fired then, goes on after it."""

import signal
from itertools import pairwise

import pytest

from tests.app.daemon.scene import attempts
from tests.app.daemon.test_refusals import small_disk
from tests.harness import until

HOLD = 3.0
IDLE = "node_cpu_seconds_total{cpu='0',mode='idle'}"
RULES = f"""\
groups:
- name: g
  rules:
  - {{record: 'recorded:load', expr: node_load1}}
  - {{alert: Slow, expr: node_load1 >= 0, for: {HOLD:g}s}}
  - {{alert: Quick, expr: node_load1 >= 0, labels: {{unit: demo}}}}
"""
REMEDY = {
    "name": "note",
    "match": ['alertname="Quick"'],
    "target": "unit:{{ labels.unit }}.service",
    "do": {"command": {"argv": ["true"]}},
    "mode": "auto",
    "grace": "0s",
    "verify": {"within": "1h", "stable": "0s"},
}


@pytest.fixture
def judging(medic):
    """A Medic whose rules are true of every host."""
    (medic.folder / "rules").mkdir(parents=True)
    (medic.folder / "rules" / "own.yml").write_text(RULES)
    medic.config["rules"] = {"defaults": False, "files": ["rules/*.yml"]}
    medic.config["workers"] = []
    return medic


def samples(medic, selector):
    """Return the times and values of a series of the last ten minutes; none while it has none."""
    found = medic.json(f"/api/v1/query?query={selector}[10m]")["data"]["result"]
    return [(at, float(text)) for at, text in found[0]["values"]] if found else []


def times(medic, selector):
    return [at for at, _ in samples(medic, selector)]


def value(medic, expression):
    [found] = medic.json(f"/api/v1/query?query={expression}")["data"]["result"]
    return float(found["value"][1])


def await_ticks(medic, count):
    """Wait until so many ticks were recorded, and return their times."""
    return until(lambda: len(found := times(medic, "recorded:load")) >= count and found, what=f"{count} ticks")


def await_state(medic, alert, wanted):
    until(lambda: times(medic, f'ALERTS{{alertname="{alert}",alertstate="{wanted}"}}'), what=f"{alert} {wanted}")


def test_after_a_kill_windows_go_on_and_a_pending_alert_fires_at_its_time(judging):
    judging.start()
    before = await_ticks(judging, 6)
    judging.kill()
    judging.start()
    await_state(judging, "Slow", "firing")
    after = times(judging, "recorded:load")
    assert after[: len(before) - 1] == before[:-1]  # a tick may be on its way to the disk
    down_at, up_at = max(pairwise(after), key=lambda pair: pair[1] - pair[0])
    assert down_at >= before[-2]
    steps = [two - one for one, two in pairwise(after) if one != down_at]
    assert sum(steps) / len(steps) < 0.5  # no hole but that one
    pending = times(judging, 'ALERTS{alertname="Slow",alertstate="pending"}')
    firing = times(judging, 'ALERTS{alertname="Slow",alertstate="firing"}')
    held = firing[0] - pending[0] - (up_at - down_at)
    assert HOLD - 0.001 <= held < HOLD + max(steps) + 0.001
    since = [value for _, value in samples(judging, 'ALERTS_FOR_STATE{alertname="Slow"}')]
    assert abs(since[-1] - since[0] - (up_at - down_at)) <= 1
    quick = [value for _, value in samples(judging, 'ALERTS_FOR_STATE{alertname="Quick"}')]
    assert quick == [quick[0]] * len(quick)  # what fires goes on firing since then
    assert len(times(judging, 'ALERTS{alertname="Quick",alertstate="firing"}')) == len(quick)


def test_counters_count_on_over_the_restart(judging):
    judging.start()
    await_ticks(judging, 5)
    before, first = value(judging, f"increase({IDLE}[1m])"), samples(judging, IDLE)[0]
    judging.end(signal.SIGTERM)
    judging.start()
    found = samples(judging, IDLE)
    assert found[0] == first
    assert found == sorted(found)
    assert value(judging, f"increase({IDLE}[1m])") >= before


def test_all_ticks_are_there_after_an_orderly_end(judging):
    judging.start()
    await_ticks(judging, 5)
    judging.end(signal.SIGTERM)
    judging.start()
    assert judging.output().count("series restored") == 1
    assert len(await_ticks(judging, 6)) >= 6
    assert "series not restored whole" not in judging.output()


def test_an_alert_that_comes_back_firing_opens_no_second_episode(judging):
    judging.config["targets"] = {"units": ["demo.service"]}
    judging.config["remedies"] = [REMEDY]
    judging.start()
    until(lambda: attempts(judging), what="an attempt")
    judging.kill()
    judging.start()
    await_ticks(judging, len(times(judging, "recorded:load")) + 5)
    [episode] = judging.json("/api/v1/episodes")["episodes"]
    assert len(attempts(judging)) == 1
    assert episode["target"] == "unit:demo.service"


@pytest.mark.parametrize("damage", [b"", b"junk", bytes(4096)])
def test_damaged_files_are_told_of_once_and_keep_it_from_nothing(judging, damage):
    judging.start()
    await_ticks(judging, 5)
    judging.kill()
    [file] = (judging.state / "series").iterdir()
    file.write_bytes(file.read_bytes()[:-3] + damage)
    judging.start()
    assert judging.output().count("series not restored whole") == 1
    assert len(await_ticks(judging, 6)) >= 6
    judging.kill()
    judging.start()
    assert judging.output().count("series not restored whole") == 1


def test_a_folder_that_cannot_be_used_keeps_it_from_nothing_and_is_told_of_once(judging):
    judging.state.mkdir(parents=True, mode=0o700)
    (judging.state / "series").write_text("in the way")
    judging.start()
    await_ticks(judging, 5)
    until(lambda: judging.metric("medic_series_log_failures_total") >= 2, what="failures")
    assert judging.output().count("series not kept") == 1
    (judging.state / "series").unlink()
    until(lambda: "series kept again" in judging.output(), what="the folder is used")
    assert await_ticks(judging, 5)
    judging.kill()
    judging.start()
    assert len(times(judging, "recorded:load")) >= 5


def test_a_full_disk_harms_no_tick_and_is_gone_on_with_when_there_is_room(judging):
    folder = judging.state / "series"
    with small_disk(folder):
        (folder / "ballast").write_bytes(bytes((1 << 20) - 64 * 1024))
        judging.start()
        until(lambda: judging.metric("medic_series_log_failures_total") >= 1, what="a full disk")
        ticks = len(times(judging, "recorded:load"))
        await_ticks(judging, ticks + 5)
        (folder / "ballast").unlink()
        until(lambda: "series kept again" in judging.output(), what="room")
        judging.kill()
        judging.start()
        assert len(times(judging, "recorded:load")) > ticks
        judging.sweep()


@pytest.mark.stress
def test_killed_again_and_again_it_loses_a_tick_each_time_at_most(judging):
    judging.start()
    for number in range(12):
        before = await_ticks(judging, 4 * number + 3)
        judging.kill()
        judging.start()
        after = times(judging, "recorded:load")
        assert after[: len(before) - 1] == before[:-1]
    assert "series not kept" not in judging.output()
