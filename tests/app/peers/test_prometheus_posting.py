"""A real Prometheus takes Medic for its Alertmanager: what fires there is healed here, what ends there ends here."""

import contextlib
import json
import subprocess
import urllib.request

import pytest
import yaml

from tests import parts
from tests.app.peers.servers import prometheus
from tests.app.peers.test_alertmanager import NOTE, SLEEPER, acted, attempts, closed
from tests.harness import Medic, until

RULE = {
    "alert": "PairLarge",
    "expr": 'medic_worker_processes_expected{pool="pair"} > 1',
    "labels": {"unit": "site.service", "site": "main"},
    "annotations": {"summary": "{{ $value }} workers"},
}


@pytest.fixture
def medic(tmp_path):
    remedy = {
        "name": "note",
        "match": ['alertname="PairLarge"'],
        "target": "unit:{{ labels.unit }}",
        "do": {"command": {"argv": [*NOTE, "{{ target }}", str(tmp_path / "done.txt")], "timeout": "10s"}},
        "mode": "auto",
        "grace": "0s",
        "verify": {"within": "5m", "stable": "0s"},
    }
    config = {
        "listen": "127.0.0.1:0",
        "interval": "200ms",
        "workers": [{"pool": "pair", "command": SLEEPER, "count": 2}],
        "targets": {"units": ["site.service"]},
        "rules": {"defaults": False},
        "remedies": [remedy],
        "healing": {"rest": "0s"},
    }
    with Medic(tmp_path, config) as made:
        yield made


@contextlib.contextmanager
def judging(medic, token=None):
    """Run a Prometheus that scrapes Medic each second and posts its alerts there."""
    (medic.folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "pair", "rules": [RULE]}]}))
    here = [{"targets": [medic.url.removeprefix("http://")]}]
    peer = {
        "authorization": {"credentials_file": str(token or medic.state / "token")},
        "static_configs": here,
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "scrape_configs": [{"job_name": "medic", "static_configs": here}],
        "rule_files": [str(medic.folder / "rules.yml")],
        "alerting": {"alertmanagers": [peer]},
    }
    with prometheus(medic.folder / "prometheus", config) as server:
        yield server


def firing(medic):
    return medic.json("/api/v2/alerts")


def end(medic):
    assert medic.post("/api/v1/workers/scale", {"pool": "pair", "count": 1})[0] == 200


def receipts(medic):
    return (medic.state / "audit.jsonl").read_text().count('"kind":"received"')


def sent(server):
    """Return how many alerts a Prometheus has sent, those that were refused included."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"prometheus_notifications_{name}")
        )
        for name in ("sent_total", "errors_total")
    }


@pytest.mark.needs("prometheus")
def test_an_alert_of_prometheus_is_healed_once_however_often_it_is_posted_and_its_end_is_seen(medic):
    medic.start()
    with judging(medic) as server:
        [attempt] = acted(medic)
        until(lambda: sent(server)["sent_total"] >= 4, what="it has posted it again and again")
        [alert] = firing(medic)
        [theirs] = server.get("/api/v1/alerts")["data"]["alerts"]
        assert alert["labels"] == theirs["labels"]
        assert alert["annotations"] == theirs["annotations"]
        assert alert["generatorURL"].startswith("http://")
        end(medic)
        [attempt] = closed(medic)
        until(lambda: not firing(medic))
        assert sent(server)["errors_total"] == 0
    assert (attempt["remedy"], attempt["outcome"]) == ("note", "healed")
    assert "resolved by its sender" in attempt["detail"]
    [episode] = medic.json("/api/v1/episodes")["episodes"]
    assert episode["ending"] == "healed"
    assert (medic.folder / "done.txt").read_text() == "unit:site.service main\n"
    until(lambda: receipts(medic) == 2, what="the audit has its beginning and its end, and nothing else")


@pytest.mark.stress
@pytest.mark.needs("prometheus")
def test_a_restart_of_prometheus_heals_nothing_twice(medic):
    medic.start()
    with judging(medic):
        acted(medic)
    with judging(medic) as server:
        until(lambda: sent(server)["sent_total"] >= 2, what="it posts again")
        until(lambda: firing(medic))
        end(medic)
        [attempt] = closed(medic)
    assert attempt["outcome"] == "healed"
    assert (medic.folder / "done.txt").read_text() == "unit:site.service main\n"


@pytest.mark.stress
@pytest.mark.needs("prometheus")
def test_when_prometheus_is_killed_its_alert_runs_out_and_nobody_calls_that_healed(medic):
    medic.config["remedies"][0]["verify"]["within"] = "8s"
    medic.start()
    with judging(medic) as server:
        acted(medic)
        server.process.kill()
        until(lambda: not firing(medic), what="the alert ran out")
        [attempt] = closed(medic)
    assert attempt["outcome"] == "unknown"
    assert "did not send it again" in attempt["detail"]
    until(lambda: medic.json("/api/v1/episodes")["episodes"][0]["ending"] == "resolved")


@pytest.mark.stress
@pytest.mark.needs("prometheus")
def test_a_prometheus_with_a_wrong_token_is_refused(medic):
    medic.start()
    wrong = medic.folder / "wrong"
    wrong.write_text("wrong")
    with judging(medic, wrong) as server:
        until(lambda: sent(server)["errors_total"] >= 1, what="its post has failed")
    assert firing(medic) == attempts(medic) == []


@pytest.mark.needs("amtool")
def test_amtool_adds_and_shows_alerts(medic):
    medic.start()
    access = medic.folder / "amtool.yml"
    access.write_text(yaml.safe_dump({"authorization": {"credentials_file": str(medic.state / "token")}}))

    def amtool(*argv, well=True):
        base = [parts.find("amtool"), f"--alertmanager.url={medic.url}"]
        done = subprocess.run([*base, *argv], capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode == 0) is well, done.stderr
        return done.stdout + done.stderr

    added = ("alert", "add", "alertname=PairLarge", "unit=site.service", "site=main", "--annotation=summary=by hand")
    assert "401" in amtool(*added, well=False)
    amtool(f"--http.config.file={access}", *added)
    [attempt] = acted(medic)
    assert attempt["target"] == "unit:site.service"
    [found] = json.loads(amtool("alert", "query", "unit=site.service", "-o", "json"))
    assert found["annotations"] == {"summary": "by hand"}
    assert json.loads(amtool("alert", "query", "unit=other", "-o", "json")) == []
    assert "PairLarge" in amtool("alert", "query")
