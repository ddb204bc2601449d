"""Collectors for the tests of the runner: some count, some fail, some hang."""

import threading

from exporter.collector import Collector
from medic.core.samples import gauge
from tests.exporter.tree import values

LIMIT = 10.0


class Counting:
    """A source whose value is how often it was asked."""

    def __init__(self, name="count"):
        self.name = name
        self.times = 0
        self.threads = set()

    def __call__(self):
        self.times += 1
        self.threads.add(threading.current_thread())
        return [gauge(self.name, "How often.", ((), self.times))]


def fail():
    raise ValueError("broken on purpose")


def in_turn(*sources):
    """Ask one source after the other, each once."""
    left = list(sources)

    def collect():
        return left.pop(0)()

    return collect


def cheap(name="a", collect=None, **more):
    return Collector(name, "test", collect or Counting(), **more)


def dear(name="dear", collect=None, **more):
    return Collector(name, "test", collect or Counting("dear"), cheap=False, **more)


async def scrape(runner, **more):
    return await runner.scrape(timeout=LIMIT, **more)


def success(families):
    return {dict(each)["collector"]: ok for each, ok in values(families, "medic_scrape_collector_success").items()}
