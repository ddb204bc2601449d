"""A real Alertmanager posts alerts to a running Medic, and what follows is healed, verified and done once."""

import contextlib
import sys
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.app.peers.servers import alertmanager, prometheus
from tests.harness import Medic, until

pytestmark = pytest.mark.needs("alertmanager")

SLEEPER = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
NOTE = [
    sys.executable,
    "-S",
    "-c",
    "import os, sys; print(sys.argv[1], os.environ['MEDIC_LABEL_SITE'], file=open(sys.argv[2], 'a'))",
]


def remedies(folder):
    """Return three ways to heal: resolved by its sender, verified by an expression, and never."""
    common = {"mode": "auto", "grace": "0s", "attempts": 2, "backoff": {"first": "10m", "max": "10m"}}
    command = {"command": {"argv": [*NOTE, "{{ target }}", str(folder / "done.txt")], "timeout": "10s"}}
    return [
        {
            **common,
            "name": "by-resolve",
            "match": ['alertname="SiteDown"'],
            "target": "unit:{{ labels.unit }}",
            "do": command,
            "verify": {"within": "5m", "stable": "0s"},
        },
        {
            **common,
            "name": "by-expression",
            "match": ['alertname="PoolBad"', 'severity=~"critical|page"'],
            "target": "pool:pair",
            "do": {"restart": {}},
            "verify": {"within": "1m", "stable": "0s", "expr": 'medic_worker_processes{pool="pair"} < 2'},
        },
    ]


@pytest.fixture
def medic(tmp_path):
    config = {
        "listen": "127.0.0.1:0",
        "interval": "200ms",
        "workers": [{"pool": "pair", "command": SLEEPER, "count": 2}],
        "targets": {"units": ["site.service", "other.service"]},
        "rules": {"defaults": False},
        "remedies": remedies(tmp_path),
        "healing": {"rest": "0s"},
    }
    with Medic(tmp_path, config) as running:
        yield running.start()


@contextlib.contextmanager
def manager(medic, name="am", token=None):
    """Run an Alertmanager whose every alert goes to Medic, with the token that Medic made."""
    hook = {
        "url": f"{medic.url}/api/v1/webhook/alertmanager",
        "send_resolved": True,
        "http_config": {
            "authorization": {"type": "Bearer", "credentials_file": str(token or medic.state / "token")},
        },
    }
    route = {"receiver": "medic", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
    receivers = [{"name": "medic", "webhook_configs": [hook]}]
    with alertmanager(medic.folder / name, {"route": route, "receivers": receivers}) as server:
        yield server


def site(unit="site.service", **labels):
    return {"alertname": "SiteDown", "unit": unit, "site": "main", **labels}


def fire(server, labels, *, ago=60, resolved=False):
    """Tell an Alertmanager of an alert that began *ago* seconds ago, or that it is over."""
    now = datetime.now(UTC)
    alert = {"labels": labels, "annotations": {"summary": "x"}, "startsAt": (now - timedelta(seconds=ago)).isoformat()}
    server.ask("/api/v2/alerts", [{**alert, "endsAt": now.isoformat()} if resolved else alert])


def attempts(medic):
    return medic.json("/api/v1/attempts")["attempts"]


def acted(medic):
    return until(lambda: [each for each in attempts(medic) if each["acted_at"]], what="an attempt has acted")


def closed(medic):
    return until(lambda: [each for each in attempts(medic) if each["outcome"]], what="an attempt is verified")


def test_an_alert_leads_to_a_command_and_its_resolution_to_a_verified_heal(medic):
    with manager(medic) as server:
        fire(server, site())
        (attempt,) = acted(medic)
        assert (attempt["remedy"], attempt["target"], attempt["action"]) == (
            "by-resolve",
            "unit:site.service",
            "command",
        )
        assert (attempt["succeeded"], attempt["outcome"]) == (True, None)
        assert (medic.folder / "done.txt").read_text() == "unit:site.service main\n"
        fire(server, site(), resolved=True)
        (attempt,) = closed(medic)
    assert attempt["outcome"] == "healed"
    assert "resolved by its sender" in attempt["detail"]
    (episode,) = medic.json("/api/v1/episodes")["episodes"]
    assert (episode["ending"], episode["alerts"]) == ("healed", ["SiteDown"])
    assert (medic.folder / "done.txt").read_text() == "unit:site.service main\n"
    until(lambda: medic.metric('medic_heal_attempts_total{outcome="healed",remedy="by-resolve"}') == 1)
    assert medic.metric('medic_heal_duration_seconds_count{remedy="by-resolve"}') == 1
    assert medic.metric('medic_heal_last_timestamp_seconds{remedy="by-resolve"}') > 0


def test_a_restart_is_verified_by_the_remedys_own_expression_while_the_alert_still_fires(medic):
    before = until(lambda: len(found := medic.workers("pair")) == 2 and found)
    with manager(medic) as server:
        fire(server, {"alertname": "PoolBad", "severity": "critical"})
        (attempt,) = closed(medic)
    assert (attempt["remedy"], attempt["action"], attempt["outcome"]) == ("by-expression", "restart", "healed")
    assert not {*before} & {*until(lambda: len(found := medic.workers("pair")) == 2 and found)}


def test_two_alertmanagers_that_do_not_know_each_other_lead_to_one_attempt(medic):
    with manager(medic, "one") as one, manager(medic, "two") as two:
        fire(one, site(), ago=300)
        fire(two, site(), ago=30)
        for server in (one, two):
            until(lambda server=server: notified(server) >= 1, what="it has posted")
        (attempt,) = acted(medic)
        fire(one, site(), resolved=True)
        closed(medic)
        fire(two, site(), ago=20, resolved=True)
        until(lambda: notified(two) >= 2, what="it has posted that it is over")
    assert [each["id"] for each in attempts(medic)] == [attempt["id"]]
    assert len(medic.json("/api/v1/episodes")["episodes"]) == 1
    assert (medic.folder / "done.txt").read_text().splitlines() == ["unit:site.service main"]


def test_alerts_of_one_target_join_one_episode_and_those_of_another_open_their_own(medic):
    with manager(medic) as server:
        fire(server, site(instance="a"))
        acted(medic)
        fire(server, site(instance="b"))
        fire(server, site("other.service"))
        until(lambda: len(medic.json("/api/v1/episodes")["episodes"]) == 2)
        until(lambda: len(acted(medic)) == 2)
        until(lambda: notified(server) >= 3)
        counts = until(lambda: sum((found := alert_counts(medic)).values()) == 3 and found, what="the second joined")
    assert counts == {"unit:site.service": 2, "unit:other.service": 1}


def alert_counts(medic):
    return {each["target"]: each["alert_count"] for each in medic.json("/api/v1/episodes")["episodes"]}


def test_an_alert_that_names_what_nobody_declared_is_taken_and_touches_nothing(medic):
    with manager(medic) as server:
        fire(server, site("sshd.service"))
        suppressed = 'medic_heal_suppressed_total{reason="no-target",remedy="by-resolve"}'
        until(lambda: medic.metric(suppressed) == 1, what="it is counted")
        assert failures(server) == 0
    assert attempts(medic) == []
    assert not (medic.folder / "done.txt").exists()
    assert "declared nowhere" in medic.json("/api/v1/explain?of=SiteDown")["text"]


def test_an_alertmanager_with_a_wrong_token_is_refused_and_nothing_is_done(medic):
    token = medic.folder / "wrong"
    token.write_text("wrong")
    with manager(medic, token=token) as server:
        fire(server, site())
        until(lambda: failures(server) >= 1, what="its post has failed")
    assert attempts(medic) == []
    assert not (medic.folder / "done.txt").exists()


def test_what_came_while_medic_was_killed_is_healed_once_after_its_start(medic):
    with manager(medic) as server:
        fire(server, site())
        acted(medic)
        medic.kill()
        medic.config["listen"] = medic.url.removeprefix("http://")
        fire(server, site(), resolved=True)
        medic.start()
        (attempt,) = closed(medic)
    assert attempt["outcome"] == "healed"
    assert (medic.folder / "done.txt").read_text().splitlines() == ["unit:site.service main"]


@pytest.mark.needs("prometheus")
def test_the_whole_circle_from_medics_metrics_over_prometheus_and_alertmanager_back_to_a_heal(medic):
    unhealed = 'absent(medic_heal_last_timestamp_seconds{remedy="by-resolve"})'
    rule = {"alert": "SiteDown", "expr": unhealed, "labels": {"unit": "site.service", "site": "main"}}
    (medic.folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "site", "rules": [rule]}]}))
    with manager(medic) as server:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {"job_name": "medic", "static_configs": [{"targets": [medic.url.removeprefix("http://")]}]}
            ],
            "rule_files": [str(medic.folder / "rules.yml")],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [server.url.removeprefix("http://")]}]}],
            },
        }
        with prometheus(medic.folder / "prometheus", config):
            (attempt,) = closed(medic)
    assert (attempt["remedy"], attempt["outcome"]) == ("by-resolve", "healed")


def notified(server):
    return counted(server, 'alertmanager_notifications_total{integration="webhook"}')


def failures(server):
    return counted(server, 'alertmanager_notification_requests_failed_total{integration="webhook"}')


def counted(server, series):
    """Return a counter of an Alertmanager, whose page is not JSON."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(series):
                return float(line.rsplit(" ", 1)[1])
    return 0.0
