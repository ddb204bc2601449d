"""Every collector that Medic builds can be switched by its name and by its group, whatever a configuration declares."""

from dataclasses import replace

import pytest

from exporter.switching import Switch
from medic.app.settings import load
from medic.app.settings.measure import Collectors
from medic.app.settings.sections import keys_of
from medic.app.settings.switches import collector_names
from medic.app.state import State, prepare
from medic.app.switching import switches
from medic.app.wiring import furnish
from medic.core.clock import SystemClock
from medic.core.samples import labels
from tests.app.settings.reading import section
from tests.app.web.living import open_door
from tests.exporter.tree import values

CONFIGURATION = """
listen: 127.0.0.1:0
queues: [{name: mail, backend: http, url: "http://127.0.0.1:9/"}]
probes: [{name: gateway, url: "http://127.0.0.1:9/"}]
collectors: {textfile: {directory: [.]}, processes: {groups: [{name: python, match: python}]}%s}
"""
DECLARED = {"queues": [{"name": "mail"}], "probes": [{"name": "gateway"}]}


async def runner(folder, more=""):
    """Furnish a house and return its runner; nothing runs."""
    file = folder / "medic.yml"
    file.write_text(CONFIGURATION % more)
    settings = load(file, state=folder / "state", variables={})
    prepare(State(settings.state))
    async with furnish(settings, SystemClock()) as house:
        return house.runner


async def test_every_name_and_every_group_is_one_that_a_configuration_may_say(tmp_path):
    built = (await runner(tmp_path)).collectors.values()
    known = collector_names(DECLARED) | set(keys_of(Collectors))
    assert {each.name for each in built} - known == set()
    assert {each.group for each in built} - known == set()


async def test_what_a_configuration_says_reaches_the_collectors(tmp_path):
    said = ', netstat: {enabled: false}, "queue:mail": {expose: false}, workers: {every: 1m}, max_series: 777'
    found = await runner(tmp_path, said)
    assert "netstat" not in found.collectors
    assert not found.collectors["queue:mail"].expose
    assert (found.collectors["workers"].cheap, found.collectors["workers"].every) == (False, 60.0)
    assert found._most == 777


SECTIONS = {
    "system": {"cpu", "processes"},
    "gpu": {"gpu", "gpu_xids"},
    "textfile": {"textfile"},
    "processes": {"processes", "groups"},
    "workers": {"workers", "worker_usage"},
    "queues": {"queue:mail"},
    "probes": {"probe:gateway"},
}


def sections(**said):
    """Return what to write where *said* is said of sections."""
    declared = {"textfile": {"directory": "."}, "processes": {"groups": [{"name": "python", "match": "python"}]}}
    return {
        "queues": [{"name": "mail", "backend": "http", "url": "http://127.0.0.1:9/"}],
        "probes": [{"name": "gateway", "url": "http://127.0.0.1:9/"}],
        "collectors": declared | {name: declared.get(name, {}) | each for name, each in said.items()},
    }


@pytest.mark.parametrize("section", SECTIONS)
async def test_what_is_said_of_a_section_holds_for_all_its_collectors(tmp_path, section):
    said = sections(**{section: {"every": "7s", "timeout": "3s", "expose": False, "max_series": 9}})
    async with open_door(tmp_path, **said) as door:
        found = door.house.runner.collectors
    mine = [found[name] for name in SECTIONS[section]]
    assert {(each.cheap, each.every, each.timeout, each.expose, each.most) for each in mine} == {
        (False, 7.0, 3.0, False, 9)
    }
    assert found["medic"].expose


@pytest.mark.parametrize("section", SECTIONS)
async def test_a_section_that_is_disabled_has_no_collector(tmp_path, section):
    async with open_door(tmp_path, **sections(**{section: {"enabled": False}})) as door:
        assert SECTIONS[section].isdisjoint(door.house.runner.collectors)
        assert (await door.get("/metrics"))[0] == 200
        await door.house.ticker.tick()
        assert (await door.get("/api/v1/status"))[0] == 200


async def test_collectors_in_threads_know_the_workers_though_nothing_is_told_of_these(tmp_path):
    said = {"workers": {"enabled": False}, "worker_usage": {"enabled": True}}
    async with open_door(tmp_path, collectors=said) as door:
        await door.house.supervisor.ensure()
        await door.house.runner.refresh("worker_usage")
        families = (await door.house.runner.tick()).families
    assert values(families, "medic_worker_tree_processes") == {
        labels(pool="pair", worker=f"pair/{slot}"): 1 for slot in (1, 2)
    }
    assert "medic_worker_up" not in {each.name for each in families}


def test_what_is_written_with_the_value_of_the_default_is_said_all_the_same():
    found = switches(section(Collectors, {"cpu": {"expose": True}}))
    assert found["cpu"] == replace(Switch(), expose=True)
