"""What Prometheus' API refuses, and what it does under load."""

import asyncio
import io
from urllib.parse import urlencode

import pytest

from medic.app.web.guard import QUESTIONS
from medic.app.web.promapi.routes import ASKED, LARGE
from rules.promql import Budget, EvaluationError, compile_query
from rules.promql.budget import MOST_KEPT
from rules.series import Series
from tests.app.web.living import open_door
from tests.app.web.prometheus import HEAVY, POSTED, T, ask, feed


@pytest.fixture
def fed(door):
    feed(door.house.series)
    return door


WRONG = {
    "query?query=": "parse error: no expression found in input",
    "query": "parse error: no expression found in input",
    "query?query=up%3D%3D": 'invalid parameter "query": ',
    "query?query=%ff": "error parsing form values",
    "query?query=rate(up)": 'invalid parameter "query": ',
    "query?query=1&time=abc": 'invalid parameter "time": Invalid time value for \'time\': cannot parse "abc"',
    "query?query=1&timeout=abc": 'invalid parameter "timeout": cannot parse "abc" to a valid duration',
    "query?query=1&limit=-1": 'invalid parameter "limit"',
    "query?query=1&lookback_delta=1m": "Medic looks back 5m",
    "query_range?query=1&start=5&end=1&step=1": "end timestamp must not be before start time",
    "query_range?query=up[5m]&start=1&end=2&step=1": 'invalid expression type "range vector" for range query',
    'query_range?query="a"&start=1&end=2&step=1': 'invalid expression type "string" for range query',
    "query_range?query=1&start=5&end=10&step=0": "zero or negative query resolution step widths",
    "query_range?query=1&start=5&end=99999&step=1": "exceeded maximum resolution of 11,000 points",
    "query_exemplars?query=": 'invalid parameter "query"',
    "query_exemplars?query=up&start=x": 'invalid parameter "start"',
    "format_query?query=up{": 'invalid parameter "query"',
    "series": "no match[] parameter provided",
    "series?match[]=": 'invalid parameter "match[]"',
    "series?match[]=up[5m]": 'invalid parameter "match[]"',
    "series?match[]=up&start=x": 'invalid parameter "start": Invalid time value for',
    "labels?end=x": 'invalid parameter "end": Invalid time value for',
    "labels?limit=x": 'invalid parameter "limit"',
    "label/U__/values": "invalid label name",
    "metadata?limit=x": "limit must be a number",
    "metadata?limit_per_metric=x": "limit_per_metric must be a number",
    "rules?type=foo": 'invalid parameter "type": not supported value "foo"',
    "rules?exclude_alerts=7": 'invalid parameter "exclude_alerts"',
    "rules?match[]=7": 'invalid parameter "match[]"',
    "rules?group_next_token=x": "group_limit needs to be present",
    "rules?group_limit=0": "group_limit needs to be a positive number",
    "rules?group_limit=1&group_next_token=x": "were rule groups changed?",
}


@pytest.mark.parametrize("path", WRONG)
async def test_what_is_wrong_is_refused_with_the_parameter_and_the_reason(fed, path):
    status, found = await fed.get(f"/api/v1/{path}")
    assert (status, found["status"], found["errorType"]) == (400, "error", "bad_data")
    assert WRONG[path] in found["error"]


async def test_a_query_that_does_not_fit_its_data_is_an_execution_error(fed):
    status, kind, text = await ask(fed, "query", query="c_total + on (job) c_total", time=T)
    assert (status, kind) == (422, "execution")
    assert "many-to-many" in text or "duplicate" in text


async def test_a_query_that_loads_too_much_fails_alone_and_names_the_key(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "max_samples": 9}) as door:
        feed(door.house.series)
        status, kind, text = await ask(door, "query", query="sum_over_time(c_total[10m])", time=T)
        assert (status, kind, "max_samples" in text) == (422, "execution", True)
        assert (await ask(door, "query", query="g", time=T))[0] == 200


@pytest.mark.parametrize("timeout", ["0", "-1", "0.0001", "1ms"])
async def test_a_query_that_takes_longer_than_it_may_ends_with_a_timeout(door, timeout):
    feed(door.house.series, count=100, width=50)
    status, kind, text = await ask(door, "query_range", **HEAVY, timeout=timeout)
    assert (status, kind) == (503, "timeout")
    assert "query timed out" in text


async def test_the_configuration_bounds_what_a_client_may_grant_itself(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "timeout": "10ms"}) as door:
        feed(door.house.series, count=100, width=50)
        assert (await ask(door, "query_range", **HEAVY, timeout="1h"))[:2] == (503, "timeout")


async def test_a_heavy_query_stops_neither_ticks_nor_other_answers(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "max_samples": 10**12}) as door:
        feed(door.house.series, count=100, width=50)
        heavy = [asyncio.ensure_future(ask(door, "query_range", **HEAVY, timeout="2")) for _ in range(6)]
        rounds = 0
        while not any(task.done() for task in heavy):
            assert (await door.get("/-/healthy"))[0] == 200
            await door.house.ticker.tick()
            rounds += 1
        assert rounds >= 3
        assert {(await task)[:2] for task in heavy} == {(503, "timeout")}


async def test_a_small_query_is_answered_while_large_ones_compute(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "max_samples": 10**12}) as door:
        feed(door.house.series, count=100, width=50)
        heavy = [asyncio.ensure_future(ask(door, "query_range", **HEAVY, timeout="3")) for _ in range(2)]
        await asyncio.wait(heavy, timeout=0.1)
        assert (await ask(door, "query", query="count(g)", time=T))[0] == 200
        assert not [task for task in heavy if task.done()]
        for task in heavy:
            assert (await task)[:2] == (503, "timeout")


async def post(door, form, path="query"):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await door.ask("POST", f"/api/v1/{path}", data=io.BytesIO(form.encode()), headers=headers)


async def test_a_thousand_selections_of_everything_end_with_their_time_and_let_others_in_meanwhile(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "timeout": "1s"}) as door:
        feed(door.house.series, count=2, width=5000)
        everything = [("match[]", '{instance=~".*[0-9].*"}')] * 990
        heavy = [asyncio.ensure_future(post(door, urlencode(everything), "series")) for _ in range(3)]
        await asyncio.wait(heavy, timeout=0.1)
        assert (await ask(door, "query", query="count(g)", time=T))[0] == 200
        for task in heavy:
            status, found = await task
            assert (status, found["errorType"]) == (503, "timeout")
        assert (await ask(door, "query", query="count(g)", time=T))[0] == 200


async def test_a_thousand_selections_of_rules_end_with_their_time_too(tmp_path):
    async with open_door(tmp_path, rules={"defaults": False, "timeout": "1ms"}) as door:
        path = f"/api/v1/rules?{urlencode([('match[]', 'up')] * 990)}"
        status, found = await door.get(path[:8000].rpartition("&")[0])
        assert (status, found["errorType"]) == (503, "timeout")


async def test_a_body_of_percent_signs_is_read_while_others_are_answered(fed):
    reading = asyncio.ensure_future(post(fed, "query=" + "%41" * 1_300_000))
    answered = 0
    while not reading.done():
        assert (await fed.get("/-/healthy"))[0] == 200
        answered += 1
    status, found = await reading
    assert (status, found["errorType"]) == (400, "bad_data")
    assert answered >= 10


async def test_a_large_form_is_read_as_a_small_one_is(fed):
    padding = "x" * (LARGE + 1)
    assert (await post(fed, urlencode({"query": "g", "time": T, "padding": padding})))[0] == 200
    status, found = await post(fed, f"query=%ff&padding={padding}")
    assert (status, found["errorType"], "error parsing form values" in found["error"]) == (400, "bad_data", True)


@pytest.mark.parametrize("query", ["x" * 2**20, "(" * 200_000, "a+" * 100_000 + "a", "\x00", "💩", "\ufeff"])
async def test_no_query_whatever_does_more_than_be_refused(fed, query):
    status, found = await post(fed, urlencode({"query": query}))
    assert (status, found["errorType"]) == (400, "bad_data")
    assert len(found["error"]) < 2000


async def test_a_body_that_is_too_large_is_refused(fed):
    assert (await post(fed, "query=" + "x" * (5 * 2**20)))[0] == 413


async def test_a_body_of_another_type_holds_no_fields(fed):
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        status, found = await fed.ask("POST", "/api/v1/query", data=b"query=1", headers={"Content-Type": kind})
        assert (status, found["errorType"]) == (400, "bad_data")


@pytest.mark.parametrize("path", ["nothing", "query/x", "label/values", "label/a/b/values", "status/config", "write"])
async def test_what_prometheus_has_and_medic_has_not_is_not_found(fed, path):
    assert (await fed.get(f"/api/v1/{path}"))[0] == 404


@pytest.mark.parametrize("name", ["%00", "%ff", "%ed%a0%80", "a%2Fb", "x" * 5000, "U__%F0%9F%92%A9", "%27%3B--"])
async def test_no_name_of_a_label_breaks_it(fed, name):
    assert (await fed.get(f"/api/v1/label/{name}/values"))[0] == 200


async def test_other_methods_are_not_allowed(fed):
    for path in (*POSTED, "rules", "label/a/values"):
        status, _ = await fed.ask("DELETE", f"/api/v1/{path}", headers={"Authorization": f"Bearer {fed.token}"})
        assert status == 405


def test_whatever_is_asked_by_a_form_is_open_for_reading():
    assert {f"/api/v1/{name}" for name in ASKED} == QUESTIONS


def test_an_answer_that_would_fill_the_memory_is_refused():
    budget = Budget(max_samples=10, deadline=1.0, clock=lambda: 0.0)
    budget.keep(MOST_KEPT - 2)
    query = compile_query("vector(1)")
    assert len(query.over(Series().view(), range(2), budget).value.rows[0].points) == 2
    with pytest.raises(EvaluationError, match="more than 1000000 points: select fewer series, or widen the step"):
        query.over(Series().view(), range(1), budget)
