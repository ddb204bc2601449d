"""A real queue server for tests: in a thread of this process, or as a process that can be killed."""

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from medic.core.clock import SystemClock
from medic.store.queue import open_queue
from workers.client import QueueClient
from workers.queue.server import running
from workers.queue.spec import QueueSpec

ROOT = Path(__file__).parents[3]


@contextmanager
def served(folder, *, token=None, max_body=1024 * 1024, **spec):
    """Serve one queue from a thread, and yield its base URL."""
    addresses: queue.Queue[str | Exception] = queue.Queue()
    ends: queue.Queue[object] = queue.Queue()

    async def main():
        stop = asyncio.Event()
        ends.put(partial(asyncio.get_running_loop().call_soon_threadsafe, stop.set))
        async with open_queue(folder / "queue.db") as store:
            queues = [QueueSpec("default", **{"port": 0, **spec})]
            async with running(queues, store, SystemClock(), token=token, max_body=max_body) as urls:
                addresses.put(urls["default"])
                await stop.wait()

    def run():
        try:
            asyncio.run(main())
        except Exception as error:  # noqa: BLE001 - handed to the test
            addresses.put(error)

    thread = threading.Thread(target=run, name="queue-server")
    thread.start()
    try:
        address = addresses.get(timeout=10)
        if isinstance(address, Exception):
            raise address
        yield address
    finally:
        with suppress(RuntimeError):  # it did not even start, and its loop is closed
            ends.get(timeout=10)()
        thread.join(10)


SCRIPT = """
import asyncio, sys
from pathlib import Path
from medic.core.clock import SystemClock
from medic.store.queue import open_queue
from workers.queue.server import serve
from workers.queue.spec import QueueSpec

async def main():
    spec = QueueSpec("default", port=int(sys.argv[2]))
    async with open_queue(Path(sys.argv[1])) as store:
        await serve([spec], store, SystemClock(), announce=lambda urls: print(urls["default"], flush=True))

asyncio.run(main())
"""


class ServerProcess:
    """The queue server as a process; started again it keeps its address and its file."""

    def __init__(self, folder, **environment):
        self._folder = folder
        self._port = 0
        self.process = None
        self.url = self.start(**environment)

    def start(self, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, self._folder / "queue.db", f"{self._port}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        url = self.process.stdout.readline().strip()
        assert url, "the queue server did not start"
        self._port = int(url.rpartition(":")[2])
        return url

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


@contextmanager
def client_of(url, **settings):
    client = QueueClient(url, **{"patience": 5.0, **settings})
    try:
        yield client
    finally:
        client.close()
