import re
from pathlib import Path

import pytest
import yaml

from medic.core.alerts import AlertState
from medic.core.samples import labels
from rules.conditions import Truth
from rules.defaults import defaults
from rules.durations import parse_duration
from rules.files import load, repeated
from rules.groups import AlertRule
from rules.promql import Compat
from rules.reading import least
from rules.testing.files import run_file
from tests.rules import promtool
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
"""Of what the requirements name as defaults."""
BASELINE = {
    "BaselineSuccessRateLow",
    "BaselineLatencyHigh",
    "BaselineWorkerUptimeLow",
    "BaselineQueueLong",
    "BaselineRestarts",
}
GOALS = {"AutomationCPUHigh", "AutomationMemoryHigh", "TooManyPythonProcesses", "JobsNotRunning"}
GPU = {"GPUError", "GPUMemoryOrphaned"}
PROBES = {"ProbeFailing", "ProbeLatencyHigh", "CertificateExpiring"}
WORKERS = {"WorkerUnknown"}
ALL = WANTED | WORKERS | BASELINE | GOALS | GPU | PROBES
NEWS = BASELINE | (GOALS - {"JobsNotRunning"})
"""What is missed by a host that is well none the less: these must not fail its health check."""


def file(name):
    return next(path for path in defaults() if path.name == name)


def rules():
    return [rule for group in load(defaults()) for rule in group.rules]


def alerts():
    return [rule for rule in rules() if isinstance(rule, AlertRule)]


def test_every_condition_of_the_requirements_has_its_rule():
    assert {rule.name for rule in alerts()} == ALL


def test_no_two_shipped_rules_have_the_same_name_and_labels():
    assert repeated(load(defaults())) == ()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule.name)
def test_each_rule_says_how_bad_it_is_what_it_means_and_where_to_read_on(rule):
    severities = {"info"} if rule.name in NEWS else {"warning", "critical"}
    assert dict(rule.labels)["severity"].source in severities
    told = {name: template.source for name, template in rule.annotations}
    assert set(told) == {"summary", "description", "runbook"}
    assert told["runbook"] == f"docs/runbook.md#{rule.name.lower()}"


def test_the_runbook_has_an_entry_for_each_rule_and_no_other():
    headings = re.findall(r"^## (.*)$", RUNBOOK.read_text(), re.MULTILINE)
    assert set(headings) == ALL
    assert len(headings) == len(ALL)


def test_each_entry_of_the_runbook_says_what_it_means_what_is_done_where_to_look_and_how_to_quiet_it():
    for entry in re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]:
        name = entry.partition("\n")[0]
        told = re.findall(r"^\*\*(\w[\w ]*):\*\*", entry, re.MULTILINE)
        assert told == ["Means", "Medic", "Look at", "Quiet"], name


def test_the_ratio_rules_carry_the_least_number_of_tasks_that_they_need():
    minimums = {rule.name for rule in alerts() if least(rule.query) is not None}
    assert minimums == {"SuccessRateLow", "AllTasksFailing", "TaskLatencyHigh", "ProbeLatencyHigh", "DiskFilling"}


def test_each_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    fires, rests = set(), set()
    for suite in SUITES:
        for case in yaml.safe_load(suite.read_text())["tests"]:
            for each in case["alert_rule_test"]:
                (fires if each["exp_alerts"] else rests).add(each["alertname"])
    assert fires >= ALL
    assert rests >= ALL


def test_each_rule_has_a_case_in_which_it_no_longer_fires():
    resolved = set()
    for suite in SUITES:
        for case in yaml.safe_load(suite.read_text())["tests"]:
            fired = set()
            for each in sorted(case["alert_rule_test"], key=lambda each: parse_duration(each["eval_time"])):
                if each["exp_alerts"]:
                    fired.add(each["alertname"])
                elif each["alertname"] in fired:
                    resolved.add(each["alertname"])
    assert resolved >= ALL


def test_no_rule_fires_on_a_host_that_tells_nothing_yet():
    host = Host("\n".join(["groups:", *(path.read_text().partition("groups:")[2] for path in defaults())]))
    for _ in range(100):
        assert host.tick({}, step=60_000) == ()


def test_rules_that_look_back_for_hours_read_only_what_was_kept_every_five_minutes():
    longest = {reach.name for rule in rules() for reach in rule.query.reaches if reach.oldest_ms > 2 * 3_600_000}
    assert longest
    assert all(":" in name for name in longest)


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
    verdict = run_file(suite, compat=compat)
    assert verdict.passed, verdict
    assert verdict.tests
    assert verdict.warnings == ()
