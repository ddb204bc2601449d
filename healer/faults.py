"""Bugs that one thing brought to light: each is told once with its trace, however often it comes again."""

import logging
from typing import Final

log = logging.getLogger(__name__)

_KEPT: Final = 1000


class Faults:
    """Knows what was told already."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: set[str] = set()

    def tell(self, what: str, error: Exception) -> bool:
        """Log that *what* raised *error*, the first time; returns whether it was that."""
        if what in self._told:
            return False
        if len(self._told) >= _KEPT:
            self._told.clear()
        self._told.add(what)
        log.error("set aside after a bug, all else goes on", extra={"what": what}, exc_info=error)
        return True
