"""What Prometheus and load balancers ask, of a house that really stands."""

import pytest

from medic.app.web.exporting import MARGIN, PATIENCE, patience


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
    _, page = await door.get("/metrics?exclude[]=system")
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
    [("", PATIENCE), ("10", 10 - MARGIN), ("0.1", MARGIN), ("1e9", 60 - MARGIN), ("nan", PATIENCE), ("-3", PATIENCE)],
)
def test_a_scrape_may_take_what_it_grants_less_the_way_back(header, seconds):
    assert patience(header) == seconds
