"""Scrapes under way: so many at once and no more."""

from asyncio import Lock
from collections.abc import Iterator
from contextlib import contextmanager

from medic.app.web.busy import BusyError


class Scrapes:
    """Counts those that have begun and whose answer is not sent yet."""

    def __init__(self, most: int) -> None:
        """Let *most* be under way; 0 is no limit."""
        self._most = most
        self.under_way = 0
        self.turn = Lock()
        """Held while a large page is written."""

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one for as long as the context lasts; raises BusyError when there are too many."""
        if 0 < self._most <= self.under_way:
            raise BusyError(
                f"{self._most} scrapes are under way, the most that web.max_requests allows; try again later"
            )
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
