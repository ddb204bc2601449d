"""Medic as Prometheus sees it: the quickstart's own configuration, scraped by the real thing."""

import contextlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests import parts
from tests.app.peers.inherited import findings
from tests.app.peers.servers import prometheus
from tests.harness import Medic, reserved_port, until

ROOT = Path(__file__).parents[3]
QUICKSTART = ROOT / "examples" / "quickstart"
FAMILIES = {
    "medic_alerts": "gauge",
    "medic_automation_cpu_seconds_total": "counter",
    "medic_automation_processes": "gauge",
    "medic_automation_resident_memory_bytes": "gauge",
    "medic_breaker_open": "gauge",
    "medic_build_info": "gauge",
    "medic_canary_duration_seconds": "gauge",
    "medic_canary_success": "gauge",
    "medic_collector_last_success_timestamp_seconds": "gauge",
    "medic_config_last_reload_successful": "gauge",
    "medic_gpu_expected": "gauge",
    "medic_gpu_present": "gauge",
    "medic_heal_attempts_total": "counter",
    "medic_heal_duration_seconds": "histogram",
    "medic_heal_in_progress": "gauge",
    "medic_heal_last_timestamp_seconds": "gauge",
    "medic_heal_suppressed_total": "counter",
    "medic_healing_paused": "gauge",
    "medic_job_duration_seconds": "gauge",
    "medic_job_interval_seconds": "gauge",
    "medic_job_last_success_timestamp_seconds": "gauge",
    "medic_job_lateness_seconds": "gauge",
    "medic_job_runs_total": "counter",
    "medic_journal_commit_seconds": "histogram",
    "medic_journal_failures_total": "counter",
    "medic_notifications_total": "counter",
    "medic_python_processes": "gauge",
    "medic_queue_oldest_pending_timestamp_seconds": "gauge",
    "medic_queue_success_ratio": "gauge",
    "medic_queue_success_ratio_weighted": "gauge",
    "medic_queue_tasks": "gauge",
    "medic_queue_tasks_completed_total": "counter",
    "medic_queue_tasks_failed_total": "counter",
    "medic_queue_tasks_submitted_total": "counter",
    "medic_queue_up": "gauge",
    "medic_queue_window_tasks": "gauge",
    "medic_queue_workers": "gauge",
    "medic_rule_evaluation_duration_seconds": "gauge",
    "medic_rule_evaluation_failures_total": "counter",
    "medic_rule_group_iterations_missed_total": "counter",
    "medic_rule_group_iterations_total": "counter",
    "medic_rule_group_rules": "gauge",
    "medic_scrape_collector_duration_seconds": "gauge",
    "medic_scrape_collector_success": "gauge",
    "medic_scrape_collector_timeout": "gauge",
    "medic_series": "gauge",
    "medic_series_log_failures_total": "counter",
    "medic_series_refused_total": "counter",
    "medic_task_duration_seconds": "histogram",
    "medic_task_wait_seconds": "histogram",
    "medic_scrape_series_dropped_total": "counter",
    "medic_ticks_missed_total": "counter",
    "medic_worker_cpu_seconds_total": "counter",
    "medic_worker_duplicates": "gauge",
    "medic_worker_heartbeat_timestamp_seconds": "gauge",
    "medic_worker_processes": "gauge",
    "medic_worker_processes_expected": "gauge",
    "medic_worker_resident_memory_bytes": "gauge",
    "medic_worker_restarts_total": "counter",
    "medic_worker_start_time_seconds": "gauge",
    "medic_worker_state": "gauge",
    "medic_worker_tree_processes": "gauge",
    "medic_worker_up": "gauge",
    "medic_zombie_processes": "gauge",
}
"""What design promises of Medic's own and has a source in this configuration, with its type."""
UNTIL_SOMETHING_HAPPENS = {
    "medic_heal_last_timestamp_seconds",
    "medic_queue_oldest_pending_timestamp_seconds",
    "medic_worker_heartbeat_timestamp_seconds",
    "medic_zombie_processes",
}
"""Families without a sample while nothing was healed, waits, beats or is dead: a missing value is absent, never 0."""


@contextlib.contextmanager
def quickstart(folder):
    """Run the quickstart as it is shipped, on ports and a state folder of the test's own."""
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns("state", "medic.yml", "__pycache__"))
    config = yaml.safe_load((QUICKSTART / "medic.yml").read_text())
    with reserved_port() as port:
        config |= {"listen": "127.0.0.1:0"}
        config["queues"][0]["listen"] = f"127.0.0.1:{port}"
        with Medic(folder, config) as medic:
            yield medic.start()


@pytest.fixture(scope="module")
def medic(tmp_path_factory):
    with quickstart(tmp_path_factory.mktemp("quickstart") / "q") as running:
        await_families(running)
        yield running


@pytest.fixture(scope="module")
def scraper(medic, tmp_path_factory):
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {
                "job_name": "medic",
                "honor_labels": True,
                "static_configs": [{"targets": [medic.url.removeprefix("http://")]}],
            }
        ],
    }
    with prometheus(tmp_path_factory.mktemp("prometheus"), config) as server:
        until(lambda: value(server, 'up{job="medic"}') == 1, what="up == 1")
        yield server


def value(server, query):
    """Return the one value that a query gives; None when it gives nothing."""
    answer = server.get("/api/v1/query", query=query)
    assert answer["status"] == "success"
    result = answer["data"]["result"]
    assert len(result) < 2, query
    return float(result[0]["value"][1]) if result else None


def types(page):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))


def own(found):
    return {name: kind for name, kind in found.items() if name.startswith("medic_")}


def await_families(medic):
    """Wait for the first run of the slowest collector: the queue is asked on a clock of its own."""
    until(lambda: own(types(medic.get("/metrics"))).keys() >= FAMILIES.keys(), timeout=15, what="all families")


def test_every_promised_family_is_there_within_fifteen_seconds_with_its_type(medic):
    assert own(types(medic.get("/metrics"))) == FAMILIES


def test_every_promised_family_has_samples_within_fifteen_seconds(medic):
    def sampled():
        page = medic.get("/metrics")
        return {name for name in FAMILIES if re.search(rf"^{name}(_count|_bucket)?[ {{]", page, re.MULTILINE)}

    wanted = FAMILIES.keys() - UNTIL_SOMETHING_HAPPENS
    until(lambda: sampled() >= wanted, timeout=15, what=f"samples of {sorted(wanted - sampled())}")


def test_both_formats_tell_of_the_same_families(medic):
    text, open_ = types(medic.get("/metrics")), types(medic.get("/metrics", Accept="application/openmetrics-text"))
    counters = {name.removesuffix("_total") if kind == "counter" else name for name, kind in own(text).items()}
    assert own(open_).keys() == counters


@pytest.mark.needs("promtool")
def test_promtool_minds_nothing_but_inherited_names(medic):
    argv = [parts.find("promtool"), "check", "metrics"]
    done = subprocess.run(argv, input=medic.get("/metrics"), capture_output=True, text=True, timeout=30, check=False)
    assert findings(done.stdout + done.stderr) == []
    assert done.returncode in {0, 3}


@pytest.mark.needs("prometheus")
def test_a_real_prometheus_scrapes_it_without_a_word_of_complaint(scraper):
    (target,) = scraper.get("/api/v1/targets")["data"]["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert value(scraper, 'scrape_samples_scraped{job="medic"}') > 300
    assert target["lastScrapeDuration"] < 5
    told = [line for line in scraper.log.read_text().splitlines() if "scrape" in line]
    assert [line for line in told if re.search("level=(warn|error)", line, re.IGNORECASE)] == []


@pytest.mark.needs("prometheus")
def test_prometheus_knows_each_familys_type_and_help(scraper):
    def known():
        found = scraper.get("/api/v1/metadata")["data"]
        return found if all(name in found or name.removesuffix("_total") in found for name in FAMILIES) else None

    metadata = until(known, what="the metadata of every family")
    for name, kind in FAMILIES.items():
        told = metadata.get(name) or metadata[name.removesuffix("_total")]
        assert told[0]["type"] == kind, name
        assert told[0]["help"], name


@pytest.mark.needs("prometheus")
@pytest.mark.parametrize(
    "series",
    [
        'medic_worker_processes_expected{pool="rpa"}',
        'medic_worker_processes{pool="rpa"}',
        'medic_worker_up{pool="rpa",worker="rpa/1"}',
        'medic_queue_up{backend="embedded",queue="default"}',
        "medic_healing_paused",
        'medic_heal_attempts_total{outcome="healed",remedy="restart-workers"}',
        "medic_config_last_reload_successful",
        "node_memory_MemTotal_bytes",
        "node_boot_time_seconds",
    ],
)
def test_queries_through_prometheus_give_medics_own_values(medic, scraper, series):
    (found,) = until(lambda: (seen := value(scraper, series)) is not None and [seen])
    assert found == medic.metric(f"{series} ")


@pytest.mark.needs("prometheus")
def test_prometheus_counts_as_many_processors_as_medic_shows(medic, scraper):
    shown = re.findall(r'^node_cpu_seconds_total{.*mode="idle"', medic.get("/metrics"), re.MULTILINE)
    assert until(lambda: value(scraper, 'count(node_cpu_seconds_total{mode="idle"})')) == len(shown)


@pytest.mark.needs("prometheus")
def test_rates_over_scrapes_show_the_work_that_is_done(scraper):
    until(lambda: (value(scraper, 'sum(rate(medic_queue_tasks_completed_total{queue="default"}[10s]))') or 0) > 0)
    until(
        lambda: (value(scraper, "histogram_quantile(0.5, sum by (le) (medic_task_duration_seconds_bucket))") or 0) > 0
    )
    until(lambda: (value(scraper, "sum(rate(node_cpu_seconds_total[10s]))") or 0) > 0)


@pytest.mark.needs("prometheus")
def test_the_job_of_medic_is_not_taken_for_the_job_of_prometheus(scraper):
    def jobs():
        found = scraper.get("/api/v1/query", query="medic_job_runs_total")["data"]["result"]
        return {series["metric"]["job"] for series in found}

    until(lambda: jobs() >= {"canary", "health-check", "orders"}, what="the jobs by their own names")


@pytest.mark.needs("prometheus")
def test_no_series_of_medic_carries_a_pid_or_a_task(scraper):
    names = scraper.get("/api/v1/labels", **{"match[]": '{__name__=~"medic_.+"}'})["data"]
    assert not {"pid", "id", "task_id", "cmdline", "command"} & set(names)
    assert value(scraper, 'count({__name__=~"medic_.+"})') < 1500
