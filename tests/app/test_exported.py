"""The metrics of this host, as commands know them, held against what a real daemon exports."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from medic.app.api import Daemon
from medic.app.exported import exported, names
from medic.app.settings import load
from medic.core.clock import SystemClock
from medic.core.samples import Family, Kind
from rules.defaults import defaults
from rules.files import load as load_groups
from rules.groups import RecordRule
from tests.grafana.contract import promised
from tests.harness import Medic, reserved_port, until

SLOW = {"probe_success", "medic_queue_tasks", "medic_automation_processes", "node_processes_state", "medic_worker_up"}


def configured(folder, text=""):
    """Return the settings that *text* makes."""
    file = folder / "medic.yml"
    file.write_text(text)
    return load(file, state=folder / "state", variables={})


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return configured(tmp_path_factory.mktemp("configuration"))


@pytest.fixture(scope="module")
def here(settings):
    return exported(settings, SystemClock(), None)


def test_a_look_at_the_host_counts_the_series_of_the_system(here):
    assert here.series["node_load1"] == 1
    assert here.series["node_cpu_seconds_total"] >= 8
    assert here.series["medic_build_info"] == 1
    assert "medic_zombie_processes" in here.series


def test_a_look_at_the_host_finds_the_labels_of_what_it_counts(here):
    assert here.labels["node_load1"] == frozenset()
    assert here.labels["node_cpu_seconds_total"] == {"cpu", "mode"}
    assert "medic_queue_tasks" not in here.labels
    assert {name for name, labels in here.labels.items() if labels & {"job", "instance"}} == set()


def test_what_medic_would_export_is_known_before_it_runs(here):
    waiting = {"medic_queue_tasks", "medic_worker_up", "medic_heal_attempts_total", "medic_job_runs_total"}
    assert {name: here.series[name] for name in waiting} == dict.fromkeys(waiting, 0)


def test_a_histogram_is_known_by_the_names_of_its_samples(here):
    assert "medic_task_duration_seconds" not in here.series
    assert {f"medic_task_duration_seconds_{part}" for part in ("bucket", "sum", "count")} <= here.series.keys()
    assert sorted(names(Family("x", Kind.HISTOGRAM, ""))) == ["x_bucket", "x_count", "x_sum"]
    assert sorted(names(Family("x", Kind.SUMMARY, ""))) == ["x", "x_count", "x_sum"]
    assert list(names(Family("x_total", Kind.COUNTER, ""))) == ["x_total"]


def test_collectors_with_a_clock_of_their_own_are_known(here):
    assert here.clocks["node_processes_state"] == 15_000
    assert here.clocks["medic_queue_tasks"] == 15_000
    assert here.clocks["probe_success"] == 15_000
    assert "node_load1" not in here.clocks
    assert here.clocks["medic_worker_cpu_seconds_total"] == 15_000
    assert "medic_worker_up" not in here.clocks


@pytest.mark.parametrize(("interval", "clock"), [("60s", 60_000), ("200ms", 1000)])
def test_queues_are_read_as_often_as_the_host_but_not_more_than_each_second(tmp_path, interval, clock):
    here = exported(configured(tmp_path, f"interval: {interval}"), SystemClock(), None)
    assert here.clocks["medic_queue_tasks"] == clock


def test_what_is_switched_off_is_not_there_and_what_is_slowed_down_has_a_clock(tmp_path):
    off = "loadavg: {enabled: false}, workers: {enabled: false}, gpu: {enabled: false}"
    slow = "queues: {every: 2m}, uname: {every: 1m}"
    here = exported(configured(tmp_path, f"collectors: {{{off}, {slow}}}"), SystemClock(), None)
    gone = ("node_load", "medic_worker_", "nvidia_", "medic_gpu_")
    assert [name for name in here.series if name.startswith(gone)] == []
    assert (here.clocks["medic_queue_tasks"], here.clocks["node_uname_info"]) == (120_000, 60_000)
    assert "medic_scrape_collector_success" in here.series


def test_what_cron_jobs_publish_and_groups_of_processes_are_looked_for(tmp_path):
    (tmp_path / "own.prom").write_text("# TYPE nightly summary\nnightly_sum 3\nnightly_count 1\n")
    said = f"textfile: {{directory: {tmp_path}}}, processes: {{groups: [{{name: tests, match: 'python.*'}}]}}"
    here = exported(configured(tmp_path, f"collectors: {{{said}}}"), SystemClock(), None)
    assert (here.series["nightly_sum"], here.series["namedprocess_namegroup_num_procs"]) == (1, 1)


def test_the_shipped_rules_read_what_is_exported_or_recorded(here):
    groups = load_groups(defaults())
    recorded = {rule.name for group in groups for rule in group.rules if isinstance(rule, RecordRule)}
    read = {name for group in groups for rule in group.rules for name in rule.query.names}
    assert read - here.series.keys() - recorded - {"ALERTS", "ALERTS_FOR_STATE"} == set()


class Answering(BaseHTTPRequestHandler):
    """Answers every question with one text."""

    content = ""

    def do_GET(self):
        body = self.content.encode()
        self.send_response(200 if body.startswith(b"{") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def answering():
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Daemon(f"http://127.0.0.1:{server.server_port}", "")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_daemon_is_believed_about_its_series(answering, monkeypatch, settings):
    result = [{"metric": {"__name__": "sensor"}, "value": [1.5, "7"]}, {"metric": {}, "value": [1.5, "1"]}]
    answer = {"status": "success", "data": {"resultType": "vector", "result": result}}
    monkeypatch.setattr(Answering, "content", json.dumps(answer))
    found = exported(settings, SystemClock(), answering)
    assert found.series["sensor"] == 7
    assert found.series["node_load1"] == 1


@pytest.mark.parametrize("content", ["", "nonsense", "{}", '{"data": 5}', '{"data": {"result": [5, {"metric": {}}]}}'])
def test_a_daemon_that_cannot_say_is_done_without(answering, monkeypatch, settings, content):
    monkeypatch.setattr(Answering, "content", content)
    assert exported(settings, SystemClock(), answering).series["node_load1"] == 1


def test_all_that_a_real_daemon_exports_is_known_without_it(tmp_path, here):
    with reserved_port() as port, reserved_port() as nobody:
        config = {
            "listen": "127.0.0.1:0",
            "interval": "200ms",
            "queues": [{"name": "orders", "listen": f"127.0.0.1:{port}"}],
            "workers": [{"pool": "sleeper", "command": ["sleep", "60"]}],
            "probes": [{"name": "nobody", "url": f"http://127.0.0.1:{nobody}/"}],
            "alertmanagers": [f"http://127.0.0.1:{nobody}"],
        }
        with Medic(tmp_path, config).start() as medic:
            until(lambda: exposed(medic) >= SLOW, what="the collectors with a clock of their own")
            found = exposed(medic)
    assert len(found) > 100
    assert found - here.series.keys() == set()
    assert {name for name in found if name.startswith("medic_") and not promised(name)} == set()


def exposed(medic):
    lines = [line for line in medic.get("/metrics").splitlines() if line and line[0] != "#"]
    return {line.partition("{")[0].partition(" ")[0] for line in lines}
