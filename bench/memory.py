"""Memory and idle CPU of the whole daemon with its defaults, beside a bare Python and node_exporter.

    python -m bench.memory [--seconds 30]

Medic runs with all default collectors, the shipped rules and 15 s ticks; resident memory is read when it is ready and
at the end, CPU over the time between.
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

MEBIBYTE = 1 << 20


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args(argv).seconds
    with daemon() as medic:
        show("medic run", medic.pid, seconds)
    with running([sys.executable, "-c", "import time; time.sleep(1000)"]) as pid:
        show("python, idle", pid, 1.0)
    with running([shutil.which("prometheus-node-exporter") or "node_exporter", *FLAGS]) as pid:
        show("node_exporter, idle", pid, 1.0)
    return 0


def show(name: str, pid: int, seconds: float) -> None:
    first, used = resident(pid), cpu_of(pid)
    time.sleep(seconds)
    share = (cpu_of(pid) - used) / seconds
    print(f"{name:22} RSS {first:6.1f} MiB at first, {resident(pid):6.1f} MiB after {seconds:g} s, {share:6.2%} CPU")


def resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / MEBIBYTE


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
