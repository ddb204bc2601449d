"""Prometheus' HTTP service discovery, of a house that really stands."""

import pytest

import medic
from tests.app.web.living import open_door

PROBES = [{"name": "gateway", "url": "http://127.0.0.1:1/health"}, {"name": "db", "tcp": "127.0.0.1:2"}]


async def test_it_names_itself_as_it_was_reached(door):
    async with door.client.get("/sd/targets", headers={"Host": "localhost:1234"}) as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == [
            {
                "targets": ["localhost:1234"],
                "labels": {"__scheme__": "http", "__meta_medic_version": medic.__version__},
            }
        ]


async def test_its_probes_are_to_be_scraped_one_by_one(tmp_path):
    async with open_door(tmp_path, probes=PROBES) as door:
        _, found = await door.get("/sd/targets?of=probes", Host="localhost:1")
        assert [each["targets"] for each in found] == [["localhost:1"]] * 2
        assert [each["labels"]["__param_target"] for each in found] == ["gateway", "db"]
        assert {each["labels"]["__metrics_path__"] for each in found} == {"/probe"}


async def test_without_probes_there_is_an_empty_list(door):
    assert await door.get("/sd/targets?of=probes") == (200, [])


@pytest.mark.parametrize("of", ["nothing", ""])
async def test_another_list_is_refused_with_those_there_are(door, of):
    status, found = await door.get(f"/sd/targets?of={of}")
    assert status == 400
    assert "write one of self, probes" in found["error"]
