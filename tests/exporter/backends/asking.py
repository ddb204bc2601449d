"""Readers as tests make them, and the real workers that give them something to read."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from exporter.backends.registry import build
from exporter.backends.source import Gates, Source, Waiting
from medic.core.clock import SystemClock
from medic.core.samples import labels
from medic.store.huey import count_tasks

ROOT = Path(__file__).resolve().parents[3]


def reader(backend, url, *, name="mail", queue=None, timeout=30.0, clock=None, **more):
    """Make the reader of a queue, with a patience that only a broken test runs out of."""
    source = Source(name, backend, url, queue or name, timeout=timeout, **more)
    return build(source, Gates(clock or SystemClock(), lambda *asked: Waiting(*count_tasks(*asked))))


def durations(figures):
    """Return how many tasks of each type were timed."""
    return {dict(each.labels)["task"]: each.count for each in figures.durations}


def task(name):
    return labels(task=name)


@contextlib.contextmanager
def program(folder, *arguments, **env):
    """Run Python with *arguments* beside the test, in the project's folder; it is ended as a group."""
    with (folder / "program.out").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
