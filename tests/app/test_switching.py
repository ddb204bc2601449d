"""Every collector that Medic builds can be switched by its name and by its group, whatever a configuration declares."""

from dataclasses import replace

from exporter.switching import Switch
from medic.app.settings import load
from medic.app.settings.measure import Collectors
from medic.app.settings.switches import collector_names
from medic.app.state import State, prepare
from medic.app.switching import switches
from medic.app.wiring import furnish
from medic.core.clock import SystemClock

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
    known = collector_names(DECLARED) | Collectors.model_fields.keys()
    assert {each.name for each in built} - known == set()
    assert {each.group for each in built} - known == set()


async def test_what_a_configuration_says_reaches_the_collectors(tmp_path):
    said = ', netstat: {enabled: false}, "queue:mail": {expose: false}, workers: {every: 1m}, max_series: 777'
    found = await runner(tmp_path, said)
    assert "netstat" not in found.collectors
    assert not found.collectors["queue:mail"].expose
    assert (found.collectors["workers"].cheap, found.collectors["workers"].every) == (False, 60.0)
    assert found._most == 777


def test_what_is_written_with_the_value_of_the_default_is_said_all_the_same():
    found = switches(Collectors.model_validate({"cpu": {"expose": True}}))
    assert found["cpu"] == replace(Switch(), expose=True)
