"""What the queue server needs from outside: a store that keeps tasks and counts what becomes of them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from medic.core.queue import QueueTally, Task

Rule = Callable[[Task], Task]
"""Takes a task as it stands and returns it as it shall be; raises RefusedError, and nothing changes."""


class TaskStore(Protocol):
    """Tasks on disk; what a method did is durable when it returns. All times are milliseconds since the epoch."""

    async def add(self, tasks: Sequence[Task]) -> None:
        """Keep pending *tasks*, all or none.

        One whose id is there already with the same type and payload is passed over, so that a submission can be
        repeated; raises RefusedError when an id stands for another task.
        """

    async def get(self, queue: str, task: str) -> Task | None:
        """Return a task, None when there is none of that id (any more)."""

    async def take(self, queue: str, types: Sequence[str], rule: Rule) -> Task | None:
        """Apply *rule* to the pending task that was submitted first, of one of *types* if any are named."""

    async def change(self, queue: str, task: str, rule: Rule) -> Task | None:
        """Apply *rule* to a task and return what became of it, None when there is none of that id."""

    async def lapse(self, queue: str, now: int, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to running tasks whose lease has run out at *now*, some hundreds at a time."""

    async def lapse_of(self, queue: str, worker: str, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to all running tasks that *worker* holds."""

    async def overdue(self, queue: str, before: int, rule: Rule) -> Sequence[Task]:
        """Apply *rule* to pending canaries that were submitted at *before* or earlier, some hundreds at a time."""

    async def renew(self, queue: str, until: int) -> None:
        """Let all leases run out at *until*, whenever they would have."""

    async def prune(self, queue: str, before: int, keep: int) -> int:
        """Forget tasks that ended before *before*, and all but the last *keep*; returns how many were forgotten.

        Some hundreds at a time; what was counted stays counted.
        """

    async def tally(self, queue: str) -> QueueTally:
        """Return what was counted, all of one instant."""
