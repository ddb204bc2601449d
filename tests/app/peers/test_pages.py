"""The whole page of a real daemon as strict readers see it, and its probes in the eyes of blackbox_exporter's users."""

import contextlib
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict

from medic.app.settings import load
from tests import parts
from tests.app.peers.inherited import INHERITED, findings
from tests.app.peers.servers import prometheus
from tests.app.peers.test_prometheus import ROOT
from tests.exporter.probes.services import issue, web
from tests.harness import Medic, reserved_port, until

EXAMPLE = ROOT / "examples" / "probes"
OPENMETRICS = "application/openmetrics-text"
SLOW = ("medic_queue_tasks{", "probe_success{", "namedprocess_", "node_processes_state", "medic_automation_processes")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with web() as running:
        yield running


@pytest.fixture(scope="module")
def medic(service, tmp_path_factory):
    with reserved_port() as port, reserved_port() as nobody:
        config = {
            "listen": "127.0.0.1:0",
            "interval": "200ms",
            "collectors": {"processes": {"groups": [{"name": "medic", "match": "medic"}]}},
            "queues": [{"name": "orders", "listen": f"127.0.0.1:{port}"}],
            "workers": [{"pool": "sleeper", "command": ["sleep", "60"]}],
            "probes": [
                {"name": "good", "url": service.url("/ok"), "every": "1s"},
                {"name": "bad", "url": service.url("/bad"), "every": "1s"},
                {"name": "nobody", "tcp": f"127.0.0.1:{nobody}", "every": "1s"},
            ],
            "jobs": [{"name": "good", "every": "1h", "run": ["true"]}],
        }
        with Medic(tmp_path_factory.mktemp("medic"), config).start() as running:
            until(lambda: all(each in running.get("/metrics") for each in SLOW), what="the slow collectors")
            yield running


@pytest.mark.needs("promtool")
def test_promtool_minds_no_name_but_inherited_ones(medic):
    argv = [parts.find("promtool"), "check", "metrics"]
    for page in (medic.get("/metrics"), medic.get("/probe?target=good")):
        done = subprocess.run(argv, input=page, capture_output=True, text=True, timeout=30, check=False)
        assert findings(done.stdout + done.stderr) == []
        assert done.returncode in {0, 3}


def test_findings_on_names_of_our_own_are_seen():
    inherited = "".join(f"{prefix}x counter metrics should have a suffix\n" for prefix in INHERITED)
    assert findings(f"{inherited}medic_x no help text\n") == ["medic_x no help text"]


def test_the_strict_reader_of_openmetrics_takes_both_pages_and_finds_the_same_families(medic):
    page = {family.name for family in strict(medic.get("/metrics", Accept=OPENMETRICS))}
    text = {line.split()[2] for line in medic.get("/metrics").splitlines() if line.startswith("# TYPE ")}
    assert page == {name if name in page else name.removesuffix("_total") for name in text}
    assert {"probe_success", "medic_probe_duration_seconds", "node_load1", "medic_queue_tasks"} <= page
    probed = {family.name for family in strict(medic.get("/probe?target=good", Accept=OPENMETRICS))}
    assert "probe_http_status_code" in probed


class Between(BaseHTTPRequestHandler):
    """Stands between Prometheus and Medic, and writes down which format was chosen."""

    def do_GET(self):
        accept = self.headers.get("Accept", "")
        request = urllib.request.Request(self.server.medic + self.path, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=20) as answer:
            body, kind = answer.read(), answer.headers["Content-Type"]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.seen.append((self.path.partition("?")[0], kind))

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def between(url):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.medic, server.seen, server.daemon_threads = url, [], True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def scraper(medic, service, tmp_path_factory):
    """Run a Prometheus on the example's own configuration, pointed at our services."""
    config = yaml.safe_load((EXAMPLE / "prometheus.yml").read_text())
    own, probing = config["scrape_configs"]
    with between(medic.url) as gate:
        place = f"127.0.0.1:{gate.server_port}"
        own["static_configs"] = [{"targets": [place]}]
        probing["static_configs"] = [{"targets": [service.url("/ok"), "bad", "nobody"]}]
        probing["relabel_configs"][-1]["replacement"] = place
        with prometheus(
            tmp_path_factory.mktemp("prometheus"), {"global": {"scrape_interval": "1s"}, **config}
        ) as server:
            server.seen = gate.seen
            until(lambda: len(results(server, "up == 1")) == 4, what="all four targets are up")
            yield server


def results(server, query):
    """Map the probe's name, or else the instance, of each series that a query gives to its value."""
    found = server.get("/api/v1/query", query=query)["data"]["result"]
    return {each["metric"].get("probe") or each["metric"]["instance"]: float(each["value"][1]) for each in found}


@pytest.mark.needs("prometheus")
def test_a_real_prometheus_reads_openmetrics(scraper):
    assert {kind.partition(";")[0] for _, kind in scraper.seen} == {OPENMETRICS}
    assert {path for path, _ in scraper.seen} == {"/metrics", "/probe"}
    targets = scraper.get("/api/v1/targets")["data"]["activeTargets"]
    assert [each["lastError"] for each in targets] == [""] * 4


@pytest.mark.needs("prometheus")
def test_dashboards_made_for_blackbox_exporter_find_their_instances(scraper, service):
    found = until(lambda: len(given := results(scraper, 'probe_success{job="blackbox"}')) == 3 and given)
    assert found == {service.url("/ok"): 1, "bad": 0, "nobody": 0}
    assert results(scraper, 'probe_http_status_code{job="blackbox"}') == {service.url("/ok"): 200, "bad": 500}


@pytest.mark.needs("prometheus")
def test_medics_own_page_tells_probes_apart_by_their_names(scraper):
    found = until(lambda: len(given := results(scraper, 'probe_success{job="medic"}')) == 3 and given)
    assert found == {"good": 1, "bad": 0, "nobody": 0}
    query = 'histogram_quantile(0.95, rate(medic_probe_duration_seconds_bucket{probe="good"}[10s]))'
    until(lambda: 0 < results(scraper, query).get("good", 0) < 10, what="the 95th percentile of a probe")


def test_the_example_is_a_configuration():
    settings = load(EXAMPLE / "medic.yml", variables={})
    assert [each.name for each in settings.probes] == ["gateway", "database", "cache"]


@pytest.mark.needs("openssl")
def test_what_the_example_leaves_out_can_be_put_in(tmp_path):
    issue(tmp_path)
    (tmp_path / "gateway.token").write_text("secret\n")
    text = (EXAMPLE / "medic.yml").read_text()
    (tmp_path / "medic.yml").write_text("\n".join(_uncommented(line) for line in text.splitlines()))
    gateway, _, cache = load(tmp_path / "medic.yml", variables={"API_KEY": "k"}).probes
    assert (gateway.method, gateway.status, gateway.token.get_secret_value()) == ("POST", (200, 204), "secret")
    assert cache.tls


def _uncommented(line):
    return line.replace("    # ", "    ", 1) if line.startswith("    # ") else line
