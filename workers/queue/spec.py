"""What is configured of one embedded queue."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One queue: where it listens, and how patient it is with its workers."""

    name: str
    host: str = "127.0.0.1"
    port: int = 8091
    """0 takes a free one; ``running`` tells which."""
    lease: timedelta = timedelta(seconds=60)
    """How long a worker may hold a task without extending its lease."""
    max_deliveries: int = 3
    """A task whose worker died this many times is failed instead of given to another."""
    keep: int = 10_000
    """How many ended tasks can still be asked for."""
    keep_for: timedelta = timedelta(days=7)
    """How long an ended task can still be asked for."""
    canary_patience: timedelta = timedelta(seconds=60)
    """A canary that no worker has taken by then has failed: it must not pile up, nor hide that nobody works."""
