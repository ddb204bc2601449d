"""What pools need from outside: somebody to hear of exits, and somebody to say which slots are not theirs to fill."""

from collections.abc import Callable

from medic.core.targets import Target
from medic.core.workers import Exit

OnExit = Callable[[Exit], object]
"""Called in the event loop with every exit; it must neither wait nor raise. An `unasked` reason calls for a heal."""

Held = Callable[[], frozenset[Target]]
"""Names the slots that the healer owns now. From the `OnExit` call of an unasked exit on it must hold that slot."""


def hold_nothing() -> frozenset[Target]:
    """Hold no slot: the answer where there is no healer."""
    return frozenset()


def ignore_exit(_exit: Exit) -> None:
    """Do nothing about an exit: for callers that leave their workers behind."""
