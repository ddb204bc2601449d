"""CPU of a scrape, side by side with node_exporter on the same collectors.

    python -m bench.scrape                                     a small server around the runner alone
    python -m bench.scrape --whole                             a whole Medic with its defaults
    python -m bench.scrape --url http://127.0.0.1:10119 --pid 4711      a whole Medic that runs already

Both are scraped in turn, further apart than Medic shares one collection, and the CPU time of each whole process, all of
its threads, is read before a scrape and a little after it. Collectors that Medic runs on clocks of their own are left
out on both sides. The median counts.
"""

import argparse
import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.daemon import daemon
from exporter.collectors import diskstats, filesystem
from exporter.exposition import render
from exporter.registry import EXPENSIVE, SYSTEM, system_collectors
from exporter.runner import SHARED, Runner
from medic.core.clock import SystemClock

SCRAPES = 20
AFTERMATH = 0.1
"""Seconds after a scrape whose work still counts: collecting garbage, for one."""
COLLECT = sorted(SYSTEM.keys() - EXPENSIVE)
QUERY = "&".join(f"collect[]={name}" for name in COLLECT)


FLAGS = (
    "--web.listen-address=127.0.0.1:0",
    "--no-collector.netdev.netlink",
    "--collector.netdev.device-exclude=",
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
    costs: dict[str, list[float]] = {medic.name: [], other.name: []}
    samples = {}
    for number in range(scrapes + 2):
        for server in (medic, other):
            cost, samples[server.name] = scraped(server)
            if number > 1:  # the first two fill caches
                costs[server.name].append(cost)
        time.sleep(SHARED)
    medians = {name: statistics.median(each) for name, each in costs.items()}
    for name, median in medians.items():
        print(f"scrape  {name:14} {median * 1000:6.2f} ms CPU (median of {scrapes}), {samples[name]} samples")
    print(f"scrape  ratio          {medians[medic.name] / medians[other.name]:6.2f}")


def scraped(server: Server) -> tuple[float, int]:
    before = cpu_of(server.pid)
    with urllib.request.urlopen(f"{server.url}/metrics?{QUERY}", timeout=30) as answer:
        page = answer.read().decode()
    time.sleep(AFTERMATH)
    return cpu_of(server.pid) - before, sum(line.startswith("node_") for line in page.splitlines())


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
