"""Prometheus' API as its clients meet it: over HTTP, on a house with series of the test's own."""

import gzip
import json
from urllib.parse import urlencode

import pytest

import medic
from medic.core.clock import to_ms
from medic.core.samples import Kind, labels
from tests.app.web.living import open_door
from tests.app.web.prometheus import HEAVY, POSTED, T, ask, family, feed, snapshot


@pytest.fixture
def fed(door):
    feed(door.house.series)
    return door


async def test_an_instant_query_gives_a_vector(fed):
    status, found = await ask(fed, "query", query='c_total{instance="1"}', time=T)
    metric = {"__name__": "c_total", "instance": "1", "job": "j"}
    assert (status, found) == (200, {"resultType": "vector", "result": [{"metric": metric, "value": [T, "60"]}]})


async def test_each_kind_of_result_has_prometheus_shape(fed):
    assert await ask(fed, "query", query="1+1", time=T) == (200, {"resultType": "scalar", "result": [T, "2"]})
    assert await ask(fed, "query", query='"x"', time=T) == (200, {"resultType": "string", "result": [T, "x"]})
    _, found = await ask(fed, "query", query="g[20s]", time=T)
    values = [[T - 15, "3.1"], [T, "4.1"]]
    assert found == {"resultType": "matrix", "result": [{"metric": {"__name__": "g"}, "values": values}]}


async def test_a_range_query_gives_a_matrix_and_leaves_out_times_without_samples(fed):
    _, found = await ask(fed, "query_range", query="g", start=T - 400, end=T, step="170s")
    metric = {"__name__": "g"}
    assert found == {"resultType": "matrix", "result": [{"metric": metric, "values": [[T - 60, "0.1"]]}]}


@pytest.mark.parametrize("at", [0, -1.5, T - 10_000, 9e12])
async def test_where_there_are_no_samples_nothing_is_found(fed, at):
    assert await ask(fed, "query", query="g", time=at) == (200, {"resultType": "vector", "result": []})


async def test_before_the_first_tick_everything_is_empty_and_nothing_fails(door):
    assert await ask(door, "query", query="up") == (200, {"resultType": "vector", "result": []})
    assert await ask(door, "query_range", query="up", start=0, end=1, step=1) == (
        200,
        {"resultType": "matrix", "result": []},
    )
    for path in ("labels", "label/job/values"):
        assert await ask(door, path) == (200, [])
    assert await ask(door, "series", **{"match[]": "up"}) == (200, [])
    assert await ask(door, "metadata") == (200, {})
    assert await ask(door, "alerts") == (200, {"alerts": []})


async def test_without_a_time_now_is_meant(door):
    now = to_ms(door.house.clock.now())
    door.house.series.append(snapshot(now, family("g", Kind.GAUGE, ((), 1.0))))
    _, found = await ask(door, "query", query="g")
    (sample,) = found["result"]
    assert sample["value"][0] >= now / 1000
    assert (await ask(door, "query", query="g", time=now / 1000 + 301))[1]["result"] == []  # 5 min of looking back


@pytest.mark.parametrize("path", POSTED)
async def test_questions_are_taken_from_a_form_without_a_token(fed, path):
    fields = {"query": "g", "match[]": "g", "start": T - 15, "end": T, "step": "15"}
    posted = await fed.ask("POST", f"/api/v1/{path}", data=fields)
    got = await fed.get(f"/api/v1/{path}?{urlencode(fields)}")
    assert got[0] == posted[0] == 200
    assert got[1]["status"] == "success"
    if path != "query":  # its time is now
        assert got == posted


async def test_a_question_from_a_page_under_a_name_of_its_own_needs_the_token(fed):
    status, _ = await fed.ask("POST", "/api/v1/query", data={"query": "1"}, headers={"Host": "evil.example"})
    assert status == 401
    status, _ = await fed.ask("POST", "/api/v1/pause", data={"query": "1"})
    assert status == 401


async def test_beyond_loopback_questions_need_the_token(tmp_path):
    async with open_door(tmp_path, loopback=False) as door:
        for method in ("GET", "POST"):
            assert (await door.ask(method, "/api/v1/query?query=1"))[0] == 401
            bearer = {"Authorization": f"Bearer {door.token}"}
            assert (await door.ask(method, "/api/v1/query?query=1", headers=bearer))[0] == 200


async def test_no_page_of_another_origin_may_read_the_answer(fed):
    async with fed.client.get("/api/v1/query?query=1", headers={"Origin": "http://evil.example"}) as answer:
        assert answer.content_type == "application/json"
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_series_are_listed_with_all_their_labels(fed):
    _, found = await ask(fed, "series", **{"match[]": ["g", 'c_total{instance="0"}']})
    assert found == [{"__name__": "c_total", "instance": "0", "job": "j"}, {"__name__": "g"}]
    assert (await ask(fed, "series", **{"match[]": "g", "end": T - 61}))[1] == []
    assert (await ask(fed, "series", **{"match[]": "g", "start": T, "end": T}))[1] == [{"__name__": "g"}]


async def test_labels_and_their_values_are_those_of_the_series_that_are_meant(fed):
    assert (await ask(fed, "labels"))[1] == ["__name__", "instance", "job"]
    assert (await ask(fed, "labels", **{"match[]": "g"}))[1] == ["__name__"]
    assert (await ask(fed, "label/__name__/values"))[1] == ["c_total", "g"]
    assert (await ask(fed, "label/instance/values", **{"match[]": "c_total"}))[1] == ["0", "1"]
    assert (await ask(fed, "label/instance/values", start=T + 1))[1] == []
    assert (await ask(fed, "label/U__instance/values"))[1] == ["0", "1"]
    assert (await ask(fed, "label/nothing/values"))[1] == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("labels", {}),
        ("label/__name__/values", {}),
        ("series", {"match[]": '{__name__=~".+"}'}),
        ("query", {"query": "c_total", "time": T}),
        ("query_range", {"query": "c_total", "start": T - 15, "end": T, "step": 15}),
    ],
)
async def test_a_limit_cuts_the_answer_and_warns_of_it(fed, path, fields):
    status, found = await fed.get(f"/api/v1/{path}?{urlencode({**fields, 'limit': 1})}")
    assert status == 200
    data = found["data"]["result"] if isinstance(found["data"], dict) else found["data"]
    assert len(data) == 1
    assert found["warnings"] == ["results truncated due to limit"]
    _, found = await fed.get(f"/api/v1/{path}?{urlencode({**fields, 'limit': 3})}")
    assert "warnings" not in found


async def test_annotations_are_told(fed):
    _, found = await fed.get(f"/api/v1/query?{urlencode({'query': 'quantile(7, g)', 'time': T})}")
    (warning,) = found["warnings"]
    assert warning.startswith("PromQL warning: quantile value should be between 0 and 1, got 7")


async def test_stats_are_told_to_those_who_ask(fed):
    assert "stats" not in (await ask(fed, "query", query="g", time=T))[1]
    _, found = await ask(fed, "query", query="g", time=T, stats="all")
    assert found["stats"]["timings"]["evalTotalTime"] > 0
    assert found["stats"]["samples"]["totalQueryableSamples"] == 1


async def test_large_answers_are_gzipped_for_those_who_take_it(door):
    feed(door.house.series, width=200)
    path = f"/api/v1/query?{urlencode({'query': 'c_total', 'time': T})}"
    async with door.client.get(path, headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        body = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
    async with door.client.get(path, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert gzip.decompress(body) == await answer.read()


async def test_labels_that_are_no_text_and_any_number_are_answered_as_json(door):
    strange = family("s", Kind.GAUGE, (labels(a="x\udcff"), float("nan")), (labels(a='"\n\\'), float("inf")))
    door.house.series.append(snapshot(T * 1000, strange))
    _, found = await ask(door, "query", query="s", time=T)
    shown = {each["metric"]["a"]: each["value"][1] for each in found["result"]}
    assert shown == {"x\ufffd": "NaN", '"\n\\': "+Inf"}
    assert (await ask(door, "label/a/values"))[1] == ['"\n\\', "x\ufffd"]


async def test_an_expression_is_written_evenly(fed):
    assert (await ask(fed, "format_query", query="sum (up)by(a)"))[1] == "sum by (a) (up)"


async def test_there_are_no_exemplars(fed):
    assert await ask(fed, "query_exemplars", query="g", start=0, end=1) == (200, [])


async def test_there_are_no_targets_since_medic_scrapes_nobody(door):
    assert await ask(door, "targets", state="active") == (200, {"activeTargets": [], "droppedTargets": []})
    assert await ask(door, "scrape_pools") == (200, {"scrapePools": []})


async def test_metadata_tells_type_and_help(door):
    await door.house.ticker.tick()
    _, found = await ask(door, "metadata")
    assert found["medic_build_info"][0]["type"] == "gauge"
    assert found["node_cpu_seconds_total"] == [
        {"type": "counter", "help": found["node_cpu_seconds_total"][0]["help"], "unit": ""}
    ]
    assert all(one["help"] for entries in found.values() for one in entries)
    assert list((await ask(door, "metadata", metric="node_load1"))[1]) == ["node_load1"]
    for limit, shown in ((2, 2), ("+2", 2), (0, 0), (-5, len(found)), ("", len(found))):
        assert len((await ask(door, "metadata", limit=limit))[1]) == shown
    for limit in (1, 0, -1):
        assert (await ask(door, "metadata", limit_per_metric=limit))[1] == found
    assert (await ask(door, "metadata", metric="nothing"))[1] == {}


async def test_buildinfo_names_medics_own_version(door):
    _, found = await ask(door, "status/buildinfo")
    assert found["version"] == medic.__version__
    assert set(found) == {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}


async def test_the_answer_of_a_head_request_has_no_body(fed):
    async with fed.client.head("/api/v1/query?query=1") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_numbers_in_answers_are_json_that_any_reader_takes(fed):
    async with fed.client.get(f"/api/v1/query_range?{urlencode(HEAVY | {'query': 'g', 'step': 15})}") as answer:
        assert json.loads(await answer.read(), parse_constant=pytest.fail)["status"] == "success"
