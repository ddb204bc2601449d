"""How many tasks a second the queue server takes in, hands out and ends, through HTTP and with every answer durable.

python -m bench.queue [--tasks 2000] [--workers 4] [--folder DIR]
"""

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.context import SpawnProcess
from pathlib import Path

from workers.client import QueueClient
from workers.queue.wire import Submission

ROOT = Path(__file__).parents[1]
SERVER = """
import asyncio, sys
from pathlib import Path
from medic.core.clock import SystemClock
from medic.store.queue import open_queue
from workers.queue.server import serve
from workers.queue.spec import QueueSpec

async def main():
    async with open_queue(Path(sys.argv[1])) as store:
        announce = lambda urls: print(urls["default"], flush=True)
        await serve([QueueSpec("default", port=0)], store, SystemClock(), announce=announce)

asyncio.run(main())
"""


def submit(url: str, tasks: int) -> None:
    client = QueueClient(url)
    for number in range(tasks):
        client.submit("order", {"n": number})


def submit_in_hundreds(url: str, tasks: int) -> None:
    client = QueueClient(url)
    for _ in range(0, tasks, 100):
        client.submit_many([Submission("order", {"n": 1})] * min(100, tasks))


def work(url: str, worker: str) -> None:
    client = QueueClient(url)
    while (lease := client.lease(worker)) is not None:
        client.done(lease.task.id, worker, {"ok": True})


def timed(title: str, tasks: int, processes: Sequence[SpawnProcess]) -> None:
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    print(f"{title:<45} {tasks / seconds:8.0f} tasks/s")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(url: str, tasks: int, workers: int) -> None:
    start = multiprocessing.get_context("spawn").Process
    share = tasks // workers
    timed("submit, 1 submitter", share, [start(target=submit, args=(url, share))])
    timed(f"submit, {workers} submitters", tasks, [start(target=submit, args=(url, share)) for _ in range(workers)])
    timed("submit, 1 submitter, 100 at once", tasks, [start(target=submit_in_hundreds, args=(url, tasks))])
    waiting = QueueClient(url).stats()["pending"]
    assert isinstance(waiting, int)
    names = [f"bench/{number}" for number in range(workers)]
    timed(f"lease and done, {workers} workers", waiting, [start(target=work, args=(url, name)) for name in names])
    stats = QueueClient(url).stats()
    assert stats["completed"] == stats["submitted"] == waiting, stats


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="where the database lies; the disk under it matters")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        command = [sys.executable, "-c", SERVER, f"{folder}/queue.db"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert server.stdout is not None
        try:
            measure(server.stdout.readline().strip(), options.tasks, options.workers)
            used = cpu_seconds(server.pid)
            time.sleep(10)
            print(f"{'idle server':<45} {(cpu_seconds(server.pid) - used) * 10:8.2f} % CPU")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
