"""CPU of a scrape, side by side with node_exporter on the same collectors.

    python -m bench.scrape                                     a small server around the runner alone
    python -m bench.scrape --whole                             a whole Medic with its defaults
    python -m bench.scrape --url http://127.0.0.1:10119 --pid 4711      a whole Medic that runs already

Both are scraped in turn as Prometheus does, over a connection that stays and with its headers, further apart than
Medic shares one collection. The CPU time of each whole process, all of its threads, is read before a scrape and a
little after it; its median counts. Beside it stands how long the answer took; ``--scrapes 200`` gives a 99th
percentile. The collectors are those that both have; what Medic runs on clocks of its own is left out on both sides.
"""

import argparse
import asyncio
import contextlib
import gzip
import http.client
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.daemon import daemon
from exporter.collectors import diskstats, filesystem
from exporter.exposition import render
from exporter.registry import EXPENSIVE, SYSTEM, system_collectors
from exporter.runner import SHARED, Runner
from medic.core.clock import SystemClock

SCRAPES = 20
AFTERMATH = 0.1
"""Seconds after a scrape whose work still counts: collecting garbage, for one."""
COLLECT = sorted(SYSTEM.keys() - EXPENSIVE - {"cgroup"})
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
"""What Prometheus 2 sends."""

OWN = ("node_scrape_collector_", "node_exporter_")
"""What node_exporter says of itself under the prefix that it gives to the host; other prefixes are an exporter's."""

FLAGS = (
    "--web.listen-address=127.0.0.1:0",
    "--no-collector.netdev.netlink",
    "--collector.netdev.device-exclude=",
    "--collector.netclass.ignore-invalid-speed",
    f"--collector.diskstats.device-exclude={diskstats.IGNORED.pattern}",
    f"--collector.filesystem.mount-points-exclude={filesystem.IGNORED_POINTS.pattern}",
)
"""What makes node_exporter look at what Medic looks at; Debian builds it with other defaults."""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two that are compared."""

    name: str
    url: str
    pid: int


class Scrape(NamedTuple):
    """What one scrape cost: CPU and waiting in seconds, and how many samples it gave."""

    cpu: float
    wall: float
    samples: int
    own: int
    """Of these, what the exporter says of itself: a success and a duration for each collector, and more."""


@dataclass(slots=True)
class Scraper:
    """Scrapes one server over a connection that stays open."""

    server: Server
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)

    def scrape(self, path: str) -> Scrape:
        before, began = cpu_of(self.server.pid), time.perf_counter()
        status, body = self.get(path)
        wall = time.perf_counter() - began
        time.sleep(AFTERMATH)
        assert status == http.HTTPStatus.OK, body
        page = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
        samples = [line for line in page.splitlines() if not line.startswith("#")]
        own = sum(line.startswith(OWN) or not line.startswith("node_") for line in samples)
        return Scrape(cpu_of(self.server.pid) - before, wall, len(samples), own)

    def get(self, path: str) -> tuple[int, bytes]:
        self.connection.request("GET", path, headers=HEADERS)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="base address of a Medic that runs")
    parser.add_argument("--pid", type=int, help="its process")
    parser.add_argument("--whole", action="store_true", help="start a whole Medic")
    parser.add_argument("--scrapes", type=int, default=SCRAPES)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.serve:
        asyncio.run(serve())
        return 0
    with contextlib.ExitStack() as stack:
        if options.url and options.pid:
            medic = Server("medic", options.url, options.pid)
        elif options.whole:
            own = stack.enter_context(daemon("interval: 1h\n"))  # so that no tick falls into a measurement
            medic = Server("medic", own.url, own.pid)
        else:
            medic = stack.enter_context(started("medic", [sys.executable, "-m", "bench.scrape", "--serve"]))
        rival = shutil.which("prometheus-node-exporter") or "node_exporter"
        other = stack.enter_context(started("node_exporter", [rival, *FLAGS]))
        compare(medic, other, options.scrapes)
    return 0


def compare(medic: Server, other: Server, scrapes: int) -> None:
    scrapers = [Scraper(medic), Scraper(other)]
    path = f"/metrics?{query(scrapers)}"
    costs: list[list[Scrape]] = [[], []]
    for number in range(scrapes + 2):
        for scraper, cost in zip(scrapers, costs, strict=True):
            found = scraper.scrape(path)
            if number > 1:  # the first two fill caches
                cost.append(found)
        time.sleep(SHARED)
    for scraper, cost in zip(scrapers, costs, strict=True):
        show(scraper.server.name, cost)
    ratio = median(cost.cpu for cost in costs[0]) / median(cost.cpu for cost in costs[1])
    print(f"scrape  ratio          {ratio:6.2f} of its CPU")


def query(scrapers: Sequence[Scraper]) -> str:
    """Ask for each collector alone, and take those that both know."""
    shared = [
        name
        for name in COLLECT
        if all(each.get(f"/metrics?collect[]={name}")[0] == http.HTTPStatus.OK for each in scrapers)
    ]
    print(f"scrape  {len(shared)} collectors that both have: {', '.join(shared)}")
    return "&".join(f"collect[]={name}" for name in shared)


def show(name: str, cost: Sequence[Scrape]) -> None:
    walls = sorted(each.wall for each in cost)
    p99 = walls[min(len(walls) - 1, len(walls) * 99 // 100)]
    print(
        f"scrape  {name:14} {median(each.cpu for each in cost) * 1000:6.2f} ms CPU (median of {len(cost)}), "
        f"{median(walls) * 1000:6.2f} ms to the answer (99 % within {p99 * 1000:.2f}), "
        f"{cost[-1].samples} samples, {cost[-1].own} of them of itself"
    )


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of all threads of a process, to the nanosecond (see clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


@contextlib.contextmanager
def started(name: str, argv: list[str]) -> Iterator[Server]:
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if b"TLS is disabled" in line or b"serving" in line:
                break
        yield Server(name, f"http://127.0.0.1:{port_of(process.pid)}", process.pid)
    finally:
        process.kill()
        process.wait()


def port_of(pid: int) -> int:
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(os.readlink(entry.path))  # noqa: PTH115 - a bench's own haste
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[9]}]" in inodes and fields[3] == "0A":
            return int(fields[1].rpartition(":")[2], 16)
    raise RuntimeError(f"process {pid} listens on no port")


async def serve() -> None:
    """Answer every request with a page, as thinly as HTTP can be, so that the runner is what is measured."""
    clock = SystemClock()
    runner = Runner(system_collectors(clock), clock)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        page = render(await runner.scrape(timeout=10, collect=re.findall(r"collect\[\]=(\w+)", head)))
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(page.body)}\r\nConnection: close\r\n\r\n".encode())
        writer.write(page.body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print("serving", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
