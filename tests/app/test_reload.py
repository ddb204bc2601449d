"""A reload takes over all that may change, or nothing; what is wrong is told whole, and shows as a metric."""

import asyncio
import logging
import signal
from itertools import pairwise

import pytest

from tests.app.web.living import CONFIGURATION, REMEDY, SLEEPER, open_door, write, write_rules
from tests.harness import Medic, until

WELL = {"reloaded": True, "needs_restart": [], "failed": []}
RULE = "groups: [{{name: own, rules: [{{alert: {name}, expr: vector(1)}}]}}]"


@pytest.fixture
async def door(tmp_path):
    write_rules(tmp_path, RULE.format(name="Before"))
    async with open_door(tmp_path) as opened:
        await opened.post("/api/v1/workers/ensure")
        yield opened


async def reload(door):
    return await door.post("/-/reload")


async def metric(door):
    for _ in range(2):  # a page shares what was measured less than a second ago, but a tick never twice
        await door.house.runner.tick()
    _, page = await door.get("/metrics?collect[]=config")
    return float(next(line for line in page.splitlines() if line.startswith("medic_config_last")).split()[1])


def in_force(door):
    house = door.house
    return {
        "pools": {pool.name: (pool.expected, pool.running) for pool in house.supervisor.pools()},
        "jobs": [job.spec.name for job in house.scheduler.jobs()],
        "rules": [rule.rule.name for group in house.engine.groups() for rule in group.rules],
        "remedies": [remedy.name for remedy in house.healer._policy.remedies],
        "settings": house.settings,
    }


async def test_pools_rules_remedies_and_jobs_are_taken_over(door, tmp_path):
    write_rules(tmp_path, RULE.format(name="After"))
    write(
        tmp_path,
        workers=[{"pool": "pair", "command": SLEEPER, "count": 1}, {"pool": "new", "command": SLEEPER, "count": 2}],
        jobs=[*CONFIGURATION["jobs"], {"name": "added", "every": "1h", "run": ["true"]}],
        remedies=[{**REMEDY, "name": "other"}],
    )
    assert await reload(door) == (200, WELL)
    found = in_force(door)
    assert found["pools"] == {"new": (2, 2), "pair": (1, 1)}
    assert found["jobs"] == ["health-check", "report", "good", "added"]
    assert found["rules"] == ["After"]
    assert found["remedies"] == ["other"]
    await door.house.ticker.tick()
    _, found = await door.get("/api/v1/alerts/active")
    assert [each["labels"]["alertname"] for each in found["alerts"]] == ["After"]
    assert await metric(door) == 1


async def test_an_empty_file_as_an_editor_leaves_it_for_an_instant_stops_nobody(door, tmp_path):
    before = in_force(door)
    (tmp_path / "medic.yml").write_text("")
    status, answer = await reload(door)
    assert status == 400
    assert "is empty, as if it were just being written; write {} for the defaults" in answer["error"]
    assert in_force(door) == before


async def test_a_reload_of_the_same_file_touches_no_worker_and_no_alert(door):
    await door.house.ticker.tick()
    before = (await door.get("/api/v1/workers"))[1], (await door.get("/api/v1/alerts/active"))[1]["alerts"]
    assert await reload(door) == (200, WELL)
    await door.house.ticker.tick()
    after = (await door.get("/api/v1/workers"))[1], (await door.get("/api/v1/alerts/active"))[1]["alerts"]
    assert after == before


async def test_a_pool_that_is_configured_no_longer_is_stopped(door, tmp_path):
    write(tmp_path, workers=[])
    assert (await reload(door))[0] == 200
    assert in_force(door)["pools"] == {}


async def test_what_needs_a_restart_is_named_each_time_and_stays_as_it_was(door, tmp_path):
    write(tmp_path, interval="30s", listen="127.0.0.1:1")
    for _ in range(2):
        assert await reload(door) == (200, {**WELL, "needs_restart": ["listen", "interval"]})
        assert door.house.settings.interval.total_seconds() == 1
    write(tmp_path)
    assert (await reload(door))[1]["needs_restart"] == []


async def test_what_the_series_and_their_engine_are_made_for_needs_a_restart_and_the_rest_of_rules_does_not(
    door, tmp_path
):
    write_rules(tmp_path, RULE.format(name="After"))
    write(tmp_path, rules={**CONFIGURATION["rules"], "history": 10, "compat": "prometheus-2"})
    for _ in range(2):
        assert await reload(door) == (200, {**WELL, "needs_restart": ["rules.history", "rules.compat"]})
        rules = door.house.settings.rules
        assert (rules.history, rules.compat) == (480, "prometheus-3")
    [[rule]] = [group.rules for group in door.house.engine.groups()]
    assert (rule.rule.name, rule.rule.query.dialect.closed) == ("After", False)
    write(tmp_path)
    assert (await reload(door))[1] == WELL


async def test_a_worker_that_cannot_be_started_is_told_apart_and_the_rest_is_in_force(door, tmp_path, caplog):
    write(
        tmp_path,
        workers=[
            {"pool": "absent", "command": ["/no/such/program"]},
            {"pool": "pair", "command": SLEEPER, "count": 1},
        ],
        remedies=[{**REMEDY, "name": "other"}],
    )
    with caplog.at_level(logging.ERROR, logger="medic.app.reload"):
        status, answer = await reload(door)
    [why] = answer["failed"]
    assert (status, {**answer, "failed": []}) == (200, WELL)
    assert why.startswith("start absent/1: missing - failed: cannot run '/no/such/program'")
    assert [record.why for record in caplog.records if record.name == "medic.app.reload"] == [why]
    found = in_force(door)
    assert found["pools"] == {"absent": (1, 0), "pair": (1, 1)}
    assert found["remedies"] == ["other"]
    assert [pool.pool for pool in found["settings"].workers] == ["absent", "pair"]
    assert await metric(door) == 1


async def test_pools_that_refuse_leave_no_mixture_of_two_files_in_force(door, tmp_path):
    await door.house.supervisor.end()  # from here on it starts nothing
    write(tmp_path, workers=[{"pool": "pair", "command": SLEEPER, "count": 3}], remedies=[{**REMEDY, "name": "other"}])
    status, answer = await reload(door)
    assert (status, answer["failed"]) == (200, ["nothing is started: Medic is ending; try again when it runs"])
    assert in_force(door)["remedies"] == ["other"]
    assert door.house.settings.workers[0].count == 3
    assert await metric(door) == 1


MISTAKES = {
    "interval": "soon",
    "surprise": 1,
    "workers": [{"pool": "pair", "command": SLEEPER, "count": -1}],
    "remedies": [{**REMEDY, "match": ["="]}],
    "jobs": [{"name": "x", "every": "1s"}],
}


async def test_a_file_with_mistakes_is_refused_with_all_of_them_and_the_old_one_stays_in_force(door, tmp_path, caplog):
    before = in_force(door)
    write(tmp_path, **MISTAKES)
    with caplog.at_level(logging.ERROR):
        status, found = await reload(door)
    assert status == 400
    lines = found["error"].splitlines()
    for words in ("interval: 'soon'", "surprise", "workers[0].count", "remedies[0].match[0]", "jobs[0]"):
        assert any(words in line for line in lines), words
    assert all(line.startswith(f"{tmp_path}/medic.yml:") for line in lines)
    assert in_force(door) == before
    assert await metric(door) == 0
    (record,) = [record for record in caplog.records if record.name == "medic.app.reload"]
    assert record.why == found["error"]
    write(tmp_path)
    assert (await reload(door))[0] == 200
    assert await metric(door) == 1


@pytest.mark.parametrize(
    ("changes", "rules", "words"),
    [
        ({}, "groups: [{name: own, rules: [{alert: A, expr: 'rate(up)'}, {alert: '1', expr: '('}]}]", "own.yml"),
        ({}, "not a rule file", "own.yml"),
        ({"remedies": [{**REMEDY, "do": {"command": {"argv": ["{{ labels.program }}"]}}}]}, None, "choose the program"),
        ({"remedies": [{**REMEDY, "verify": {"expr": "rate(up)"}}]}, None, "verify.expr"),
        ({"notify": [{"url": "slack://x"}]}, None, "notify[0].url: is no URL that Apprise can read"),
        ({"jobs": [{"name": "a", "every": "1h", "run": ["true"], "after": ["a"]}]}, None, "a"),
        (
            {
                "workers": [
                    {"pool": "pair", "command": SLEEPER, "after": ["pool:b"]},
                    {"pool": "b", "command": SLEEPER, "after": ["pool:pair"]},
                ]
            },
            None,
            "pair",
        ),
    ],
    ids=["expression", "no rules", "program", "verification", "nobody", "circle of jobs", "circle of pools"],
)
async def test_whichever_room_would_refuse_its_part_no_other_room_has_taken_over_its_own(
    door, tmp_path, changes, rules, words
):
    before = in_force(door)
    write(tmp_path, **{"jobs": [{"name": "added", "every": "1h", "run": ["true"]}], **changes})
    if rules:
        write_rules(tmp_path, rules)
    status, found = await reload(door)
    assert status == 400
    assert words in found["error"]
    assert in_force(door) == before
    assert await metric(door) == 0


async def test_rules_whose_windows_need_too_much_memory_for_the_series_there_are_now_are_refused(door, tmp_path):
    far = "groups: [{name: own, rules: [{alert: Far, expr: 'rate(node_cpu_seconds_total[100d]) > 9'}]}]"
    before = in_force(door)
    write_rules(tmp_path, far)
    assert (await reload(door))[0] == 200, "with one series at most it fits"
    write_rules(tmp_path, RULE.format(name="Before"))
    assert (await reload(door))[0] == 200
    await door.house.ticker.tick()
    write_rules(tmp_path, far)
    status, answer = await reload(door)
    assert status == 400
    assert "own.yml:1: Far: node_cpu_seconds_total: 100d / 1s = 8,640,000 samples x " in str(answer)
    assert "or raise `rules.memory`" in str(answer)
    assert in_force(door)["rules"] == before["rules"]


async def test_a_file_that_is_gone_is_refused(door, tmp_path):
    before = in_force(door)
    (tmp_path / "medic.yml").unlink()
    status, found = await reload(door)
    assert (status, "does not exist" in found["error"]) == (400, True)
    assert in_force(door) == before


async def test_two_reloads_at_once_leave_one_file_in_force(door, tmp_path):
    write(tmp_path, workers=[{"pool": "pair", "command": SLEEPER, "count": 3}], remedies=[{**REMEDY, "name": "one"}])
    async with asyncio.TaskGroup() as group:
        group.create_task(reload(door))
        write(tmp_path, workers=[], remedies=[{**REMEDY, "name": "two"}])
        group.create_task(reload(door))
    found = in_force(door)
    assert (found["pools"], found["remedies"]) == ({}, ["two"])


async def test_reading_rules_that_take_long_does_not_hold_up_what_goes_on_meanwhile(door, tmp_path):
    rules = "".join(f"  - {{record: r{n}, expr: {n}{' + up' * 200}}}\n" for n in range(30))
    write_rules(tmp_path, f"groups:\n- name: own\n  rules:\n{rules}")
    time = asyncio.get_running_loop().time
    turns = [time()]
    reloading = asyncio.ensure_future(reload(door))
    while not reloading.done():
        await asyncio.sleep(0)
        turns.append(time())
    assert await reloading == (200, WELL)
    longest = max(after - before for before, after in pairwise(turns))
    assert longest < (turns[-1] - turns[0]) / 3


def test_sighup_reloads_a_running_daemon_and_a_wrong_file_leaves_it_as_it_was(tmp_path):
    with Medic(tmp_path, {**CONFIGURATION, "interval": "200ms", "rules": {"defaults": False}}) as medic:
        medic.start()
        until(lambda: len(medic.workers("pair")) == 2)

        def reloaded(value):
            medic.write()
            medic.process.send_signal(signal.SIGHUP)
            until(lambda: medic.metric("medic_config_last_reload_successful") == value)

        medic.config["workers"] = [{"pool": "pair", "command": SLEEPER, "count": "many"}]
        reloaded(0)
        assert len(medic.workers("pair")) == 2
        assert "workers[0].count" in medic.output()
        medic.config["workers"] = [{"pool": "pair", "command": SLEEPER, "count": 1}]
        reloaded(1)
        until(lambda: len(medic.workers("pair")) == 1)
        assert medic.end() == 0
