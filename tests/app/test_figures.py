import asyncio
import json
import signal
import threading
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from exporter.runner import Runner
from medic.app.figures import Figures
from medic.app.settings.queues import Queue
from medic.core.queue import Window
from medic.core.samples import labels
from medic.store.database import open_database
from medic.store.history import HistoryStore
from rhythm.recorder import Recorder
from tests import brokers
from tests.app.settings.reading import section
from tests.exporter.tree import values
from tests.fakes import HandClock

COUNTERS = ("medic_queue_tasks_completed_total", "medic_queue_tasks_failed_total")
HOUR = labels(queue="legacy", window="1h")
DAY = labels(queue="legacy", window="24h")


class Page(BaseHTTPRequestHandler):
    """A page of figures of a queue that knows its counters and nothing of windows."""

    def do_GET(self):
        body = json.dumps(self.server.record).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def page():
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.record = {}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class House:
    """One life of Medic, as far as a queue's figures go: its collector, and the recorder of the history."""

    def __init__(self, server, clock, history):
        url = f"http://127.0.0.1:{server.server_address[1]}/api/stats"
        self.server, self.clock, self.history = server, clock, history
        self.figures = Figures((section(Queue, {"name": "legacy", "backend": "http", "url": url}),), clock)
        self.runner = Runner(self.figures.collectors(timedelta(seconds=15)), clock)
        self.recorder = Recorder(history, COUNTERS)

    async def reads(self, completed, failed, **after):
        """Let time pass, and then read these counters; return what is told."""
        self.clock.pass_by(**after)
        self.server.record |= {"completed": completed, "failed": failed}
        await self.runner.refresh("queue:legacy")
        snapshot = await self.runner.tick()
        await self.recorder.observe(snapshot)
        return snapshot.families


@asynccontextmanager
async def life(server, clock, path):
    async with open_database(path, schema="history", sync="NORMAL") as database:
        house = House(server, clock, HistoryStore(database))
        await house.figures.remember(house.history)
        yield house
        await house.recorder.flush()


@pytest.fixture
def server():
    with page() as running:
        yield running


async def test_a_queue_that_tells_counters_alone_has_windows_and_ratios(server, tmp_path):
    async with life(server, HandClock(), tmp_path / "history.db") as house:
        told = await house.reads(500, 90)
        assert values(told, "medic_queue_success_ratio") == {}
        assert values(told, "medic_queue_success_ratio_weighted") == {}
        assert values(told, "medic_queue_window_tasks") == {HOUR: 0, DAY: 0}
        told = await house.reads(503, 91, seconds=15)
        assert values(told, "medic_queue_success_ratio") == {HOUR: 0.75, DAY: 0.75}
        assert values(told, "medic_queue_success_ratio_weighted") == {labels(queue="legacy"): 0.75}
        told = await house.reads(503, 91, hours=3)
        assert values(told, "medic_queue_success_ratio") == {DAY: 0.75}
        told = await house.reads(503, 91, hours=22)
        assert values(told, "medic_queue_window_tasks") == {HOUR: 0, DAY: 0}


async def test_the_windows_go_on_when_the_queue_begins_to_count_anew(server, tmp_path):
    async with life(server, HandClock(), tmp_path / "history.db") as house:
        await house.reads(500, 90)
        await house.reads(510, 90, seconds=15)
        told = await house.reads(4, 6, seconds=15)
    assert values(told, "medic_queue_window_tasks") == {HOUR: 20, DAY: 20}
    assert values(told, "medic_queue_success_ratio")[DAY] == 0.7


async def test_the_windows_go_on_over_a_restart_of_medic(server, tmp_path):
    clock, path = HandClock(), tmp_path / "history.db"
    async with life(server, clock, path) as house:
        await house.reads(0, 0)
        for minute in range(1, 121):
            told = await house.reads(minute, 0, minutes=1)
        before = values(told, "medic_queue_window_tasks")
    async with life(server, clock, path) as house:
        told = await house.reads(120, 10, seconds=15)
    after = values(told, "medic_queue_window_tasks")
    assert before[DAY] == 120
    assert abs(after[DAY] - 130) <= 5  # what the first five minutes brought: rollups hold where they end
    assert abs(after[HOUR] - 70) <= 5


async def test_what_ended_while_medic_was_down_is_told_where_it_can_have_been(server, tmp_path):
    clock, path = HandClock(), tmp_path / "history.db"
    async with life(server, clock, path) as house:
        await house.reads(0, 0)
        await house.reads(100, 0, minutes=10)
    async with life(server, clock, path) as house:
        told = await house.reads(100, 600, hours=6)
    counted = values(told, "medic_queue_window_tasks")
    assert counted[DAY] == 700
    assert 95 <= counted[HOUR] <= 105


async def test_a_queue_that_tells_its_own_windows_is_believed(server, tmp_path):
    server.record["windows"] = {"1h": {"completed": 1, "failed": 1}}
    async with life(server, HandClock(), tmp_path / "history.db") as house:
        told = await house.reads(500, 0)
        assert values(told, "medic_queue_success_ratio") == {HOUR: 0.5}


async def test_asking_whether_a_queue_answers_counts_nothing_and_forgets_nothing(server, tmp_path):
    async with life(server, HandClock(), tmp_path / "history.db") as house:
        await house.reads(500, 90)
        await house.reads(503, 91, seconds=15)
        server.record["completed"] = 600
        assert await house.figures.answering(["legacy"])
        (figures,) = house.figures.all()
        assert figures.windows == (Window("1h", 3, 1), Window("24h", 3, 1))
        told = await house.reads(600, 91, seconds=15)
        assert values(told, "medic_queue_window_tasks")[DAY] == 101


async def test_a_queue_without_one_of_the_counters_has_no_ratio(server, tmp_path):
    async with life(server, HandClock(), tmp_path / "history.db") as house:
        await house.reads(500, None)
        told = await house.reads(503, None, seconds=15)
    assert values(told, "medic_queue_window_tasks") == {}
    assert values(told, "medic_queue_success_ratio") == {}


def figures(server, **more):
    where = f"http://127.0.0.1:{server.server_address[1]}/"
    return Figures((section(Queue, {"name": "legacy", "backend": "http", "url": where, **more}),), HandClock())


async def test_a_queue_that_answers_nonsense_is_down_until_it_answers_again(server):
    known = figures(server)
    for record, up in (({"pending": 1}, True), ({"pending": "many"}, False), ({"pending": 2}, True)):
        server.record = record
        assert await known.answering(["legacy"]) is up
        (told,) = known.all()
        assert (told.up, told.pending) == (up, record["pending"] if up else None)


async def test_two_who_ask_at_once_take_turns(server):
    known = figures(server)
    server.record = {"pending": 1}
    asked = [known.answering(["legacy"]) for _ in range(8)]
    assert await asyncio.gather(*asked) == [True] * 8


@pytest.mark.needs("redis")
async def test_who_asks_beside_one_that_hangs_gives_up_too(broker):
    hasty = Figures(
        (section(Queue, {"name": "mail", "backend": "rq", "url": broker.url, "timeout": "200ms"}),), HandClock()
    )
    patient = Figures((section(Queue, {"name": "mail", "backend": "rq", "url": broker.url}),), HandClock())
    broker.process.send_signal(signal.SIGSTOP)
    assert await asyncio.gather(*(hasty.answering(["mail"]) for _ in range(3))) == [False] * 3
    broker.process.send_signal(signal.SIGCONT)
    assert await patient.answering(["mail"])
    for each in (hasty, patient):
        each.close()


@pytest.mark.needs("redis")
async def test_the_windows_of_a_queue_that_medic_itself_counts_go_on_over_a_restart(tmp_path, broker):
    clock, path = HandClock(), tmp_path / "history.db"
    queue = section(Queue, {"name": "mail", "backend": "rq", "url": broker.url})
    client = broker.client()

    async def reads(house, *ended):
        clock.pass_by(minutes=6)  # a rollup each
        client.zadd("rq:finished:mail", dict.fromkeys(["before", *ended], 4_000_000_000))
        await house.runner.refresh("queue:mail")
        snapshot = await house.runner.tick()
        await house.recorder.observe(snapshot)
        client.zrem("rq:finished:mail", *ended, "none")  # RQ forgets results
        return values(snapshot.families, "medic_queue_window_tasks")[labels(queue="mail", window="24h")]

    async with counting(queue, clock, path) as house:
        assert [await reads(house), await reads(house, "a", "b"), await reads(house, "c")] == [0, 2, 3]
    async with counting(queue, clock, path) as house:
        assert [await reads(house, "d"), await reads(house, "e")] == [3, 4]  # what ended meanwhile is not known
    client.close()


@pytest.fixture
def broker(tmp_path):
    with brokers.Redis(tmp_path) as running:
        yield running


@asynccontextmanager
async def counting(queue, clock, path):
    async with open_database(path, schema="history", sync="NORMAL") as database:
        house = SimpleNamespace(figures=Figures((queue,), clock))
        house.runner = Runner(house.figures.collectors(timedelta(seconds=15)), clock)
        house.recorder = Recorder(HistoryStore(database), COUNTERS)
        await house.figures.remember(HistoryStore(database))
        yield house
        await house.recorder.flush()
