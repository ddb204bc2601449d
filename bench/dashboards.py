"""How late ticks come while busy dashboards poll range queries: ``python -m bench.dashboards [--seconds 60]``.

A whole Medic ticks every second; each dashboard asks for a range of 60 points, in turn, as soon as it has its answer.
A tick's lateness is how far its time lies behind the grid of the earliest one.
"""

import argparse
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from urllib.parse import urlencode

from bench.daemon import daemon

DASHBOARDS = 10
INTERVAL = 1.0
QUERIES = (
    "sum by (mode) (rate(node_cpu_seconds_total[30s]))",
    "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "rate(node_network_receive_bytes_total[30s])",
    "histogram_quantile(0.9, sum by (le) (rate(medic_journal_commit_seconds_bucket[1m])))",
    "medic_scrape_collector_duration_seconds",
)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args(argv).seconds
    with daemon(f"interval: {INTERVAL:g}s\n") as medic:
        show("no dashboard", watch(medic.url, seconds / 4))
        enough, asked = threading.Event(), [0]
        pollers = [
            threading.Thread(target=poll, args=(medic.url, number, enough, asked)) for number in range(DASHBOARDS)
        ]
        for poller in pollers:
            poller.start()
        late = watch(medic.url, seconds)
        enough.set()
        for poller in pollers:
            poller.join()
        show(f"{DASHBOARDS} dashboards, {asked[0] / seconds:.0f} queries/s", late)
    return 0


def poll(url: str, number: int, enough: threading.Event, asked: list[int]) -> None:
    turn = number
    while not enough.is_set():
        now = time.time()
        query = {"query": QUERIES[turn % len(QUERIES)], "start": now - 60, "end": now, "step": 1}
        with urllib.request.urlopen(f"{url}/api/v1/query_range?{urlencode(query)}", timeout=30) as answer:
            answer.read()
        asked[0] += 1
        turn += 1


def watch(url: str, seconds: float) -> list[float]:
    """Return by how many seconds each tick came late, from the events that tell of them."""
    times: list[float] = []
    ends = time.monotonic() + seconds
    with urllib.request.urlopen(f"{url}/api/v1/events", timeout=30) as stream:
        kind = ""
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind == "tick":
                times.append(datetime.fromisoformat(json.loads(value)["at"]).timestamp())
                if time.monotonic() > ends:
                    break
    phases = [each % INTERVAL for each in times]
    first = min(phases, key=lambda phase: max((other - phase) % INTERVAL for other in phases))
    return [(phase - first) % INTERVAL for phase in phases]


def show(name: str, late: Sequence[float]) -> None:
    middle, most = median(late) * 1000, max(late) * 1000
    print(f"ticks  {name:32} {len(late)} ticks, late by {middle:.1f} ms (median), {most:.1f} ms at most")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
