"""The shape of a task type, and what it is told of its surroundings."""

from collections.abc import Callable
from dataclasses import dataclass

from medic.core.queue import Json, Task


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What a running task may know."""

    task: Task
    worker: str
    """Who runs it, as ``pool/slot``."""
    uptime: float
    """Seconds since the worker began."""
    stopping: Callable[[], bool]
    """Tells whether the worker was asked to end; a long task may then return early."""


TaskType = Callable[[Json, TaskContext], Json]
"""Takes the payload and returns the result; what it raises is that task's failure, and the worker lives on."""
