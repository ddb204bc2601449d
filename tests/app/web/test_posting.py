"""Medic as an Alertmanager: what is posted is on disk before the answer, listed while it fires, and healed once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from medic.app.web.site import MAX_BODY
from tests.app.web.living import open_door

PATH = "/api/v2/alerts"


def alert(unit="demo.service", *, minutes=4, **changes):
    now = datetime.now(UTC)
    return {
        "labels": {"alertname": "Broken", "unit": unit},
        "annotations": {"summary": "it is broken"},
        "startsAt": (now - timedelta(minutes=10)).isoformat(),
        "endsAt": (now + timedelta(minutes=minutes)).isoformat(),
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
        **changes,
    }


async def attempts(door):
    return (await door.get("/api/v1/attempts"))[1]["attempts"]


async def test_an_alert_is_on_disk_before_the_empty_answer_and_healed_after_it(door):
    assert await door.post(PATH, [alert()]) == (200, "")
    [waiting] = await door.house.journal.waiting()
    assert (waiting.alert.label("unit"), waiting.alert.source) == ("demo.service", "prometheus")
    assert await attempts(door) == []
    await door.settle()
    [attempt] = await attempts(door)
    assert (attempt["remedy"], attempt["target"], attempt["succeeded"]) == ("note", "unit:demo.service", True)


async def test_what_is_posted_again_waits_for_nothing_and_its_end_is_seen(door):
    for _ in range(10):
        assert await door.post(PATH, [alert(), alert("other.service")]) == (200, "")
        await door.settle()
    assert len(await attempts(door)) == 1
    await door.post(PATH, [alert(), alert(minutes=-1)])
    await door.settle()
    await door.settle()  # what was taken in is weighed at the next look
    [attempt] = await attempts(door)
    assert attempt["outcome"] == "healed"


async def test_without_the_token_nothing_is_taken(door):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        status, _ = await door.ask("POST", PATH, data=json.dumps([alert()]).encode(), headers=headers)
        assert status == 401
    assert await door.house.journal.waiting() == []
    assert await door.get(PATH) == (200, [])


async def test_a_body_that_is_no_list_is_refused_with_a_string_as_from_alertmanager(door):
    for body, words in [(b"", "not JSON"), (b"{}", "expected a list"), (b'"x"', "expected a list"), (b"[", "not JSON")]:
        status, told = await door.post(PATH, body)
        assert status == 400
        assert words in told


async def test_alerts_that_are_wrong_are_told_and_the_others_taken(door):
    status, told = await door.post(PATH, [alert(), *({"labels": {}} for _ in range(12))])
    assert status == 400
    assert told.startswith("[1].labels: empty")
    assert told.endswith("and 2 more")
    await door.settle()
    assert len(await attempts(door)) == 1


async def test_an_empty_list_is_well(door):
    assert await door.post(PATH, []) == (200, "")


async def test_a_body_over_four_mebibytes_is_too_large(door):
    assert (await door.post(PATH, b" " * (MAX_BODY + 1)))[0] == 413


async def test_what_fires_is_listed_as_alertmanager_lists_it(door):
    await door.post(PATH, [alert(), alert("other.service"), alert("third.service", minutes=-1)])
    status, found = await door.get(PATH)
    assert status == 200
    first, second = found
    assert first["labels"] == {"alertname": "Broken", "unit": "demo.service"}
    assert first["status"] == {"inhibitedBy": [], "silencedBy": [], "state": "active"}
    assert first["receivers"] == [{"name": "medic"}]
    assert first["generatorURL"] == alert()["generatorURL"]
    assert first["startsAt"] < first["updatedAt"] < first["endsAt"]
    assert len(first["fingerprint"]) == 16
    for query, wanted in [
        ('filter=unit="other.service"', [second]),
        ("filter=unit=~%22.*%22&filter=alertname!=%22Broken%22", []),
        ("active=false", []),
        ("active=true&receiver=medic&silenced=true", found),
        ("receiver=other", []),
    ]:
        assert await door.get(f"{PATH}?{query}") == (200, wanted)
    assert (await door.get(f"{PATH}?filter=%7B"))[0] == 400


async def test_a_list_of_thousands_is_written_while_others_are_answered(door):
    found = [alert(f"{n}.service") for n in range(5000)]
    assert await door.post(PATH, found) == (200, "")
    listing, answered = asyncio.ensure_future(door.get(PATH)), 0
    while not listing.done():
        assert (await door.get("/-/healthy"))[0] == 200
        answered += 1
    status, shown = await listing
    assert (status, len(shown), answered >= 3) == (200, 5000, True)


async def test_a_body_that_is_large_and_wrong_is_refused_as_a_small_one_is(door):
    status, told = await door.post(PATH, b"[" * 100_000)
    assert (status, "not JSON" in told) == (400, True)


async def test_a_full_inbox_is_busy_and_says_when_to_come_again(door):
    labels = [{"labels": {"alertname": "Other", "n": str(n)}} for n in range(20_000)]
    for start in range(0, 20_000, 5000):
        assert (await door.post(PATH, labels[start : start + 5000]))[0] == 200
    headers = {"Authorization": f"Bearer {door.token}"}
    async with door.client.post(PATH, json=[alert()], headers=headers) as answer:
        assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)


async def test_the_link_of_an_alert_leads_to_its_expression(door):
    async with door.client.get("/graph?g0.expr=x+%3E+1%25&g0.tab=1", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == "/api/v1/query?query=x+%3E+1%25"
    async with door.client.get("/graph", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/"


async def test_medics_own_alert_that_comes_back_is_known_as_what_it_is(tmp_path):
    rules = {"defaults": False, "external_labels": {"host": "web1"}, "external_url": "http://medic:10119"}
    async with open_door(tmp_path, rules=rules) as door:
        labels = {"alertname": "Broken", "unit": "demo.service", "host": "web1"}
        own = alert(labels=labels, generatorURL="http://medic:10119/graph?g0.expr=x&g0.tab=1")
        assert await door.post(PATH, [own]) == (200, "")
        hook = {"version": "4", "alerts": [{**own, "status": "firing"}]}
        assert (await door.post("/api/v1/webhook/alertmanager", hook))[0] == 202
        for waiting in await door.house.journal.waiting():
            assert dict(waiting.alert.labels) == {"alertname": "Broken", "unit": "demo.service"}
