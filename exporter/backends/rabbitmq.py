"""RabbitMQ: one queue, as its management API tells of it (https://www.rabbitmq.com/docs/http-api-reference).

The address is ``http[s]://USER:PASSWORD@HOST:15672[/VHOST]``. Messages count as completed when a consumer acknowledged
them, or took them without wanting to: what became of the work behind them RabbitMQ does not know, so failures and the
success ratio are absent. Its figures are some 5 s old (``collect_statistics_interval``).
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from exporter.backends.source import BackendError, Gates, Reader, Source
from exporter.backends.web import StatusError, fetch, named
from medic.core.queue import Json, QueueFigures

MILLISECONDS = 1000
TAKEN = ("ack", "deliver_no_ack", "get_no_ack")
"""The counters of messages that are done for the broker."""


class Standing(NamedTuple):
    """How one queue of a broker stands; None is unknown."""

    ready: int | None = None
    unacknowledged: int | None = None
    consumers: int | None = None
    published: int | None = None
    taken: int | None = None
    head_at: int | None = None
    """Milliseconds since the epoch, where publishers write a timestamp on messages."""

    @property
    def length(self) -> int | None:
        """All messages, those that consumers hold included."""
        known = self.ready is not None and self.unacknowledged is not None
        return (self.ready or 0) + (self.unacknowledged or 0) if known else None


class RabbitMQReader:
    """Reads one queue over the management API."""

    def __init__(self, source: Source) -> None:
        """Ask nothing yet."""
        self._source = source

    def read(self) -> QueueFigures:
        """Ask for the queue."""
        standing = ask(self._source, self._source.queue)
        return QueueFigures(
            self._source.name,
            self._source.backend,
            up=True,
            pending=standing.ready,
            running=standing.unacknowledged,
            workers=standing.consumers,
            submitted=standing.published,
            completed=standing.taken,
            oldest_pending_at=standing.head_at,
        )

    def close(self) -> None:
        """Nothing is held between readings."""


def ask(source: Source, queue: str) -> Standing:
    """Ask how *queue* stands; raises BackendError, also when there is no such queue."""
    standing = find(source, queue, timeout=source.timeout)
    if standing is None:
        raise BackendError(f"{source.place}: there is no queue {queue!r} in this virtual host")
    return standing


def find(source: Source, queue: str, *, timeout: float) -> Standing | None:
    """Ask how *queue* stands; None when there is no such queue. Raises BackendError."""
    url = address(source.url, queue)
    try:
        return parse(fetch(url, headers={"Accept": "application/json"}, timeout=timeout, ca_file=source.ca_file))
    except StatusError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise named(url, error) from error
    except BackendError as error:
        raise named(url, error) from error


def address(url: str, queue: str) -> str:
    """Return where the API tells of *queue*: the path of *url* is its virtual host, without one it is ``/``."""
    parts = urlsplit(url)
    vhost = unquote(parts.path.removeprefix("/")) or "/"
    return parts._replace(path=f"/api/queues/{quote(vhost, safe='')}/{quote(queue, safe='')}", query="").geturl()


def parse(body: bytes) -> Standing:
    """Read the answer of ``/api/queues/VHOST/NAME``; raises BackendError for anything else."""
    try:
        record: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BackendError("the answer is not JSON: is this the port of the management API?") from error
    if not isinstance(record, dict) or "name" not in record:
        raise BackendError("the answer is no queue: is this the port of the management API?")
    stats = record.get("message_stats")
    counted = stats if isinstance(stats, dict) else None
    head = _count(record, "head_message_timestamp")
    return Standing(
        ready=_count(record, "messages_ready"),
        unacknowledged=_count(record, "messages_unacknowledged"),
        consumers=_count(record, "consumers"),
        published=None if counted is None else _count(counted, "publish") or 0,
        taken=None if counted is None else sum(_count(counted, name) or 0 for name in TAKEN),
        head_at=None if head is None else head * MILLISECONDS,
    )


def _count(record: Mapping[str, Json], name: str) -> int | None:
    """Return a counter; None where it is missing, null, empty, or makes no sense."""
    value = record.get(name)
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
    return value if whole and isinstance(value, int) else None


def build(source: Source, _gates: Gates) -> Reader:
    """Make the reader of a queue of RabbitMQ."""
    return RabbitMQReader(source)
