"""huey: what waits in Redis or in a SQLite file; no task is unpickled.

The keys are those of huey 2 and 3: ``huey.redis.NAME`` (a list, with priorities a sorted set) and
``huey.schedule.NAME``; the tables ``task`` and ``schedule``. huey keeps results until somebody asks for them, says
nowhere what runs and how tasks ended, and writes no time on a task: so all of that is absent, and with it the success
ratio.
"""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exporter.backends.redis import Refusal, connected, number
from exporter.backends.source import BackendError, Gates, Reader, Source, Waiting
from medic.core.errors import MedicError
from medic.core.queue import QueueFigures


class HueyReader:
    """Reads one queue of huey; the broker's name of it is the one that its ``Huey`` object has."""

    def __init__(self, source: Source, gates: Gates) -> None:
        """Ask nothing yet."""
        self._source = source
        self._gates = gates

    def read(self) -> QueueFigures:
        """Count what waits for a worker and what waits for its time."""
        parts = urlsplit(self._source.url)
        waiting = self._in_file(unquote(parts.path)) if parts.scheme == "sqlite" else self._in_redis()
        return QueueFigures(
            self._source.name, self._source.backend, up=True, pending=waiting.pending, delayed=waiting.scheduled
        )

    def close(self) -> None:
        """Nothing is held between readings."""

    def _in_file(self, path: str) -> Waiting:
        try:
            return self._gates.huey_file(Path(path), self._source.queue, self._source.timeout)
        except MedicError as error:
            raise BackendError(f"{path}: {error}") from error

    def _in_redis(self) -> Waiting:
        """Ask for a list and a sorted set: which of the two waits is told by the one that is none."""
        name = re.sub("[^A-Za-z0-9_]", "", self._source.queue)  # as huey makes its keys
        with connected(self._source) as redis:
            plain, by_priority, scheduled = redis.ask(
                ("LLEN", f"huey.redis.{name}"),
                ("ZCARD", f"huey.redis.{name}"),
                ("ZCARD", f"huey.schedule.{name}"),
            )
            pending = by_priority if isinstance(plain, Refusal) and plain.text.startswith("WRONGTYPE") else plain
            return Waiting(number(pending), number(scheduled))


def build(source: Source, gates: Gates) -> Reader:
    """Make the reader of a queue of huey."""
    return HueyReader(source, gates)
