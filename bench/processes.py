"""A host with 2,000 processes: what a sweep costs, and groups of processes beside process-exporter.

    python -m bench.processes [--processes 2000] [--rounds 20]

The processes are real (`sleep`). A sweep is timed in this process, by its CPU and by the clock. For the groups, all
processes are in one group in both, first as process-exporter is when it is asked for nothing more (no threads, no
smaps), then with threads and smaps; its CPU is that of its whole process for a scrape, ours that of a collection with
its page. Medians count.
"""

import argparse
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.scrape import cpu_of, started
from exporter.collectors import processes
from exporter.collectors.groups.families import families
from exporter.collectors.groups.pidfiles import booted_at
from exporter.collectors.groups.spec import Group, GroupSettings
from exporter.collectors.groups.tracking import Groups
from exporter.exposition import render
from exporter.table import Table, sweep

PROC = Path("/proc")
MILLISECONDS = 1000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(argv)
    with crowd(options.processes):
        sweeps(options.rounds)
        for extra in (False, True):
            beside(options.rounds, extra=extra)
    return 0


def sweeps(rounds: int) -> None:
    report("sweep", rounds, lambda: list(sweep(PROC)), f"{len(list(sweep(PROC)))} processes")
    report("processes", rounds, lambda: processes.collect(Table(time.monotonic)), "sweep, states, threads, zombies")
    few = GroupSettings((Group("cron", comm=("cron",)),), top=10)
    fresh = Fresh(few)
    fresh()
    report("groups", rounds, fresh, "sweep, one group, top 10 and other")


def beside(rounds: int, *, extra: bool) -> None:
    name = "with threads and smaps" if extra else "without threads and smaps"
    ours = Fresh(GroupSettings((Group("all", cmdline=(re.compile(".+"),)),), threads=extra, smaps=extra))
    ours()
    report("medic", rounds, ours, f"all in one group, {name}")
    program = shutil.which("prometheus-process-exporter")
    if program is None:
        print("process-exporter is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "groups.yml")
        config.write_text(json.dumps({"process_names": [{"name": "all", "cmdline": [".+"]}]}), encoding="utf-8")
        flags = [f"-threads={str(extra).lower()}", f"-gather-smaps={str(extra).lower()}"]
        command = [program, "-config.path", str(config), "-web.listen-address", "127.0.0.1:0", *flags]
        with started("process-exporter", command) as server:
            costs = [scraped(server.url, server.pid) for _ in range(rounds + 1)][1:]
        print(f"process-exporter {statistics.median(costs) * MILLISECONDS:8.2f} ms CPU    {name}")


class Fresh:
    """A collection with its page, each with a sweep of its own."""

    def __init__(self, settings: GroupSettings) -> None:
        self.now = 0.0
        self.groups = Groups(settings, Table(self.time), self.time)

    def time(self) -> float:
        return self.now

    def __call__(self) -> object:
        self.now += 15.0
        return render(families(self.groups.update(), booted_at(PROC)))


def report(name: str, rounds: int, work: Callable[[], object], what: str) -> None:
    cpu, wall = [], []
    for _ in range(rounds):
        began, clock = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - clock)
    middle, least = statistics.median(cpu) * MILLISECONDS, min(wall) * MILLISECONDS
    print(f"{name:16} {middle:8.2f} ms CPU, {least:8.2f} ms at least    {what}")


def scraped(url: str, pid: int) -> float:
    before = cpu_of(pid)
    with urllib.request.urlopen(f"{url}/metrics", timeout=60) as answer:
        answer.read()
    return cpu_of(pid) - before


@contextlib.contextmanager
def crowd(number: int) -> Iterator[None]:
    running: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            running.append(subprocess.Popen(["sleep", "3600"]))  # noqa: PERF401 - those that were started are ended
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
