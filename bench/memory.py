"""Memory and idle CPU of the whole daemon with its defaults, beside a bare Python and node_exporter.

    python -m bench.memory [--watch 360] [--hour] [--seconds 60]

Medic runs with all default collectors and the shipped rules. One daemon ticks so fast that 480 ticks, its history,
are five minutes, the window of most rules, so that it then holds what it would hold at 15 s ticks after two hours, and
a little more of the few series that rules need for hours. Its history counts as full when the first part of it has been
dropped: 120 ticks go at once, and are there until then. It goes on for so many ticks more (--hour: for
2,400, as an hour of ten-fold ticks has), and what it grows by then is scaled to those 2,400. Another daemon, with ticks
of 15 s, tells the CPU.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.daemon import daemon
from bench.scrape import FLAGS, cpu_of
from rules.blocks import ROWS
from rules.retention import SWEEP

MEGABYTE, MEBIBYTE = 10**6, 1 << 20
HISTORY = 480
TICK = 300 / HISTORY
FULL = HISTORY + ROWS + SWEEP
"""Ticks until the first of them are dropped."""
HOUR = 2400
"""Ticks of an hour at a tenth of 15 s."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--watch", type=int, default=360, help="ticks after the history is full")
    parser.add_argument("--hour", action="store_true", help=f"watch {HOUR} of them")
    parser.add_argument("--seconds", type=float, default=60.0, help="for which CPU is measured")
    options = parser.parse_args(argv)
    watch(HOUR if options.hour else options.watch)
    with daemon() as medic:
        show("medic run, 15 s ticks", medic.pid, options.seconds)
    with running([sys.executable, "-c", "import time; time.sleep(1000)"]) as pid:
        show("python, idle", pid, 1.0)
    with running([shutil.which("prometheus-node-exporter") or "node_exporter", *FLAGS]) as pid:
        show("node_exporter, idle", pid, 1.0)
    return 0


def watch(ticks: int) -> None:
    """Fill the history of a daemon, and watch it for so many ticks more."""
    with daemon(f"interval: {round(TICK * 1000)}ms\n") as medic:
        print(f"medic run, ready         RSS {words(resident(medic.pid))}")
        time.sleep(TICK * FULL)
        full = resident(medic.pid)
        print(f"medic run, history full  RSS {words(full)}", flush=True)
        time.sleep(TICK * ticks)
        later = resident(medic.pid)
        growth = (later - full) / MEGABYTE
        print(f"medic run, {ticks:,} ticks on  RSS {words(later)}, {growth:+.2f} MB")
        if ticks != HOUR:
            print(f"                         which comes to {growth * HOUR / ticks:+.2f} MB in {HOUR:,} ticks")


def show(name: str, pid: int, seconds: float) -> None:
    first, used = resident(pid), cpu_of(pid)
    time.sleep(seconds)
    share = (cpu_of(pid) - used) / seconds
    print(f"{name:24} RSS {words(first)} at first, {words(resident(pid))} after {seconds:g} s, {share:6.2%} CPU")


def words(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB ({size / MEBIBYTE:.1f} MiB)"


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


@contextlib.contextmanager
def running(argv: list[str]) -> Iterator[int]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        yield process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
