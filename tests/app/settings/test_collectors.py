"""What can be said of collectors in a configuration."""

from datetime import timedelta

import pytest

from exporter.switching import Switch
from medic.app.settings import load
from medic.app.settings.measure import Collectors
from medic.app.settings.show import show
from medic.app.switching import switches
from tests.app.settings.reading import good, wrong


def said(text):
    """Return what is said of collectors, without what nothing is said of."""
    found = switches(good(f"collectors: {text}").configuration.collectors)
    return {name: switch for name, switch in found.items() if switch != Switch()}


def test_nothing_is_said_of_any_collector_unless_it_is_written():
    assert said("{}") == {}


@pytest.mark.parametrize("name", ["netstat", "system", "queues", "workers", "gpu", "processes", "textfile", "rules"])
def test_every_collector_and_group_can_be_switched(name):
    text = f"{{{name}: {{enabled: false, expose: false, timeout: 2s, every: 1m, max_series: 7}}}}"
    assert said(text) == {name: Switch(enabled=False, expose=False, timeout=2.0, every=60.0, most=7)}


def test_collectors_of_declared_queues_and_probes_can_be_switched():
    queue = "queues: [{name: mail, backend: http, url: 'http://h/'}]\ncollectors: {'queue:mail': {expose: false}}"
    assert switches(good(queue).configuration.collectors)["queue:mail"].expose is False
    assert "no collector of this name" in wrong("collectors: {'queue:mail': {expose: false}}")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{netstt: {enabled: false}}", "collectors.netstt: there is no collector of this name; did you mean netstat?"),
        ("{xyzzy: {}}", "name one of alertmanagers, arp, "),
        ("{netstat: {enable: false}}", "collectors.netstat.enable: unknown key; did you mean enabled?"),
        ("{netstat: {enabled: off}}", "collectors.netstat.enabled: 'off' is not true or false"),
        ("{netstat: 3}", "collectors.netstat: '3' is not a mapping"),
        ("{netstat: {every: 0}}", "is too short"),
        ("{netstat: {max_series: 0}}", "is too small"),
        ("{max_series: 0}", "collectors.max_series: '0' is too small"),
        ("[cpu, meminfo]", "collectors: is not a mapping; write key: value lines"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place_and_what_to_write(text, words):
    (mistake,) = wrong(f"collectors: {text}")
    assert mistake.startswith("medic.yml:1: collectors")
    assert words in mistake


def test_what_is_said_of_a_collector_shows_and_makes_another_configuration(tmp_path):
    file = tmp_path / "medic.yml"
    file.write_text("collectors: {netstat: {every: 1m}}")
    settings = load(file, variables={})
    assert show(settings)["collectors"]["netstat"]["every"] == "1m"
    assert settings.collectors != Collectors()
    assert settings.collectors.others["netstat"].every == timedelta(minutes=1)
