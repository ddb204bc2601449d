"""What Prometheus and load balancers ask, of a house that really stands."""

import asyncio
import gzip
import re
import threading
from contextlib import ExitStack

import pytest

from medic.app.web.exporting import LARGE, MARGIN, PATIENCE, patience, write
from medic.app.web.keys import SCRAPES
from medic.app.web.scrapes import Scrapes
from medic.core.samples import Family, Kind, Sample, labels, written
from tests.app.web.living import open_door


async def test_healthy_is_answered_before_anything_was_measured_and_ready_is_not(door):
    assert await door.get("/-/healthy") == (200, "Medic is Healthy.\n")
    status, text = await door.get("/-/ready")
    assert (status, "not ready" in text) == (503, True)
    await door.house.ticker.tick()
    assert await door.get("/-/ready") == (200, "Medic is Ready.\n")


@pytest.mark.parametrize(
    ("accept", "kind", "end"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "# EOF\n",
        ),
    ],
)
async def test_metrics_come_in_the_format_that_the_scraper_likes_best(door, accept, kind, end):
    async with door.client.get("/metrics", headers={"Accept": accept} if accept else {}) as answer:
        page = await answer.text()
        assert answer.headers["Content-Type"] == kind
    assert page.endswith(end)
    assert ("# EOF" in page) is (end != "\n")
    assert "medic_build_info{" in page


async def test_a_page_is_compressed_only_for_those_who_say_so(door):
    async with door.client.get("/metrics", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
    async with door.client.get("/metrics", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_collectors_are_chosen_and_left_out_by_name_and_by_group(door):
    _, page = await door.get("/metrics?collect[]=loadavg")
    assert "node_load1 " in page
    assert "node_memory_MemTotal_bytes" not in page
    assert "medic_build_info" not in page
    _, page = await door.get("/metrics?exclude[]=system&exclude[]=textfile")
    assert "node_" not in page
    assert "medic_build_info" in page


async def test_a_collector_that_is_not_there_is_refused_by_name(door):
    status, found = await door.get("/metrics?collect[]=nothing")
    assert status == 400
    assert "nothing" in found["error"]


async def test_what_changes_in_the_house_shows_on_the_next_page(door):
    assert 'medic_worker_processes{pool="pair"} 0' in (await door.get("/metrics"))[1]
    await door.post("/api/v1/workers/ensure")
    await door.post("/api/v1/pause", {"for_seconds": 60, "why": "x"})
    await door.house.runner.tick()
    await door.house.runner.tick()
    _, page = await door.get("/metrics")
    assert 'medic_worker_processes{pool="pair"} 2' in page
    assert "medic_healing_paused 1" in page


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", PATIENCE),
        ("10", 10 - MARGIN),
        ("0.1", MARGIN),
        ("1e9", 60 - MARGIN),
        ("1e999", 60 - MARGIN),
        ("inf", 60 - MARGIN),
        ("nan", PATIENCE),
        ("-3", PATIENCE),
        ("-inf", PATIENCE),
        ("0", PATIENCE),
        ("ten", PATIENCE),
    ],
)
def test_a_scrape_may_take_what_it_grants_less_the_way_back(header, seconds):
    assert patience(header) == seconds


async def test_chosen_and_left_out_collectors_cannot_be_combined_as_in_node_exporter(door):
    status, found = await door.get("/metrics?collect[]=loadavg&exclude[]=cpu")
    assert status == 400
    assert "keep one of the two" in found["error"]


async def test_a_page_is_not_compressed_for_those_who_refuse_it(door):
    async with door.client.get("/metrics", headers={"Accept-Encoding": "gzip;q=0, *"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/sd/targets", "/api/v1/status", "/api/v1/metadata"])
async def test_head_is_answered_like_get_without_its_body(door, path):
    async with door.client.head(path) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_other_methods_are_told_which_there_are(door, method):
    async with door.client.request(method, "/metrics", headers={"Authorization": f"Bearer {door.token}"}) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_more_scrapes_at_once_than_are_allowed_are_asked_to_come_again(tmp_path):
    async with open_door(tmp_path, web={"max_requests": 2}) as door:
        scrapes = door.client.app[SCRAPES]
        with scrapes.one(), scrapes.one():
            async with door.client.get("/metrics") as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
                assert "web.max_requests" in (await answer.json())["error"]
            assert (await door.get("/-/healthy"))[0] == 200
        assert (await door.get("/metrics"))[0] == 200
        assert scrapes.under_way == 0


class Watched(list):
    """Samples that know in which threads they were read."""

    def __init__(self, count):
        super().__init__(Sample("many", labels(n=str(number)), number) for number in range(count))
        self.readers = set()

    def __iter__(self):
        self.readers.add(threading.current_thread())
        return super().__iter__()


@pytest.mark.parametrize(("count", "on_the_loop"), [(LARGE - 1, True), (LARGE, False)])
async def test_only_a_large_page_is_written_beside_the_loop(count, on_the_loop):
    samples = Watched(count)
    page = await write([Family("many", Kind.GAUGE, "Many.", samples)], "", gzipped=True, turn=asyncio.Lock())
    assert samples.readers
    assert (threading.current_thread() in samples.readers) is on_the_loop
    assert page.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.body).endswith(f'many{{n="{count - 1}"}} {count - 1}\n'.encode())


async def test_bounds_of_buckets_are_written_in_the_canonical_form(door):
    _, page = await door.get("/metrics")
    bounds = set(re.findall(r'le="([^"]*)"', page))
    assert {"1.0", "+Inf"} <= bounds == {written(float(bound)) for bound in bounds}


async def test_what_became_of_scrapes_their_places_are_free_again(tmp_path):
    async with open_door(tmp_path, web={"max_requests": 1}) as door:
        async with door.client.get("/metrics?collect[]=nothing") as answer:
            assert answer.status == 400
        assert door.client.app[SCRAPES].under_way == 0
        many = await asyncio.gather(*(door.get("/metrics") for _ in range(5)))
        assert {status for status, _ in many} <= {200, 503}
        assert door.client.app[SCRAPES].under_way == 0


def test_no_limit_is_no_limit():
    scrapes = Scrapes(0)
    with ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(scrapes.one())
        assert scrapes.under_way == 1000
