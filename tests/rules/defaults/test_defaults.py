import re
from pathlib import Path

import pytest
import yaml

from medic.core.alerts import AlertState
from medic.core.samples import labels
from rules.conditions import Truth
from rules.defaults import defaults
from rules.files import load, repeated
from rules.groups import AlertRule
from rules.promql import Compat
from rules.reading import least
from tests.rules import promtool
from tests.rules.cases import differences
from tests.rules.host import Host

HERE = Path(__file__).parent
SUITES = sorted(HERE.glob("*.test.yml"))
RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
WANTED = {
    "SuccessRateLow",
    "AllTasksFailing",
    "WorkerDown",
    "DuplicateWorkers",
    "QueueBacklog",
    "QueueStalled",
    "TaskLatencyHigh",
    "DiskFilling",
    "MemoryLeak",
    "GPUHot",
    "GPULost",
    "ZombieProcesses",
    "JobMissed",
    "CollectorFailing",
    "BreakerOpen",
    "HealingPausedLong",
}


def file(name):
    return next(path for path in defaults() if path.name == name)


def rules():
    return [rule for group in load(defaults()) for rule in group.rules]


def test_every_condition_of_the_requirements_has_its_rule():
    assert {rule.name for rule in rules()} == WANTED


def test_no_two_shipped_rules_have_the_same_name_and_labels():
    assert repeated(load(defaults())) == ()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_each_rule_says_how_bad_it_is_what_it_means_and_where_to_read_on(rule):
    assert isinstance(rule, AlertRule)
    assert dict(rule.labels)["severity"].source in {"warning", "critical"}
    told = {name: template.source for name, template in rule.annotations}
    assert set(told) == {"summary", "description", "runbook"}
    assert told["runbook"] == f"docs/runbook.md#{rule.name.lower()}"


def test_the_runbook_has_an_entry_for_each_rule_and_no_other():
    headings = re.findall(r"^## (.*)$", RUNBOOK.read_text(), re.MULTILINE)
    assert set(headings) == WANTED
    assert len(headings) == len(WANTED)


def test_the_ratio_rules_carry_the_least_number_of_tasks_that_they_need():
    minimums = {rule.name for rule in rules() if least(rule.query) is not None}
    assert minimums == {"SuccessRateLow", "AllTasksFailing", "TaskLatencyHigh"}


def test_each_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    fires, rests = set(), set()
    for suite in SUITES:
        for case in yaml.safe_load(suite.read_text())["tests"]:
            for each in case["alert_rule_test"]:
                (fires if each["exp_alerts"] else rests).add(each["alertname"])
    assert fires >= WANTED
    assert rests >= WANTED


def test_a_leak_is_known_to_be_healed_soon_after_the_worker_was_restarted():
    host = Host(file("workers.yml").read_text())
    worker = labels(pool="rpa", worker="rpa/1")

    def tick(memory, *, born):
        names = "medic_worker_resident_memory_bytes", "medic_worker_start_time_seconds"
        return host.tick({(names[0], worker): memory, (names[1], worker): born / 1000}, step=60_000)

    born = host.at
    for minute in range(160):
        alerts = tick(1e8 + 2e6 * minute, born=born)
    (leak,) = alerts
    assert leak.state is AlertState.FIRING
    healed = host.at
    for minute in range(3):
        tick(5e7 + 2e6 * minute, born=healed)
    assert host.condition(leak, since=healed).truth is Truth.FALSE


@pytest.mark.needs("promtool")
def test_promtool_takes_the_shipped_rules():
    status, told = promtool.run("check", "rules", *map(str, defaults()), cwd=HERE)
    assert status == 0, told
    assert "FAILED" not in told


@pytest.mark.needs("promtool")
def test_promtool_finds_the_shipped_rules_to_fire_when_they_should():
    status, told = promtool.run("test", "rules", *map(str, SUITES), cwd=HERE)
    assert status == 0, told


@pytest.mark.parametrize("compat", list(Compat))
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_our_own_engine_comes_to_the_same_verdicts(suite, compat):
    assert differences(suite, compat=compat) == []
