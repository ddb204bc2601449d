"""The webhook's door: what is no webhook is refused with advice and leads to nothing; what is one is on disk."""

import asyncio
import json
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healer import reception
from healer.webhook import WebhookError, parse
from medic.app.web.site import MAX_BODY
from medic.core.alerts import Source
from tests.app.web.living import open_door

PATH = "/api/v1/webhook/alertmanager"
ALERT = {
    "status": "firing",
    "labels": {"alertname": "Broken", "unit": "demo.service"},
    "annotations": {"summary": "it is broken"},
    "startsAt": "2026-01-02T03:04:05.678Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://127.0.0.1:9090/graph",
    "fingerprint": "0123456789abcdef",
}


def body(*alerts, **changes):
    return {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "medic", "alerts": [*alerts], **changes}


def alert(**changes):
    return {**ALERT, **changes}


async def nothing_happened(door):
    await door.settle()
    assert await door.get("/api/v1/episodes") == (200, {"episodes": []})
    assert await door.get("/api/v1/attempts") == (200, {"attempts": []})


async def test_an_alert_that_is_accepted_is_on_disk_before_the_answer_and_healed_after_it(door):
    assert await door.post(PATH, body(alert())) == (202, {"accepted": 1})
    waiting = await door.house.journal.waiting()
    assert [each.alert.label("unit") for each in waiting] == ["demo.service"]
    assert (await door.get("/api/v1/attempts"))[1] == {"attempts": []}
    await door.settle()
    (attempt,) = (await door.get("/api/v1/attempts"))[1]["attempts"]
    assert (attempt["remedy"], attempt["target"], attempt["succeeded"]) == ("note", "unit:demo.service", True)


async def test_the_same_alert_of_many_senders_with_other_starts_leads_to_one_attempt(door):
    for second in range(10):
        copy = alert(startsAt=f"2026-01-02T03:04:{second:02}Z")
        assert (await door.post(PATH, body(copy, copy)))[0] == 202
        await door.settle()
    assert len((await door.get("/api/v1/attempts"))[1]["attempts"]) == 1


async def test_a_target_that_an_alert_names_and_nobody_declared_is_left_alone_and_counted(door):
    await door.post(PATH, body(alert(labels={"alertname": "Broken", "unit": "sshd.service"})))
    await nothing_happened(door)
    _, page = await door.get("/metrics")
    assert 'medic_heal_suppressed_total{reason="no-target",remedy="note"} 1.0' in page
    assert "declared nowhere" in (await door.get("/api/v1/explain?of=Broken"))[1]["text"]


async def test_a_label_that_the_remedy_needs_and_that_is_missing_is_no_target(door):
    await door.post(PATH, body(alert(labels={"alertname": "Broken"})))
    await nothing_happened(door)
    assert 'medic_heal_suppressed_total{reason="no-target",remedy="note"} 1.0' in (await door.get("/metrics"))[1]


NO_WEBHOOKS = [
    (b"", "not JSON"),
    (b"alerts", "not JSON"),
    (b"\xff\xfe\x00", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"9" * 10_000, "not JSON"),
    (b"[]", "expected an object"),
    (b"null", "expected an object"),
    ({}, "alerts: missing"),
    (body(version="3"), "version"),
    (body(version=4), "version"),
    (body(version=["4"]), "version"),
    ({"version": "4", "alerts": {}}, "alerts: expected a list"),
    (body(None), "alerts[0]: expected an object"),
    (body(alert(labels=[])), "alerts[0].labels: expected an object"),
    (body(alert(labels={})), "alerts[0].labels: empty"),
    (body(alert(labels={"a": 1})), "alerts[0].labels.a: expected a string"),
    (body(alert(labels={"a b": "x"})), "is not a label name"),
    (body(alert(labels={"a": "x" * 5000})), "5000 characters"),
    (body(alert(labels={f"a{n}": "x" for n in range(65)})), "65 entries"),
    (body(alert(labels={"a": "\0"})), "NUL"),
    (body(alert(labels={"a": "\ud800"})), "surrogate"),
    (body(alert(status="on")), 'expected "firing" or "resolved"'),
    (body(alert(status=["firing"])), 'expected "firing" or "resolved"'),
    (body(alert(status={})), 'expected "firing" or "resolved"'),
    (body(alert(annotations="x")), "annotations: expected an object"),
    (body(alert(startsAt=None)), "startsAt: expected a time"),
    (body(alert(startsAt="yesterday")), "startsAt: expected a time"),
    (body(alert(startsAt="2026-01-02T03:04:05")), "startsAt: expected a time"),
    (body(alert(startsAt="0001-01-01T00:00:00Z")), "startsAt: expected a time"),
    (body(alert(status="resolved", endsAt="never")), "endsAt: expected a time"),
    (body(alert(), alert(status="x")), "alerts[1].status"),
    (body(*[alert()] * 10_001), "10001 in one body"),
]


async def test_what_is_no_webhook_is_refused_with_its_place_and_nothing_of_it_is_kept(door):
    for content, words in NO_WEBHOOKS:
        status, found = await door.post(PATH, content)
        assert status == 400, words
        assert words in found["error"]
        assert len(found["error"]) < 300
        assert await door.house.journal.waiting() == []


async def test_a_body_over_four_mebibytes_is_too_large(door):
    status, found = await door.post(PATH, b" " * (MAX_BODY + 1))
    assert status == 413
    assert found["error"]
    await nothing_happened(door)


async def test_a_body_of_just_four_mebibytes_is_read(door):
    content = json.dumps(body(alert())).encode()
    assert (await door.post(PATH, content + b" " * (MAX_BODY - len(content))))[0] == 202


async def test_without_the_token_nothing_is_taken_whatever_the_body_is(door):
    for given_ in (None, "Bearer", "Bearer wrong", f"Token {door.token}", "Basic bWVkaWM6bWVkaWM="):
        headers = {} if given_ is None else {"Authorization": given_}
        for content in (json.dumps(body(alert())).encode(), b"nonsense"):
            status, found = await door.ask("POST", PATH, data=content, headers=headers)
            assert status == 401, given_
            assert "Authorization: Bearer" in found["error"]
    await nothing_happened(door)


async def test_a_token_that_is_no_text_is_a_wrong_token(door):
    reader, writer = await asyncio.open_connection("127.0.0.1", door.client.port)
    writer.write(b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n" % PATH.encode())
    writer.write(b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] == b"401"


async def test_an_inbox_that_is_full_is_busy_keeps_nothing_and_says_when_to_come_again(door):
    late = parse(json.dumps(body(*[alert(labels={"alertname": "Other", "n": str(n)}) for n in range(5000)])).encode())
    for _ in range(reception.INBOX // 5000):
        await door.house.healer.receive(late)
    headers = {"Authorization": f"Bearer {door.token}"}
    async with door.client.post(PATH, json=body(alert()), headers=headers) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "error" in await answer.json()
    assert len(await door.house.journal.waiting()) == reception.INBOX
    await door.settle()
    assert (await door.post(PATH, body(alert())))[0] == 202


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
LABELS = st.dictionaries(
    st.text(max_size=8) | st.sampled_from(["alertname", "unit"]), st.text(max_size=8) | JSON, max_size=4
)
TIMES = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | st.text(max_size=30)
ALERTS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | JSON,
        "labels": LABELS | JSON,
        "annotations": LABELS | JSON,
        "startsAt": TIMES | JSON,
        "endsAt": TIMES | JSON,
    },
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda alerts, **more: json.dumps({**more, "alerts": alerts}).encode(), st.lists(ALERTS | JSON, max_size=3)
    )
)


@given(BODIES)
@settings(max_examples=300)
def test_any_body_is_alerts_that_can_be_kept_or_an_error_that_names_the_place(content):
    for each in parsed_or_refused(content):
        assert each.labels
        assert each.active_at.tzinfo is not None
        assert each.source is Source.ALERTMANAGER
        assert len(each.fingerprint) == 16


def parsed_or_refused(content):
    """Parse; what is refused is nothing, and any other error is a failure."""
    try:
        return parse(content)
    except WebhookError:
        return []


async def test_no_body_whatever_breaks_the_handler(tmp_path):
    async with open_door(tmp_path) as door:
        statuses = set()
        for content in samples(BODIES, 200):
            status, found = await door.post(PATH, content)
            statuses.add(status)
            assert status in {202, 400}, content
            assert ("error" in found) is (status == 400)
        await door.settle()
        assert statuses == {202, 400}


def samples(strategy, count):
    """Draw *count* examples, so that one house answers them all."""
    found = []

    @given(strategy)
    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    def draw(value):
        found.append(value)

    draw()
    return found
