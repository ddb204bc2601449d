from datetime import timedelta

import pytest

from healer.metrics import REASONS
from medic.core.clock import to_ms
from medic.core.healing import Outcome
from medic.core.samples import Kind, labels
from medic.core.targets import worker_target
from tests.healer.house import POOL, QUICK, alert, house, policy, remedy


def values(it, name, **wanted):
    family = next(family for family in it.healer.families() if family.name == name)
    return {sample.labels: sample.value for sample in family.samples if wanted.items() <= dict(sample.labels).items()}


async def test_counters_known_in_advance_are_there_as_0_from_the_start(tmp_path):
    async with house(tmp_path) as it:
        attempts = values(it, "medic_heal_attempts_total")
        assert len(attempts) == 3 * len(Outcome)
        assert len(values(it, "medic_heal_suppressed_total")) == 3 * len(REASONS)
        assert set(attempts.values()) == {0.0}
        assert set(values(it, "medic_notifications_total").values()) == {0.0}
        assert values(it, "medic_breaker_open") == {(("target", "pool:rpa"),): 0.0}
        assert values(it, "medic_heal_last_timestamp_seconds") == {}


async def test_every_family_holds_only_samples_of_its_name_once_each(tmp_path):
    async with house(tmp_path) as it:
        await it.die(worker_target("rpa", 1))
        for family in it.healer.families():
            keys = [(sample.name, sample.labels) for sample in family.samples]
            assert len(keys) == len(set(keys))
            stem = family.name
            assert all(name.startswith(stem) for name, _ in keys)
            assert family.kind is not Kind.COUNTER or stem.endswith("_total")


async def test_an_attempt_is_counted_with_its_outcome_and_the_time_from_the_alert_to_the_heal(tmp_path):
    async with house(tmp_path, policy(remedy(verify=QUICK))) as it:
        it.conditions.holds["QueueStalled"] = False
        await it.tick(alert())
        await it.tick(alert(), seconds=200)
        assert values(it, "medic_heal_in_progress", remedy="restart-workers") == {(("remedy", "restart-workers"),): 1.0}
        await it.tick(alert(), seconds=1)
        await it.tick(alert(), seconds=31)
        healed = values(it, "medic_heal_attempts_total", remedy="restart-workers", outcome="healed")
        assert list(healed.values()) == [1.0]
        durations = next(f for f in it.healer.families() if f.name == "medic_heal_duration_seconds")
        mine = [s for s in durations.samples if dict(s.labels)["remedy"] == "restart-workers"]
        assert [s.value for s in mine if s.name.endswith("_sum")] == pytest.approx([232.0])
        buckets = {dict(s.labels)["le"]: s.value for s in mine if s.name.endswith("_bucket")}
        below = ("0.05", "0.25", "1.0", "5.0", "15.0", "60.0", "120.0")
        above = ("300.0", "600.0", "1800.0", "3600.0", "+Inf")
        assert buckets == {**dict.fromkeys(below, 0), **dict.fromkeys(above, 1)}
        ((key, exemplar),) = durations.exemplars.items()
        assert key == ("medic_heal_duration_seconds_bucket", labels(remedy="restart-workers", le="300.0"))
        assert exemplar.value == pytest.approx(232.0)
        assert dict(exemplar.labels) == {"attempt": "1", "episode": "1"}
        assert exemplar.at == to_ms(it.clock.now())


async def test_a_gate_is_counted_when_it_is_entered_and_not_at_every_look(tmp_path):
    async with house(tmp_path) as it:
        for _ in range(5):
            await it.tick(alert(), seconds=10)
        suppressed = values(it, "medic_heal_suppressed_total", remedy="restart-workers")
        assert {dict(key)["reason"]: value for key, value in suppressed.items() if value} == {"start-up": 1.0}


async def test_the_pause_of_all_and_of_the_file_show_and_that_of_one_target_does_not(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.pause(POOL, timedelta(hours=1), why="deploy", by="ann")
        assert list(values(it, "medic_healing_paused").values()) == [0.0]
        await it.healer.pause(None, timedelta(hours=1), why="deploy", by="ann")
        assert list(values(it, "medic_healing_paused").values()) == [1.0]
        await it.healer.resume(None, by="ann")
        (tmp_path / "PAUSED").touch()
        await it.tick()
        assert list(values(it, "medic_healing_paused").values()) == [1.0]
