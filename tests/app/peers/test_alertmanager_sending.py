"""Medic sends its own alerts to a real Alertmanager, as Prometheus would: what amtool shows, and what comes back."""

import json
import socket
import subprocess
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import yaml

from medic.app.alertmanagers.office import Office
from medic.app.settings.judge import Rules
from medic.app.settings.peers import Alertmanager
from rules.sending import Message
from tests import parts
from tests.app.peers.servers import alertmanager
from tests.app.peers.test_alertmanager import NOTE, SLEEPER, attempts, closed, manager, notified
from tests.harness import Medic, until

pytestmark = [pytest.mark.needs("alertmanager"), pytest.mark.needs("amtool")]

EXPRESSION = 'medic_worker_processes_expected{pool="pair"} > 1'
RULE = {
    "alert": "PairLarge",
    "expr": EXPRESSION,
    "labels": {"severity": "page", "unit": "site.service", "site": "main"},
    "annotations": {
        "summary": "{{ $value }} in {{ $labels.pool }} on {{ $externalLabels.host }}",
        "link": "{{ externalURL }}/",
    },
}
ROUTE = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


@pytest.fixture
def medic(tmp_path):
    (tmp_path / "own.yml").write_text(yaml.safe_dump({"groups": [{"name": "own", "rules": [RULE]}]}))
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
        "rules": {"defaults": False, "files": ["own.yml"], "resend_delay": "1s", "external_labels": {"host": "web1"}},
        "remedies": [remedy],
        "healing": {"rest": "0s", "mode": "off"},
    }
    with Medic(tmp_path, config) as made:
        yield made


def shown(server):
    """Return what amtool shows of an Alertmanager's alerts."""
    argv = [parts.find("amtool"), f"--alertmanager.url={server.url}", "alert", "query", "-o", "json"]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True).stdout)


def moment(text):
    return datetime.fromisoformat(text)


def end(medic):
    """Have the alert's condition end."""
    assert medic.post("/api/v1/workers/scale", {"pool": "pair", "count": 1})[0] == 200


def test_an_alert_arrives_whole_is_kept_alive_and_ends_with_its_condition(medic):
    with alertmanager(medic.folder / "am", ROUTE) as server:
        medic.config["alertmanagers"] = [server.url]
        medic.start()
        [alert] = until(lambda: shown(server), what="amtool shows the alert")
        [own] = medic.json("/api/v1/alerts/active")["alerts"]
        assert alert["labels"] == {**own["labels"], "host": "web1"}
        assert alert["annotations"] == own["annotations"] == {"summary": "2 in pair on web1", "link": f"{medic.url}/"}
        assert moment(alert["startsAt"]) == moment(own["activeAt"])
        first_end = moment(alert["endsAt"])
        assert 0 < (first_end - moment(alert["startsAt"])).total_seconds() < 60
        assert alert["generatorURL"].startswith(f"{medic.url}/graph?g0.expr=medic_worker_processes_expected")
        until(lambda: datetime.now(UTC) > first_end, what="its first end is over")
        [alert] = until(lambda: [each for each in shown(server) if moment(each["endsAt"]) > first_end])
        assert moment(alert["startsAt"]) == moment(own["activeAt"])
        sent = f'medic_alertmanager_notifications_sent_total{{alertmanager="{server.url}"}}'
        assert medic.metric(sent) >= 4
        end(medic)
        until(lambda: not shown(server), what="it is over")


@pytest.mark.stress
def test_a_restart_of_medic_resolves_nothing(medic):
    with alertmanager(medic.folder / "am", ROUTE) as server:
        medic.config["alertmanagers"] = [server.url]
        medic.config["rules"]["resend_delay"] = "30s"
        medic.start()
        [before] = until(lambda: shown(server))
        medic.kill()
        assert shown(server)
        medic.start()
        [after] = until(lambda: [each for each in shown(server) if each["endsAt"] > before["endsAt"]])
        assert after["startsAt"] == before["startsAt"]


@pytest.mark.stress
def test_a_reload_sends_to_those_that_are_named_now(medic):
    with alertmanager(medic.folder / "one", ROUTE) as one, alertmanager(medic.folder / "two", ROUTE) as two:
        medic.config["alertmanagers"] = [one.url]
        medic.start()
        until(lambda: shown(one))
        assert not shown(two)
        medic.config["alertmanagers"] = [{"url": two.url, "timeout": "2s"}]
        medic.write()
        status, answer = medic.post("/-/reload")
        assert (status, json.loads(answer)["needs_restart"]) == (200, [])
        until(lambda: shown(two))
        until(lambda: not shown(one), what="where nothing is sent any more it runs out")


def test_the_link_of_an_alert_shows_what_its_expression_gives(medic):
    with alertmanager(medic.folder / "am", ROUTE) as server:
        medic.config["alertmanagers"] = [server.url]
        medic.start()
        [alert] = until(lambda: shown(server))
        link = urlsplit(alert["generatorURL"])
        found = medic.json(f"{link.path}?{link.query}")
    [series] = found["data"]["result"]
    assert (series["metric"]["pool"], series["value"][1]) == ("pair", "2")


def test_one_that_hangs_holds_up_neither_the_others_nor_the_end(medic):
    with socket.create_server(("127.0.0.1", 0)) as deaf, alertmanager(medic.folder / "am", ROUTE) as server:
        hung = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        medic.config["alertmanagers"] = [hung, server.url]
        medic.start()
        until(lambda: shown(server))
        until(lambda: medic.metric(f'medic_alertmanager_notifications_queue_length{{alertmanager="{hung}"}}') == 1)
        began = time.monotonic()
        assert medic.end() == 0
        assert time.monotonic() - began < 5


@pytest.mark.stress
async def test_a_flood_of_5000_alerts_reaches_a_real_alertmanager_whole(tmp_path):
    now = round(datetime.now(UTC).timestamp() * 1000)
    flood = [
        Message((("alertname", "Flood"), ("n", str(n))), (), now - 1000, now + 240_000, "vector(1)")
        for n in range(5000)
    ]
    with alertmanager(tmp_path / "am", ROUTE) as server:
        office = Office([Alertmanager(url=server.url)], Rules())
        office.url = "http://127.0.0.1:10119"
        office.put(flood)
        await office.drain()
        found = server.get("/api/v2/alerts")
    assert {int(each["labels"]["n"]) for each in found} == {*range(5000)}


def test_what_comes_back_from_alertmanager_joins_and_is_healed_once(medic):
    medic.config["healing"]["mode"] = "auto"
    medic.config["remedies"][0]["grace"] = "3s"
    medic.start()
    with manager(medic) as server:
        medic.config["alertmanagers"] = [server.url]
        medic.write()
        assert medic.post("/-/reload")[0] == 200
        until(lambda: notified(server) >= 1, what="it has posted Medic's own alert back")
        until(lambda: [each for each in attempts(medic) if each["acted_at"]])
        end(medic)
        [attempt] = closed(medic)
        until(lambda: notified(server) >= 2, what="it has posted that it is over")
        until(lambda: not shown(server))
    assert attempt["outcome"] == "healed"
    [episode] = medic.json("/api/v1/episodes")["episodes"]
    assert (episode["alert_count"], episode["ending"]) == (1, "healed")
    assert (medic.folder / "done.txt").read_text() == "unit:site.service main\n"
