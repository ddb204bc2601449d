"""From the death of a worker to its replacement: Medic and supervisord side by side, and a bare spawn for scale.

    python -m bench.respawn [--workers 50] [--whole] [--skip-supervisord]

Each of the pool's workers writes its pid to a FIFO as the first thing it does, and is killed once with SIGKILL. What is
measured is the time from just before the kill to the arrival of the new worker's pid. By default the supervisor runs in
a small process of its own that starts each dead worker again at once; with --whole it is ``medic run``, so that the
journal and the healer are in the way as they are in real life.
"""

import argparse
import asyncio
import logging
import math
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medic.core.clock import SystemClock
from medic.core.targets import worker_target
from medic.core.tasks import start
from medic.core.workers import Exit, ExitReason
from workers.spec import PoolSpec
from workers.supervisor import Supervisor

SCRIPT = 'echo $$ > "$BELL"; exec sleep 600'
PATIENCE = 60.0


class Bell:
    """The FIFO that workers announce themselves on."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR), "rb", buffering=0)
        self._lines: list[int] = []

    def next(self) -> int:
        """Wait for the pid of a worker that was just started."""
        while not self._lines:
            self._lines = [int(word) for word in self._file.read(4096).split()]
        return self._lines.pop(0)


@contextmanager
def running(command: list[str], bell: Bell) -> Iterator[None]:
    """Run a supervisor, and end it with its workers."""
    environment = {**os.environ, "BELL": str(bell.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def measure(command: list[str], bell: Bell, workers: int) -> tuple[list[float], list[float]]:
    """Kill each worker once; return the milliseconds until each was replaced, and of a bare spawn before each."""
    with running(command, bell):
        victims = [bell.next() for _ in range(workers)]
        pairs = [(spawn(bell), replace(victim, bell)) for victim in victims]
    return [bare for bare, _ in pairs], [replaced for _, replaced in pairs]


def replace(victim: int, bell: Bell) -> float:
    begun = time.perf_counter()
    os.kill(victim, signal.SIGKILL)
    bell.next()
    return (time.perf_counter() - begun) * 1e3


def spawn(bell: Bell) -> float:
    """Return the milliseconds from a bare spawn to the first words of the process."""
    begun = time.perf_counter()
    with subprocess.Popen(["sh", "-c", SCRIPT], env={**os.environ, "BELL": str(bell.path)}) as child:
        bell.next()
        taken = time.perf_counter() - begun
        child.kill()
    return taken * 1e3


def supervisord(folder: Path, workers: int) -> list[str]:
    program = shutil.which("supervisord", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        raise SystemExit("supervisord is missing: pip install supervisor, or use --skip-supervisord")
    script = folder / "worker.sh"
    script.write_text(SCRIPT + "\n", encoding="utf-8")
    config = folder / "supervisord.conf"
    config.write_text(
        "[supervisord]\nnodaemon=true\n"
        f"logfile={folder}/supervisord.log\npidfile={folder}/supervisord.pid\nchildlogdir={folder}\n"
        f"[program:bench]\ncommand=sh {script}\nnumprocs={workers}\nprocess_name=%(process_num)d\n"
        "autorestart=true\nstartsecs=0\nstopsignal=KILL\n",
        encoding="utf-8",
    )
    return [program, "-c", str(config)]


def whole(folder: Path, workers: int) -> list[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "medic.yml"
    config.write_text(
        f"listen: 127.0.0.1:{port}\n"
        f"workers:\n  - pool: bench\n    command: [sh, -c, '{SCRIPT}']\n    count: {workers}\n",
        encoding="utf-8",
    )
    return [sys.executable, "-P", "-m", "medic", "run", "--config", str(config), "--state", str(folder / "state")]


def alone(folder: Path, workers: int) -> list[str]:
    return [sys.executable, "-m", "bench.respawn", "--serve", str(folder / "state"), "--workers", str(workers)]


async def serve(state: Path, workers: int) -> None:
    """Supervise a pool, and start at once what died, until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    specs = [PoolSpec("bench", ("sh", "-c", SCRIPT), workers)]
    async with asyncio.TaskGroup() as group:

        def again(exit_: Exit) -> None:
            target = worker_target(exit_.pool, exit_.slot)
            start(group, supervisor.start(target, ExitReason.HEALER), name=f"again {target}")

        async with Supervisor(specs, state, SystemClock(), again) as supervisor:
            await supervisor.ensure()
            await ended.wait()
            await supervisor.end()


def line(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    p99 = ordered[math.ceil(len(ordered) * 0.99) - 1]
    figures = f"{statistics.median(ordered):9.2f} {p99:9.2f} {ordered[-1]:9.2f}"
    return f"{name:24} {figures}  n={len(ordered)}"


def contestants(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, list[str]]]:
    if options.whole:
        yield "medic run", whole(folder, options.workers)
    else:
        yield "medic supervisor", alone(folder, options.workers)
    if not options.skip_supervisord:
        yield "supervisord", supervisord(folder, options.workers)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--skip-supervisord", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.serve:
        logging.getLogger().addHandler(logging.NullHandler())
        asyncio.run(serve(options.serve, options.workers))
        return 0
    print(f"{'milliseconds':24} {'median':>9} {'p99':>9} {'max':>9}")
    with tempfile.TemporaryDirectory(prefix="respawn-") as name:
        folder = Path(name)
        bell = Bell(folder / "bell")
        for title, command in contestants(options, folder):
            bare, replaced = measure(command, bell, options.workers)
            print(line(title, replaced))
            print(line("  bare spawns meanwhile", bare))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
