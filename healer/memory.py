"""The memory of healing: the history, which is never ahead of the journal and never behind it."""

import asyncio
from collections.abc import Sequence

from healer.history import fold, tallies_changed
from healer.ports import Journal
from medic.core.changes import Change, History, Reserved


class Memory:
    """Holds the history; changes are written first and remembered then."""

    def __init__(self, journal: Journal) -> None:
        """Begin empty; ``load`` fills it."""
        self.journal = journal
        self.history = History()
        self.lock = asyncio.Lock()
        """To be held from looking at the history to the end of the commit that rests on it."""

    async def load(self) -> None:
        """Remember what the journal holds."""
        self.history = await self.journal.load()

    async def commit(self, changes: Sequence[Change]) -> frozenset[int]:
        """Write *changes*, remember them, and return the attempts that the journal refused; the lock must be held.

        Raises StoreError, with nothing written or remembered.
        """
        if not changes:
            return frozenset()
        after = fold(self.history, changes)
        refused = await self.journal.apply(changes, tallies_changed(self.history, after))
        if refused:
            after = fold(self.history, [each for each in changes if not _is_refused(each, refused)])
        self.history = after
        return refused


def _is_refused(change: Change, refused: frozenset[int]) -> bool:
    return isinstance(change, Reserved) and change.attempt.id in refused
