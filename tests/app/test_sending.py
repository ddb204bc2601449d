"""Sending to Alertmanagers that listen, refuse, hang or are not there: real sockets, and no waiting but for events."""

import asyncio
import base64
import contextlib
import json
import logging
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from medic.app.alertmanagers import letters, metrics
from medic.app.alertmanagers.office import DRAIN, Office
from medic.app.alertmanagers.outbox import BATCH, CAPACITY, Outbox
from medic.app.alertmanagers.sender import Sender
from medic.app.settings.judge import Rules
from medic.app.settings.peers import Alertmanager
from medic.app.settings.sections import SecretStr
from medic.core.clock import from_ms, to_ms
from medic.core.samples import labels
from rules.sending import Message
from tests.app.settings.reading import section
from tests.fakes import HandClock
from tests.rules.host import Host, group

NOW = to_ms(HandClock().now())
MINUTE = 60_000


def message(name="A", *, starts=NOW, ends=NOW + 4 * MINUTE, **pairs):
    return Message(labels(pairs, alertname=name), labels(summary="s"), starts, ends, "x > 1")


def many(count):
    return [message(n=str(number)) for number in range(count)]


class Manager:
    """What listens as an Alertmanager: it keeps what it is sent, and answers as it is told."""

    def __init__(self):
        self.requests = []
        self.heard = asyncio.Event()
        self.status = 200
        self.gate = None
        """An event that each request waits for."""

    async def take(self, request):
        self.requests.append((request.path, dict(request.headers), json.loads(await request.read())))
        self.heard.set()
        if self.gate is not None:
            await self.gate.wait()
        return web.json_response("no such thing" if self.status != 200 else "", status=self.status)

    @property
    def alerts(self):
        return [alert for _, _, alerts in self.requests for alert in alerts]

    async def until(self, true):
        async with asyncio.timeout(20):
            while not true():
                self.heard.clear()
                await self.heard.wait()


@contextlib.asynccontextmanager
async def listening(port=0):
    manager = Manager()
    site = web.Application()
    site.router.add_post("/{tail:.*}", manager.take)
    runner = web.AppRunner(site, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    manager.port = runner.addresses[0][1]
    manager.url = f"http://127.0.0.1:{manager.port}"
    try:
        yield manager
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def running(office):
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(office.run())
        try:
            yield office
        finally:
            task.cancel()


def office(*urls, rules=Rules(), **options):  # noqa: B008 - it cannot change
    made = Office([Alertmanager(url=url, **options) for url in urls], rules)
    made.url = "http://127.0.0.1:10119"
    return made


def value(families, name, manager):
    [family] = [family for family in families if family.name.endswith(name)]
    [found] = [sample.value for sample in family.samples if sample.labels == labels(alertmanager=manager.url)]
    return found


async def until(true):
    """Let the loop turn until something is so that no event tells of."""
    async with asyncio.timeout(20):
        while not (found := true()):  # noqa: ASYNC110
            await asyncio.sleep(0)
    return found


async def test_a_request_is_what_prometheus_sends():
    async with listening() as manager, running(office(manager.url)) as sending:
        sending.put([message(queue="default")])
        await manager.until(lambda: manager.alerts)
    [(path, headers, [alert])] = manager.requests
    assert (path, headers["Content-Type"]) == ("/api/v2/alerts", "application/json")
    assert "Authorization" not in headers
    assert alert == {
        "labels": {"alertname": "A", "queue": "default"},
        "annotations": {"summary": "s"},
        "startsAt": "2026-01-01T12:00:00.000Z",
        "endsAt": "2026-01-01T12:04:00.000Z",
        "generatorURL": "http://127.0.0.1:10119/graph?g0.expr=x+%3E+1&g0.tab=1",
    }


async def test_it_is_reached_under_a_path_with_what_its_owner_gave_for_it():
    async with listening() as manager:
        address = manager.url.removeprefix("http://")
        with_user = Alertmanager(url=f"http://me:pass%20word@{address}/am/")
        with_token = Alertmanager(url=f"{manager.url}/other", token=SecretStr("secret"))
        async with running(Office([with_user, with_token], Rules())) as sending:
            sending.put([message()])
            await manager.until(lambda: len(manager.requests) == 2)
            shown = str(sending.families())
    found = {path: headers["Authorization"] for path, headers, _ in manager.requests}
    assert found["/am/api/v2/alerts"] == f"Basic {base64.b64encode(b'me:pass word').decode()}"
    assert found["/other/api/v2/alerts"] == "Bearer secret"
    assert f"{address}/am" in shown
    assert [word for word in ("me:", "pass", "secret") if word in shown] == []


async def test_labels_of_this_host_are_added_and_override_none():
    rules = section(
        Rules, {"external_labels": {"host": "web1", "queue": "x"}, "external_url": "https://medic.example/x/"}
    )
    async with listening() as manager, running(office(manager.url, rules=rules)) as sending:
        sending.put([message(queue="default")])
        await manager.until(lambda: manager.alerts)
    [alert] = manager.alerts
    assert alert["labels"] == {"alertname": "A", "queue": "default", "host": "web1"}
    assert alert["generatorURL"].startswith("https://medic.example/x/graph?")


async def test_a_flood_of_5000_alerts_comes_whole_in_order_in_requests_of_at_most_64():
    async with listening() as manager, running(office(manager.url)) as sending:
        sending.put(many(5000))
        await manager.until(lambda: len(manager.alerts) == 5000)
        await until(lambda: value(sending.families(), "_sent_total", manager) == 5000)
        families = sending.families()
    assert [int(alert["labels"]["n"]) for alert in manager.alerts] == [*range(5000)]
    assert max(len(alerts) for _, _, alerts in manager.requests) == BATCH
    assert value(families, "_dropped_total", manager) == value(families, "_queue_length", manager) == 0
    assert 0 < value(families, "_latency_seconds", manager) < 20


async def test_one_that_hangs_delays_no_other_and_holds_the_newest_of_each_alert():
    async with listening() as hung, listening() as good:
        hung.gate = asyncio.Event()
        async with running(office(hung.url, good.url)) as sending:
            for minute in range(50):
                sending.put([message(n=str(n), ends=NOW + minute) for n in range(10)])
                await good.until(lambda minute=minute: len(good.alerts) == 10 * (minute + 1))
            families = sending.families()
            assert value(families, "_queue_length", hung) == 10
            hung.gate.set()
            await hung.until(lambda: len(hung.alerts) == 20)
        assert {alert["endsAt"] for alert in hung.alerts[10:]} == {"2026-01-01T12:00:00.049Z"}


async def test_one_that_hangs_for_longer_than_its_timeout_loses_that_request_and_gets_the_next():
    async with listening() as manager:
        manager.gate = asyncio.Event()
        async with running(office(manager.url, timeout=timedelta(milliseconds=500))) as sending:
            sending.put(many(3))
            await until(lambda: value(sending.families(), "_errors_total", manager) == 3)
            manager.gate.set()
            sending.put(many(2))
            await until(lambda: value(sending.families(), "_sent_total", manager) == 2)
            assert value(sending.families(), "_dropped_total", manager) == 3


async def test_that_it_takes_no_alerts_is_told_once_and_that_it_does_again_too(caplog):
    caplog.set_level(logging.WARNING)
    async with listening() as manager, running(office(manager.url)) as sending:
        for status, total in ((500, 1), (400, 2), (200, 1), (200, 2), (503, 3)):
            manager.status = status
            sending.put([message()])
            name = "_sent_total" if status == 200 else "_errors_total"
            await until(lambda name=name, total=total: value(sending.families(), name, manager) == total)
    told = [(record.message, getattr(record, "why", "")) for record in caplog.records]
    refused = ("alertmanager takes no alerts", 'it answered 500: "no such thing"')
    again = ("alertmanager takes alerts again", "")
    assert told == [refused, again, (refused[0], 'it answered 503: "no such thing"')]


async def test_a_redirect_is_not_followed_and_no_delivery_and_says_where_it_points(caplog):
    async def elsewhere(_):
        return web.Response(status=302, headers={"Location": "/login"})

    site, page = web.Application(), []

    async def login(request):
        page.append(request)
        return web.Response(text="who are you?")

    site.router.add_post("/api/v2/alerts", elsewhere)
    site.router.add_get("/login", login)
    async with TestServer(site) as server, running(office(str(server.make_url("/")))) as sending:
        sending.put([message()])
        [told] = await until(lambda: [record for record in caplog.records if hasattr(record, "why")])
        figures = {family.name.rpartition("_notifications_")[2]: family.samples for family in sending.families()}
    assert told.why == "it answered 302 and points to /login: write that address"
    assert (figures["errors_total"][0].value, figures["sent_total"][0].value, page) == (1, 0, [])


async def test_one_that_answers_in_no_language_that_is_known_is_told_in_one_short_line(caplog):
    async def babble(_, writer):
        writer.write(b"\n\x00\xff\r\n" * 500)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(office(f"http://127.0.0.1:{port}")) as sending:
        sending.put([message()])
        [told] = await until(lambda: [record for record in caplog.records if hasattr(record, "why")])
    assert len(told.why) < 350
    assert "\n" not in told.why


async def test_one_that_is_not_there_is_counted_and_told_without_its_password(caplog):
    async with listening() as manager:
        port = manager.port
    async with running(office(f"http://me:secret@127.0.0.1:{port}")) as sending:
        sending.put(many(70))
        await until(lambda: value(sending.families(), "_errors_total", manager) == 70)
    assert "alertmanager takes no alerts" in caplog.text
    [record] = caplog.records
    assert "secret" not in str(vars(record))


async def test_a_name_that_cannot_be_resolved_harms_nobody_else():
    async with listening() as manager, running(office("http://no.such.host.invalid:1", manager.url)) as sending:
        sending.put([message()])
        await manager.until(lambda: manager.alerts)


async def test_what_cannot_even_be_written_stops_nothing(caplog):
    async with listening() as manager, running(office(manager.url)) as sending:
        sending.put([Message((("a", "b"),), (), 10**30, 0, "")])
        await until(lambda: "background work failed" in caplog.text)
        sending.put([message()])
        await manager.until(lambda: manager.alerts)


async def test_at_the_end_what_was_being_sent_and_what_waits_is_sent_once_more():
    async with listening() as manager:
        manager.gate = asyncio.Event()
        async with running(office(manager.url)) as sending:
            sending.put(many(100))
            await manager.until(lambda: manager.requests)
        manager.gate.set()
        manager.requests.clear()
        await sending.drain()
    assert [int(alert["labels"]["n"]) for alert in manager.alerts] == [*range(100)]


async def test_at_the_end_one_that_hangs_is_waited_for_no_longer_than_two_seconds():
    async with listening() as manager:
        manager.gate = asyncio.Event()
        sending = office(manager.url)
        sending.put(many(1))
        began = asyncio.get_running_loop().time()
        await sending.drain()
        assert asyncio.get_running_loop().time() - began < DRAIN + 0.5
        manager.gate.set()


async def test_at_the_end_nothing_is_waited_for_when_nothing_waits():
    await office("http://127.0.0.1:1").drain()


async def test_a_reload_ends_some_begins_others_and_leaves_the_rest_with_their_counts():
    async with listening() as first, listening() as second, listening() as third:
        async with running(office(first.url, second.url)) as sending:
            sending.put([message()])
            await second.until(lambda: second.alerts)
            await until(lambda: value(sending.families(), "_sent_total", second) == 1)
            sending.replace([Alertmanager(url=second.url), Alertmanager(url=third.url)], Rules())
            sending.put([message()])
            await third.until(lambda: third.alerts)
            await second.until(lambda: len(second.alerts) == 2)
            await until(lambda: value(sending.families(), "_sent_total", second) == 2)
            assert {sample.labels for family in sending.families() for sample in family.samples} == {
                labels(alertmanager=second.url),
                labels(alertmanager=third.url),
            }
        assert len(first.alerts) <= 1


async def test_the_alerts_of_ticks_are_sent_and_without_alertmanagers_nothing_is_asked():
    host = Host(group("{alert: A, expr: x > 1}"))
    async with listening() as manager, running(office(manager.url)) as sending:
        alerts = host.tick(x=2)
        sending.observe(host.engine.groups, alerts, from_ms(host.at))
        alerts = host.tick(x=0)
        sending.observe(host.engine.groups, alerts, from_ms(host.at))
        await manager.until(lambda: manager.alerts and manager.alerts[-1]["endsAt"].startswith("1970-01-12T13:47:10"))
    nobody = office()
    nobody.observe(lambda: pytest.fail("asked"), alerts, from_ms(host.at))
    assert nobody.families() == []


def test_metrics_have_one_sample_an_alertmanager_and_names_of_their_kind():
    senders = [Sender(Alertmanager(url=f"http://u:p@{name}:9093"), lambda _: b"") for name in ("a", "b")]
    for family in metrics.families(sender.figures for sender in senders):
        assert family.name.startswith("medic_alertmanager_notifications_")
        assert family.name.endswith("_total") is (family.kind == "counter")
        assert {sample.labels[0][1] for sample in family.samples} <= {"http://a:9093", "http://b:9093"}


def test_the_oldest_are_dropped_and_counted_when_too_many_wait():
    box = Outbox()
    box.put(many(CAPACITY + 5))
    assert (len(box), box.dropped) == (CAPACITY, 5)
    assert dict(box.take()[0].labels)["n"] == "5"


KEYS = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "back"]), st.lists(KEYS, max_size=5))))
def test_an_outbox_gives_the_newest_message_of_each_alert_and_loses_none(steps):
    box, newest, taken, version = Outbox(), {}, [], 0
    for step, keys in steps:
        if step == "put":
            for key in keys:
                version += 1
                newest[key] = version
                box.put([message(key, ends=version)])
        elif step == "take":
            taken = box.take()
            assert len(taken) == len(newest)
            assert {each.ends_at for each in taken} == set(newest.values())
            newest = {}
        else:
            box.put_back(taken)
            newest = {dict(each.labels)["alertname"]: each.ends_at for each in taken} | newest
            taken = []
    assert len(box) == len(newest)


@given(st.text())
def test_a_link_holds_its_expression_whatever_it_is(expression):
    from urllib.parse import parse_qs, urlsplit

    found = parse_qs(urlsplit(letters.link("http://x", expression)).query, keep_blank_values=True)
    assert found["g0.expr"] == [expression]
