"""What waits to be sent to one Alertmanager: bounded, and of each alert only the newest message."""

from collections.abc import Iterable

from medic.core.samples import Labels
from rules.sending import Message

CAPACITY = 10_000
BATCH = 64
"""Alerts in one request, as from Prometheus."""


class Outbox:
    """A queue in which a newer message of an alert takes the older one's place at the end.

    An Alertmanager that was told of the older one a moment before the newer would know no more.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: dict[Labels, Message] = {}
        self.dropped = 0
        """Messages that were given up: the oldest, when there were too many."""

    def __len__(self) -> int:
        """Count the messages that wait."""
        return len(self._waiting)

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages at the end."""
        for message in messages:
            self._waiting.pop(message.labels, None)
            self._waiting[message.labels] = message
        while len(self._waiting) > CAPACITY:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1

    def take(self) -> list[Message]:
        """Take the oldest messages away, as many as make a batch."""
        keys = [key for key, _ in zip(self._waiting, range(BATCH), strict=False)]
        return [self._waiting.pop(key) for key in keys]

    def put_back(self, messages: Iterable[Message]) -> None:
        """Return messages that were taken and not sent to the front, where there is no newer one."""
        self._waiting = {message.labels: message for message in messages} | self._waiting
